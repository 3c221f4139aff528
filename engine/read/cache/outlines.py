"""Outlines of valid trees: which file declares and mentions what, for a diff that reads few.

An outline lies under git's own id of the tree, like a compiled set, and is believed only as what
was written. It is JSON in a shelf: a page for each file, words in buckets, so that little is read.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property

from engine.read.cache import home
from engine.read.cache.hashes import blake2b
from engine.read.cache.leaves import content, restored
from engine.read.cache.notation import read
from engine.read.cache.shelf import DamagedError, Shelf, written
from engine.read.cache.tag import LAW, tag
from engine.read.mentions import declared, mentioned
from engine.typed import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.read.entries import Entries
    from engine.read.parsed import Parsed

T = TypeVar("T")

_ADDRESS: Final = 32
_HEAD: Final = b"head"
_FILES: Final = 64
"""So many files a record, where they are told apart by their contents."""
_WORDS: Final = 16
"""So many words a record, about."""
_EVERYWHERE: Final = ("account", "toggle", "role", "guardrail")
"""Kinds of which everything may depend on every entry; with the lists of owners."""
_WRONG: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


class Tally(NamedTuple):
    """How a guardrail fares: see :class:`engine.review.guardrails.Verdict`."""

    checked: int
    least: int
    most: int
    passed: bool


class File(NamedTuple):
    """A policy file: its path below the policy directory, git's name for it, and its hash."""

    path: str
    blob: str
    contents: str


class _Page(NamedTuple):
    """A policy file: its path, git's name for it, and what it holds, None where that is odd."""

    path: str
    blob: str
    leaf: Any


def address(tree: str) -> bytes | None:
    """Return where the outline of a tree lies; None where none is kept."""
    if home.folder() is None:
        return None
    try:
        return blake2b(tree.encode(), digest_size=_ADDRESS, key=tag(*LAW)).digest()
    except OSError:
        return None


def has(where: bytes) -> bool:
    """Tell whether an outline lies at an address."""
    return home.has(_name(where))


def drop(where: bytes) -> None:
    """Take an outline away, which is not what was written."""
    home.drop(_name(where))


def keep(
    where: bytes,
    entries: Entries,
    files: Mapping[str, File],
    parsed: Mapping[str, Parsed],
    tallies: Mapping[str, Tally],
) -> None:
    """Keep the outline of a valid set without tables, where that can be done.

    `files` are its policy files by label, `parsed` what each holds by its path, and `tallies`
    those of its guardrails.
    """
    parts = written(where, _records(entries, files, parsed, tallies))
    if parts is not None:
        home.put(_name(where), parts)


@contextmanager
def opened(where: bytes) -> Iterator[Outline | None]:
    """Open the outline that lies at an address, if there is one that may be believed."""
    descriptor = home.open_file(_name(where))
    if descriptor is None:
        yield None
        return
    try:
        shelf = Shelf(descriptor, where)
    except DamagedError:
        drop(where)
        yield None
        return
    try:
        yield Outline(shelf)
    finally:
        shelf.close()


def _name(where: bytes) -> str:
    return f"{where.hex()}.outline"


# -- to records ---------------------------------------------------------------------------


def _records(
    entries: Entries,
    files: Mapping[str, File],
    parsed: Mapping[str, Parsed],
    tallies: Mapping[str, Tally],
) -> Iterator[tuple[bytes, bytes]]:
    import json

    encode = json.JSONEncoder(separators=(",", ":")).encode

    def record(key: bytes, content: object) -> tuple[bytes, bytes]:
        return key, encode(content).encode("ascii")

    numbers = {label: number for number, label in enumerate(files)}
    words = _words(entries, numbers)
    for number, file in enumerate(files.values()):
        words[f"path\0{file.path}"] = ([number], [])
    several = 1 << max(len(words) // _WORDS, 1).bit_length()
    buckets: list[dict[str, object]] = [{} for _ in range(several)]
    for word, found in words.items():
        buckets[_bucket(word, several)][word] = found
    yield record(
        _HEAD,
        {
            "files": len(files),
            "buckets": several,
            "users": len(entries.of("user")),
            "everywhere": sorted(_everywhere(entries, numbers)),
            "guardrails": tallies,
        },
    )
    listed = list(files.values())
    for start in range(0, len(listed), _FILES):
        yield record(_chunk_key(start // _FILES), listed[start : start + _FILES])
    for number, file in enumerate(listed):
        yield record(_page_key(number), (file.path, file.blob, content(parsed[file.path])))
    for number, bucket in enumerate(buckets):
        yield record(_bucket_key(number), bucket)


def _words(entries: Entries, numbers: Mapping[str, int]) -> dict[str, tuple[list[int], list[int]]]:
    """Return, by word, the numbers of the files that declare and that mention it."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    for some in entries.by_kind.values():
        for entry in some:
            number = numbers[entry.part.document.file]
            for at, words in enumerate((declared(entry), mentioned(entry))):
                for word in words:
                    known = found.setdefault(word, ([], []))[at]
                    if not known or known[-1] != number:
                        known.append(number)
    return found


def _everywhere(entries: Entries, numbers: Mapping[str, int]) -> set[int]:
    parts = [entry.part for kind in _EVERYWHERE for entry in entries.of(kind)]
    parts += [part for part, _ in entries.owners]
    return {numbers[part.document.file] for part in parts}


def _chunk_key(number: int) -> bytes:
    return b"f%d" % number


def _page_key(number: int) -> bytes:
    return b"p%d" % number


def _bucket_key(number: int) -> bytes:
    return b"w%d" % number


def _bucket(word: str, several: int) -> int:
    made = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(made, "little") & (several - 1)


# -- from records -------------------------------------------------------------------------


class Outline:
    """An open outline. Any question may raise DamagedError."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._pages: dict[int, _Page] = {}
        self._known: dict[str, int] = {}

    @cached_property
    def _head(self) -> Any:
        return self._read(_HEAD, lambda found: found)

    @cached_property
    def users(self) -> int:
        """How many users the tree declares."""
        return self._asked(lambda: int(self._head["users"]))

    @cached_property
    def everywhere(self) -> list[str]:
        """The files on which everything may depend: accounts, toggles, roles, guardrails."""
        numbers = self._asked(lambda: [int(one) for one in self._head["everywhere"]])
        return [self._page(number).path for number in numbers]

    @cached_property
    def guardrails(self) -> dict[str, Tally]:
        """How each guardrail fares, by its name or what it says."""

        def tallies() -> dict[str, Tally]:
            found = self._head["guardrails"].items()
            return {
                str(name): Tally(int(checked), int(least), int(most), bool(passed))
                for name, (checked, least, most, passed) in found
            }

        return self._asked(tallies)

    def blob(self, path: str) -> str | None:
        """Return git's name for a file; None where the tree has no such policy file."""
        found = self._of(path)
        return found.blob if found else None

    def parsed(self, path: str, label: str) -> Parsed | None:
        """Return what a file holds, if that was kept; its places bear the label."""
        found = self._of(path)
        return restored(found.leaf, label) if found and found.leaf is not None else None

    def declaring(self, word: str) -> list[str]:
        """Return the files that declare something."""
        return [self._page(number).path for number in self._numbers(word, 0)]

    def mentioning(self, word: str) -> list[str]:
        """Return the files that mention something."""
        return [self._page(number).path for number in self._numbers(word, 1)]

    def files(self) -> Iterator[File]:
        """Yield every policy file of the tree."""
        for start in range(0, self._asked(lambda: int(self._head["files"])), _FILES):
            yield from self._read(
                _chunk_key(start // _FILES), lambda found: [File(*map(str, one)) for one in found]
            )

    def _numbers(self, word: str, at: int) -> list[int]:
        several = self._asked(lambda: int(self._head["buckets"]))
        bucket: dict[str, Any] = self._read(_bucket_key(_bucket(word, several)), dict)
        return self._asked(lambda: [int(one) for one in bucket[word][at]] if word in bucket else [])

    def _of(self, path: str) -> _Page | None:
        number = self._known.get(path)
        if number is None:
            number = next(iter(self._numbers(f"path\0{path}", 0)), None)
        return None if number is None else self._page(number)

    def _page(self, number: int) -> _Page:
        """Return what is kept of one file, which whoever asks for its path asks for next."""
        known = self._pages.get(number)
        if known is None:
            known = self._read(
                _page_key(number), lambda found: _Page(str(found[0]), str(found[1]), found[2])
            )
            self._pages[number] = known
            self._known[known.path] = number
        return known

    def _read(self, key: bytes, made: Callable[[Any], Any]) -> Any:
        record = self._shelf.get(key)
        if record is None:
            raise DamagedError("a record is missing")
        return self._asked(lambda: made(read(record.decode("ascii"))))

    def _asked(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except _WRONG as error:
            raise DamagedError(str(error)) from error
