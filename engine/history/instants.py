"""Instants: ISO 8601 in, seconds or microseconds since 1970 between, ISO 8601 in UTC out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from engine.errors import QuestionError

MICROSECONDS: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(microsecond=0, tzinfo=UTC)


def parsed(text: str) -> int:
    """Return an ISO 8601 instant in microseconds since 1970; without an offset it is in UTC.

    Raises QuestionError for anything else.
    """
    try:
        found = datetime.fromisoformat(text.strip().upper())
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        return (found - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise QuestionError(
            f"`{text}` is no ISO 8601 instant",
            hint="write it as 2025-03-31T09:00:00+02:00; without an offset it is in UTC",
        ) from error


def moment(seconds: float) -> datetime:
    """Return seconds since 1970 as a date and time in UTC, the nearest there is."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:  # git takes years past 9999, which no calendar here has
        return _LAST if seconds > 0 else _FIRST


def iso(seconds: int) -> str:
    """Return seconds since 1970 in ISO 8601, in UTC."""
    return moment(seconds).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def spoken(seconds: int) -> str:
    """Return seconds since 1970 for a person: to the minute, in UTC."""
    return moment(seconds).strftime("%Y-%m-%d %H:%M UTC").rjust(20, "0")
