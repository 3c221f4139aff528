"""One version of a policy file: what it holds, and whether it is sound by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import ordered
from engine.read.entries import Entries, gather
from engine.read.parse import parse
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.read.entries import Entry


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A policy file as one commit has it.

    `trouble` says what is wrong inside it; what such a file declares is not looked at, since
    the set that holds it is not valid whatever else it says.
    """

    path: str
    entries: Entries
    trouble: str | None = None

    def of(self, *kinds: str) -> Iterator[Entry]:
        """Yield its entries of some kinds, of every kind where none is named."""
        for kind in kinds or tuple(self.entries.by_kind):
            yield from self.entries.of(kind)


def version(path: str, label: str, data: bytes) -> Version:
    """Read the bytes of one policy file; `label` is the name that its places bear."""
    parsed = parse(data, label)
    entries = gather(parsed.documents, keep=True)
    found = ordered((*parsed.findings, *entries.findings))
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        first = found[0]
        return unsound(path, f"{first.location}: {first.message} ({first.code}){more}")
    stray = next((entry for entry in entries.of("user") if not _primary_fits(entry)), None)
    if stray is not None:
        place, group = stray.part.locate(("primary_group",)), stray.value["primary_group"]
        said = f"the primary group `{group}` is not among the user's groups (primary-not-member)"
        return unsound(path, f"{place}: {said}")
    return Version(path, entries)


def unsound(path: str, trouble: str) -> Version:
    """Return a version that cannot be used."""
    return Version(path, Entries(), trouble)


def _primary_fits(entry: Entry) -> bool:
    primary = entry.value.get("primary_group")
    return primary is None or primary in (entry.value.get("groups") or ())
