"""A comparison as CSV: a row for each user and toggle that differs, both decisions side by side."""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, Final

from engine.model import Decision
from engine.report import csvs
from engine.review.causes import outcome
from engine.review.comparison import CHANGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.review.comparison import Comparison
    from engine.review.rows import Row

_SIDE: Final = Decision._fields[3:]
COLUMNS: Final = (
    "account",
    "user",
    "toggle",
    "action",
    *(f"old_{name}" for name in _SIDE),
    *(f"new_{name}" for name in _SIDE),
    "causes",
)
"""`causes` are the ids of declared changes, parted by `;`."""


def render(comparison: Comparison, *, provenance: bool = False) -> Iterator[str]:
    """Yield the rows, ordered by account, user and toggle.

    With `provenance` also those whose reason or source alone differ, with that as the action.
    """
    return csvs.lines(COLUMNS, cells(comparison, provenance=provenance))


def cells(comparison: Comparison, *, provenance: bool = False) -> Iterator[tuple[object, ...]]:
    """Yield the cells of each row, in the order of COLUMNS."""
    others = comparison.provenance if provenance else ()
    for row in merge(comparison.rows, others, key=lambda row: row[:3]):
        is_changed = row.action != CHANGED or _outcome(row.old) != _outcome(row.new)
        yield _cells(row, row.action if is_changed else "provenance")


def _outcome(row: Decision | None) -> tuple[object, ...]:
    return outcome(row) if row else ()


def _cells(row: Row, action: str) -> tuple[object, ...]:
    nothing = (None,) * len(_SIDE)
    old, new = (tuple(side[3:]) if side else nothing for side in (row.old, row.new))
    causes = ";".join(str(cause) for cause in row.causes)
    return (row.account, row.user, row.toggle, action, *old, *new, causes)
