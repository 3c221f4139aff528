"""Declared changes in words for a list: what it is about, what stood there, what stands there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.model import State
from engine.report.screen import plain
from engine.review.changes import ROWS
from engine.review.explanation import on_or_off
from engine.review.phrases import people, plain_text
from engine.review.targets import toggle_name

if TYPE_CHECKING:
    from engine.model import Location
    from engine.review.changes import DeclaredChange
    from engine.review.comparison import Comparison
    from engine.review.story import Told

_FIELDS: Final = {
    "group_resolution": "how several groups are settled",
    "primary_group": "main group",
    "supported_calendars": "calendars that sync",
    "must_be": "what it must be",
}
_LONGEST: Final = 240


class Said(NamedTuple):
    """A declared change in words; `old` and `new` are None where there is nothing to show.

    Of lists only what came and what went is said.
    """

    field: str
    old: str | None
    new: str | None


def said(change: DeclaredChange, comparison: Comparison) -> Said:
    """Return what changed of an entity; what the policies say cannot move the cursor."""
    old, new = _values(change)
    return Said(
        plain(_field(change, comparison)),
        None if old is None else _short(plain(old)),
        None if new is None else _short(plain(new)),
    )


def line(told: Told, comparison: Comparison) -> str:
    """Return a declared change in one line, with its subject."""
    field, *both = said(told.change, comparison)
    values = " → ".join(value for value in both if value is not None)
    subject = plain(plain_text(told.subject))
    what = f"{subject}, {field}" if field else f"{subject}: {told.change.action}"
    return f"{what}: {values}" if values else what


def place(location: Location) -> str:
    """Return a place as a person says it: file and line."""
    return plain(f"{location.file}:{location.line}")


def _field(change: DeclaredChange, comparison: Comparison) -> str:
    if change.users is not None:
        many = people(change.users)
        if change.field in {None, ROWS}:
            return f"with {many}" if change.field is None else many
        return f"{_own_field(change, comparison)} of {many}"
    return _own_field(change, comparison)


def _own_field(change: DeclaredChange, comparison: Comparison) -> str:
    if change.field is None:
        return ""
    word = _FIELDS.get(change.field, change.field.replace("_", " "))
    if change.toggle is None:
        return word
    known = comparison.new.toggles.get(change.toggle) or comparison.old.toggles.get(change.toggle)
    title = toggle_name(known) if known else change.toggle
    return title if change.field == "setting" else f"{word} on {title}"


def _values(change: DeclaredChange) -> tuple[str | None, str | None]:
    old, new = change.old, change.new
    if isinstance(old, tuple | None) and isinstance(new, tuple | None):
        gone = [value for value in old or () if value not in (new or ())]
        come = [value for value in new or () if value not in (old or ())]
        return (", ".join(gone) or None, ", ".join(come) or None)
    return _value(old), _value(new)


def _value(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and "state" in value:
        return on_or_off(State(value["state"])) + (", locked" if value.get("locked") else "")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return str(value)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
