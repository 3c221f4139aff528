"""A comparison as CSV: a row for each user and toggle that differs, both decisions side by side."""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, Final

from engine.model import Decision
from engine.report import csvs
from engine.review.causes import outcome
from engine.review.comparison import CHANGED
from engine.review.fields import title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    "guardrails",
)
"""`causes` are the ids of declared changes, parted by `;`; `guardrails` the names of those newly
broken that this user counts against, about this toggle, parted by `;` too."""


def render(comparison: Comparison, *, provenance: bool = False) -> Iterator[str]:
    """Yield the rows, ordered by account, user and toggle.

    With `provenance` also those whose reason or source alone differ, with that as the action.
    """
    rows = cells(comparison, provenance=provenance)
    return csvs.lines(COLUMNS, ([_joined(cell) for cell in row] for row in rows))


def cells(
    comparison: Comparison, *, provenance: bool = False, apart: bool = False
) -> Iterator[tuple[object, ...]]:
    """Yield the cells of each row, in the order of COLUMNS; a list is a tuple.

    With `apart` without those who are folded in large tables.
    """
    both = (comparison.rows, comparison.provenance)[: 1 + provenance]
    rows = [some.without_folded() if apart else some for some in both]
    against = _against(comparison)
    for row in merge(*rows, key=lambda row: row[:3]):
        is_changed = row.action != CHANGED or _outcome(row.old) != _outcome(row.new)
        names = tuple(against.get((row.user, row.toggle), ()))
        yield (*_cells(row, row.action if is_changed else "provenance"), names)


def _against(comparison: Comparison) -> Mapping[tuple[str, str], list[str]]:
    """Return, by user and toggle, the newly broken guardrails that they count against."""
    found: dict[tuple[str, str], list[str]] = {}
    for verdict in comparison.guardrails:
        users = dict.fromkeys(user for breach in verdict.breaches for user in breach.ids)
        for user in users:
            name = title(verdict.guardrail)
            found.setdefault((user, verdict.guardrail.toggle), []).append(name)
    return found


def _outcome(row: Decision | None) -> tuple[object, ...]:
    return outcome(row) if row else ()


def _cells(row: Row, action: str) -> tuple[object, ...]:
    nothing = (None,) * len(_SIDE)
    old, new = (tuple(side[3:]) if side else nothing for side in (row.old, row.new))
    return (row.account, row.user, row.toggle, action, *old, *new, row.causes)


def _joined(cell: object) -> object:
    return ";".join(map(str, cell)) if isinstance(cell, tuple) else cell
