"""Texts and names as SQL writes them, and the types that a statement needs before it."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.model import CALENDARS


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


CALENDAR_WORDS: Final = Words("calendar_word", CALENDARS)
"""The calendar services, in the catalogue's order."""
