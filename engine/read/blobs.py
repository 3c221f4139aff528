"""The contents of blobs, from one process that is kept for all of them and asked ahead of need."""

from __future__ import annotations

from itertools import islice

from engine.errors import GitError
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
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
        self._process = repository.started("cat-file", "--batch")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        process = self._process
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()
        process.wait()

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

    def _fetch(self, blobs: Sequence[str]) -> None:
        asked, answer = self._process.stdin, self._process.stdout
        if asked is None or answer is None:
            return
        try:
            asked.write("".join(f"{blob}\n" for blob in blobs).encode())
            asked.flush()
        except OSError as error:
            raise _missing(blobs[0]) from error
        for blob in blobs:
            words = answer.readline().split(b" ")
            if len(words) != 3 or words[1] != b"blob":
                raise _missing(blob)
            self._ahead[blob] = answer.read(int(words[2]) + 1)[:-1]


def _missing(blob: str) -> GitError:
    hint = "the clone may be partial or shallow: fetch what is missing"
    return GitError(f"the object {blob} is missing", hint=hint)
