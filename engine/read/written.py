"""What an entry says as it is written: the flawed parts too, which its value has lost.

For the checks that look past a mistake which is reported already.
"""

from __future__ import annotations

from engine.read.schemas import pattern
from engine.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.read.entries import Entry


def toggles_named(entry: Entry) -> Iterable[str]:
    """Return the well-formed keys of `toggles`, those whose setting is wrong included."""
    if "toggles" not in entry.flawed:
        return entry.value.get("toggles") or ()
    written = _written(entry).get("toggles")
    if not isinstance(written, dict):
        return ()
    return [key for key in written if pattern("id").search(key)]


def _written(entry: Entry) -> Any:
    """Return an entry's mapping as it stands in its document, whatever is wrong in it."""
    written = entry.part.document.value
    for step in entry.part.base:
        written = written[step]
    return written


def has_holes(entry: Entry, groups: Sequence[str | None]) -> bool:
    """Tell whether `groups` lacks something other than a doubled entry."""
    if not groups:
        return True
    sound = set(groups)
    return any(
        found is None and not (isinstance(raw, str) and raw in sound)
        for found, raw in zip(groups, _written(entry).get("groups", ()), strict=False)
    )
