"""Numbers in sentences: the noun and the verb that go with one, and with any other number."""

from __future__ import annotations


def count(number: int, noun: str, many: str | None = None) -> str:
    """Return `1 file`, `2 files`, `1 person`, `1,200 people`; `many` is the plural where not -s."""
    return f"{number:,} {noun if number == 1 else many or f'{noun}s'}"


def agree(number: int, one: str, many: str) -> str:
    """Return the word that goes with a number: `is` or `are`, `decides` or `decide`."""
    return one if number == 1 else many
