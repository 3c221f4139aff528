"""Texts and names as SQL writes them, and the types that a statement needs before it."""

from __future__ import annotations

from engine.model import CALENDARS
from engine.typed import Final, NamedTuple


class Words(NamedTuple):
    """An enumeration: the name of the type, and its words in their order."""

    name: str
    words: tuple[str, ...]


def text(value: str) -> str:
    """Return a text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """Return a name in quotes."""
    return '"' + value.replace('"', '""') + '"'


NO_CALENDAR: Final = "none"
"""What stands alone in a list of calendars for somebody who has none."""
CALENDAR_WORDS: Final = Words("calendar_word", (*CALENDARS, NO_CALENDAR))
"""The calendar services, in the catalogue's order, and the word for none."""
