"""What a check between documents is handed: what is declared, and where to report to."""

from __future__ import annotations

from engine.findings import Finding, Related
from engine.read.words import did_you_mean
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.model import Location, Path
    from engine.read.entries import Entries, Entry
    from engine.read.index import Index

_MOST_COMPARED: Final = 50_000
"""Past so many comparisons, looking for the nearest ids takes longer than the hints are worth."""


class Check:
    """The entries of a set, their index, and the findings, one a mistake.

    `readable` is false while any file has a `yaml-syntax` or `yaml-unsafe` error.
    """

    def __init__(self, entries: Entries, found: Index, *, readable: bool) -> None:
        self.entries = entries
        self.index = found
        self.readable = readable
        self.findings: dict[tuple[str, Location], Finding] = {}
        self._hints: dict[tuple[str, str | None, str], str] = {}
        self._compared = 0

    def add(
        self,
        code: str,
        message: str,
        location: Location,
        hint: str | None = None,
        *,
        pointer: str = "",
        related: tuple[Related, ...] = (),
    ) -> None:
        """Report a finding."""
        # INVARIANT: one finding per code and place, so that an alias repeats no mistake.
        self.findings.setdefault(
            (code, location),
            Finding(
                code=code,
                message=message,
                location=location,
                hint=hint,
                pointer=pointer,
                related=related,
            ),
        )

    def at(
        self, code: str, message: str, entry: Entry, path: Path, hint: str | None = None
    ) -> None:
        """Report a finding at a value of an entry."""
        part = entry.part
        self.add(code, message, part.locate(path), hint, pointer=part.pointer(path))

    def hint(self, word: str, known: Collection[str], kind: str, account: str | None = None) -> str:
        """Name the nearest known id, as long as looking for it stays cheap: see _MOST_COMPARED."""
        asked = (kind, account, word)
        if asked not in self._hints:
            self._compared += len(known)
            near = self._compared <= _MOST_COMPARED and did_you_mean(word, sorted(known))
            self._hints[asked] = near or f"declare the {kind}, or correct the id"
        return self._hints[asked]

    def sure(self, kind: str) -> bool:
        """Tell whether all ids of a kind are known, so that one that isn't there is missing."""
        return self.readable and kind not in self.entries.uncertain
