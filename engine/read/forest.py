"""What differs between two of git's trees, found by reading no more than the trees that do.

A raw tree is its entries one after the other: a mode, a space, a name, a NUL, and the bytes of an
id. Two versions of a large one begin and end alike: what lies between is all that is looked at.
"""

from __future__ import annotations

from engine.read.git import Change
from engine.typed import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Read: TypeAlias = Callable[[Iterable[str]], Mapping[str, bytes]]
    Entry: TypeAlias = tuple[str, str]

_TREE: Final = "40000"


class _Pair(NamedTuple):
    """A folder on both sides: its path with a final `/`, and the raw tree of each."""

    path: str
    old: bytes
    new: bytes


def changed(read: Read, old: bytes, new: bytes, length: int) -> Iterator[Change]:
    """Yield the files that differ between two raw trees, by their paths in them, in no order.

    `read` returns trees by id, of which a name has `length` bytes. Modes are as in `ls-tree`.
    Raises ValueError where something is no tree.
    """
    ahead = [_Pair("", old, new)]
    while ahead:
        below: list[tuple[str, str | None, str | None]] = []
        for pair in ahead:
            before, after = differing(pair.old, pair.new, length)
            for name in {**before, **after}:
                was, now = before.get(name), after.get(name)
                path = f"{pair.path}{name}"
                folders = _folder(was), _folder(now)
                if any(folders):
                    below.append((f"{path}/", *folders))
                files = None if folders[0] else was, None if folders[1] else now
                if any(files):
                    yield Change(path, *files)
        contents = read(tree for _, *trees in below for tree in trees if tree)
        ahead = [
            _Pair(path, contents[one] if one else b"", contents[other] if other else b"")
            for path, one, other in below
        ]


def _folder(entry: Entry | None) -> str | None:
    """Return the tree that an entry is, if it is one."""
    return entry[1] if entry and entry[0] == _TREE else None


def differing(old: bytes, new: bytes, length: int) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """Return mode and id of the entries of two raw trees that differ, by name, on each side."""
    alike = _alike_at_the_end(old, new)
    before: dict[str, Entry] = {}
    after: dict[str, Entry] = {}
    one = other = _entries_alike(old, new, length)
    while True:
        left, right = len(old) - one, len(new) - other
        if left == right <= alike:
            break
        if left >= right:
            name, entry, one = _entry(old, one, length)
            before[name] = entry
        if right >= left:
            name, entry, other = _entry(new, other, length)
            after[name] = entry
    for name in before.keys() & after.keys():
        if before[name] == after[name]:
            del before[name], after[name]
    return before, after


def _entries_alike(old: bytes, new: bytes, length: int) -> int:
    """Return where the entries end with which both trees begin."""
    alike = _alike_at_the_start(old, new)
    find, at = old.find, 0
    while True:
        end = find(b"\0", at) + 1 + length
        if not length < end <= alike:
            return at
        at = end


def _entry(raw: bytes, at: int, length: int) -> tuple[str, Entry, int]:
    middle = raw.index(b"\0", at)
    mode, sign, name = raw[at:middle].partition(b" ")
    end = middle + 1 + length
    if not sign or not name or end > len(raw):
        raise ValueError("this is no tree")
    entry = (mode.decode("ascii"), raw[middle + 1 : end].hex())
    return name.decode("utf-8", "surrogateescape"), entry, end


def _alike_at_the_start(one: bytes, other: bytes) -> int:
    """Return how many bytes two have in common at their beginnings."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _alike_at_the_end(one: bytes, other: bytes) -> int:
    """Return how many bytes two have in common at their ends."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        start, end = len(one) - middle, len(one) - least
        if one[start:end] == other[len(other) - middle : len(other) - least]:
            least = middle
        else:
            most = middle - 1
    return least
