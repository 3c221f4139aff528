"""The contents of objects, from one process that is kept for all and asked ahead of need."""

from __future__ import annotations

from itertools import islice

from engine.errors import GitError
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from engine.read.git import Repository

_AHEAD: Final = 500
"""So many requests fit into a pipe at once, so that neither side waits for the other to read."""


class Blobs:
    """Reads blobs by id, for as long as the context lasts.

    `plan` says which will be asked for, in about that order; any other may be, too.
    """

    def __init__(self, repository: Repository, plan: Iterable[str]) -> None:
        self._plan = iter(plan)
        self._ahead: dict[str, bytes] = {}
        self._talk = repository.talk("cat-file", "--batch")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._talk.end()

    def all(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of some blobs, asked for at once."""
        wanted = list(dict.fromkeys(blobs))
        self._plan = iter(wanted[1:])
        return {blob: self.read(blob) for blob in wanted}

    def read(self, blob: str) -> bytes:
        """Return the bytes of a blob, or raise GitError where it is missing."""
        if blob not in self._ahead:
            # INVARIANT: what was read ahead is used up before more is, so memory has a bound.
            further = [] if self._ahead else islice(self._plan, _AHEAD)
            self._fetch(list(dict.fromkeys([blob, *further])))
        return self._ahead.pop(blob)

    def trees(self, names: Sequence[str]) -> list[tuple[str, bytes]]:
        """Return id and bytes of the trees that names lead to, or raise GitError."""
        found: list[tuple[str, bytes]] = []
        for start in range(0, len(names), _AHEAD):
            found += self._asked(names[start : start + _AHEAD], b"tree")
        return found

    def _fetch(self, blobs: Sequence[str]) -> None:
        self._ahead.update(
            zip(blobs, (data for _, data in self._asked(blobs, b"blob")), strict=True)
        )

    def _asked(self, names: Sequence[str], kind: bytes) -> Iterator[tuple[str, bytes]]:
        asked, answer = self._talk.asked, self._talk.answer
        try:
            asked.write("".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape"))
            asked.flush()
        except OSError as error:
            raise _missing(names[0]) from error
        for name in names:
            words = answer.readline().split(b" ")
            if len(words) != 3 or words[1] != kind:
                raise _missing(name)
            yield words[0].decode(), answer.read(int(words[2]) + 1)[:-1]


def _missing(blob: str) -> GitError:
    hint = "the clone may be partial or shallow: fetch what is missing"
    return GitError(f"the object {blob} is missing", hint=hint)
