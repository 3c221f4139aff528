"""Judged meetings for people: a table, and a summary that says what each reason means."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from engine.counts import count
from engine.report.csvs import cell
from engine.report.decisions_table import drawn, width_of
from engine.report.history_text import ASSUMPTION
from engine.report.screen import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.report.screen import Screen

MEANINGS: Final = {
    "synced": "reached the calendars",
    "synced_before_disabled": "reached the calendars; sync is off for the owner now",
    "not_touched_since_enabled": "did not; sync is on now, so each will sync at its next update",
    "toggle_disabled": "did not: the owner's switch was off",
    "required_toggle_disabled": "did not: the owner's switch needs another one, which was off",
    "no_calendar": "did not: the owner had no calendar connected",
    "unsupported_calendar": "did not: none of the owner's calendars is supported",
    "no_policy_in_force": "not known: touched before any policy was in force",
    "unknown_user": "not known: there was no such user then",
    "no_touch": "not known: no user has created or updated it",
}
"""What each reason says about a meeting, in the order in which they are listed."""


_IMPLIED: Final = ("event", "synced", "now_sync")
"""The columns that a narrow terminal does without: the reason tells most of them."""


def render(columns: Sequence[str], rows: Iterable[Sequence[Any]], screen: Screen) -> str:
    """Return a table of the rows, what their reasons mean, and the assumption."""
    kept = list(rows)
    shown = {name: [plain(cell(row[at])) for row in kept] for at, name in enumerate(columns)}
    if not screen.piped and width_of(shown) > screen.width:
        shown = {name: values for name, values in shown.items() if name not in _IMPLIED}
    reasons = Counter(row[columns.index("reason")] for row in kept)
    return drawn(shown, len(kept), screen) + "\n" + _meanings(reasons, screen)


def render_summary(counted: Iterable[Sequence[Any]], screen: Screen) -> str:
    """Return how many meetings there are of each reason, and what it means."""
    by_reason: Counter[str] = Counter()
    for _, reason, _, meetings in counted:
        by_reason[reason] += meetings
    return _meanings(by_reason, screen)


def _meanings(counted: Mapping[str, int], screen: Screen) -> str:
    total = sum(counted.values())
    lines = [screen.paint(count(total, "meeting"), bold=True)]
    for reason, meaning in MEANINGS.items():
        if reason in counted:
            lines.append(f"  {counted[reason]:>12,}  {reason}")
            lines.append(screen.wrap(meaning, first=" " * 16))
    lines += ["", screen.paint(screen.wrap(ASSUMPTION), dim=True)]
    return "\n".join(lines) + "\n"


def as_json(counted: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """Return a summary as data: meetings in all, and by each column's value."""
    rows = list(counted)
    found: dict[str, Any] = {"meetings": sum(row[3] for row in rows)}
    for at, column in enumerate(("synced", "reason", "now_sync")):
        values: dict[str, int] = {}
        for row in rows:
            word = cell(row[at]) or "null"
            values[word] = values.get(word, 0) + row[3]
        found[column] = dict(sorted(values.items()))
    return found
