"""A declared change as a sentence for a person: who says what now, and what was said before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.counts import count
from engine.model import State
from engine.review.explanation import on_or_off

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.review.changes import DeclaredChange

_VERBS: Final = ("chooses", "locks it", "says")
_LISTS: Final = frozenset(
    {"groups", "calendars", "requires", "supported_calendars", "admins", "privileges", "members"}
)


def sentence(change: DeclaredChange, *, toggle: str | None = None) -> str:
    """Return what a change is, and where it stands; `toggle` is the one that goes without saying.

    The end of the sentence is left open, so that a list of them can be joined.
    """
    place = change.new_location or change.old_location
    where = f" ({place.file}:{place.line})" if place else ""
    return f"{_said(change, toggle)}{where}"


def _said(change: DeclaredChange, toggle: str | None) -> str:
    who = _who(change)
    if change.kind == "directory":
        return _of_directory(change, who)
    if change.field is None:
        return f"{who} is {change.action}"
    if change.field == "setting":
        what = "" if change.toggle == toggle else f" for {change.toggle}"
        it = "they" if change.kind == "user" else "it"
        before = _setting(change, change.old, ("chose", "locked it", "said"))
        return f"{who} now {_setting(change, change.new, _VERBS)}{what}; before, {it} {before}"
    if change.field in _LISTS:
        return f"{who} {_list(change)}"
    field = change.field.replace("_", " ")
    return f"{who} has the {field} {_value(change.new)}, before {_value(change.old)}"


def _who(change: DeclaredChange) -> str:
    if change.scope_id is None:
        return "the list of owners"
    return change.scope_id if change.kind == "user" else f"the {change.kind} {change.scope_id}"


def _of_directory(change: DeclaredChange, who: str) -> str:
    number = change.users or 0
    people = count(number, "user")
    if change.field is None:
        return f"{who} {'comes' if change.action == 'added' else 'goes'} with {people}"
    if change.field == "users":
        verb = {"added": "more", "removed": "fewer"}.get(change.action, "other")
        return f"{who} has {people} {verb}" if verb != "other" else f"{who}: {people} came or went"
    what = f"choice of {change.toggle}" if change.toggle else change.field.replace("_", " ")
    return f"{who}: {what} of {people}"


def _setting(
    change: DeclaredChange, said: Mapping[str, Any] | None, verbs: tuple[str, str, str]
) -> str:
    chooses, locks, says = verbs
    if said is None:
        return f"{says} nothing"
    word = on_or_off(State(said["state"]))
    if change.kind == "user":
        return f"{chooses} {word}"
    return f"{locks} {word}" if said.get("locked") else f"{says} {word}"


def _list(change: DeclaredChange) -> str:
    field = str(change.field).replace("_", " ")
    if change.old is None or change.new is None:
        return f"has the {field} {_value(change.new)}, before {_value(change.old)}"
    more = [one for one in change.new if one not in change.old]
    less = [one for one in change.old if one not in change.new]
    gains, loses = ("joins", "leaves") if change.field == "groups" else ("gains", "loses")
    what = "" if change.field == "groups" else f"the {field} "
    parts = [f"{gains} {what}{_words(more)}"] * bool(more)
    return " and ".join(parts + [f"{loses} {what}{_words(less)}"] * bool(less))


def _value(value: object) -> str:
    if value is None:
        return "not declared"
    if isinstance(value, list | tuple):
        return _words(value) if value else "none"
    return str(value)


def _words(words: Sequence[object]) -> str:
    return ", ".join(str(word) for word in words)
