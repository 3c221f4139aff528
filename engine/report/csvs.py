"""CSV: a header, rows that end in LF, `true` and `false`, an empty field for null."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from engine.model import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

COUNTED: Final = ("toggle", "counted", "value", "users")
"""The columns of a summary."""


def cell(value: object) -> str:
    """Return a value as CSV writes it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def lines(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a CSV file line by line."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for values in rows:
        writer.writerow([cell(value) for value in values])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def decisions(rows: Iterable[Decision]) -> Iterator[str]:
    """Yield decision rows as CSV."""
    return lines(Decision._fields, rows)


def summary(counted: dict[str, Any]) -> Iterator[str]:
    """Yield a summary as CSV."""
    return lines(COUNTED, counted_rows(counted))


def counted_rows(counted: dict[str, Any]) -> list[tuple[object, ...]]:
    """Return a summary as rows: a toggle, what is counted, its value, and the users."""
    found: list[tuple[object, ...]] = []
    for toggle in counted["toggles"]:
        key = toggle["toggle"]
        for one in toggle["states"]:
            lock = "locked" if one["locked"] else "unlocked"
            found.append((key, "state", f"{one['state']} {lock}", one["users"]))
        found += [(key, "reason", name, number) for name, number in toggle["reasons"].items()]
        sync = toggle["sync_reasons"] or {}
        found += [(key, "sync_reason", name, number) for name, number in sync.items()]
    return found
