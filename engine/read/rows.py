"""Rows of a table, in Python: the same normal form as a user document's, and what is wrong.

For tables so small that a database would only cost time; the SQL of `cells` says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.findings import quoted
from engine.model import CALENDARS
from engine.read.cells import FIXED, SPACE
from engine.read.normalise import spells_state, state
from engine.read.schemas import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.model import State


def names_a_user(value: Mapping[str, Any]) -> bool:
    """Tell whether a row in the form of a user document has a well-formed id, sound or not."""
    return bool(pattern("user_id").search(value["id"]))


def user_of(cells: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return a row in the form of a user document, and what is wrong with it if anything is.

    A cell is a text, a list of texts, a boolean, or None; what is empty is absent.
    """
    name = cells["user"] or ""
    value: dict[str, Any] = {"id": name}
    if not names_a_user(value):
        return value, wording(f"user:{name}" if name else "nobody:")
    groups = _parts(cells.get("groups"))
    if groups:
        value["groups"] = list(dict.fromkeys(groups))
    bad = next((g for g in groups if not pattern("id").search(g)), None)
    if bad is not None:
        return value, wording(f"group:{bad}")
    if cells.get("primary_group"):
        value["primary_group"] = cells["primary_group"]
        if cells["primary_group"] not in groups:
            return value, wording(f"primary:{cells['primary_group']}")
    calendars = _parts(cells.get("calendars"))
    if calendars:
        value["calendars"] = [] if calendars == ["none"] else list(dict.fromkeys(calendars))
        unknown = next((c for c in value["calendars"] if c not in CALENDARS), None)
        if unknown is not None:
            return value, wording(f"calendar:{unknown}")
    toggles: dict[str, State] = {}
    for column, cell in sorted(cells.items()):
        if column not in FIXED and cell not in {None, ""}:
            if not spells_state(str(cell)):
                return value, wording(f"state:{column}:{cell}")
            toggles[column] = state(cell)
    if toggles:
        value["toggles"] = toggles
    return value, None


def wording(trouble: str) -> str:
    """Return a trouble of a row, `what:value`, as a message."""
    what, _, value = trouble.partition(":")
    if what == "nobody":
        return "no user is named"
    if what == "user":
        return f"{quoted(value)} is not a user id"
    if what == "group":
        return f"{quoted(value)} is not a group id"
    if what == "primary":
        return f"`primary_group` {quoted(value)} is not among the groups"
    if what == "calendar":
        return f"unknown calendar {quoted(value)}"
    column, _, cell = value.partition(":")
    return f"{quoted(cell)} is not a state of `{column}`"


def ragged(cells: int, header: int) -> str:
    """Return the message for a row of fewer or more cells than the header has."""
    return f"the row has {cells} cells, the header {header}"


def _parts(cell: str | list[str | None] | None) -> list[str]:
    if isinstance(cell, list):
        return [part for part in cell if part]
    return [part for part in (p.strip(SPACE) for p in (cell or "").split(";")) if part]
