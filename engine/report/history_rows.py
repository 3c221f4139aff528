"""A history as data: the JSON document of SPEC §4, and rows for CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.history.instants import iso
from engine.report.csvs import lines
from engine.report.declared_text import sentence
from engine.report.diff_json import change
from engine.report.jsons import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.history.intervals import Interval
    from engine.history.timeline import History

_COLUMNS = (
    *("target", "toggle", "from", "until", "state", "locked", "sync", "reason"),
    *("source_scope", "source_id", "commit", "author", "date", "subject", "changes"),
)


def as_json(history: History) -> str:
    """Render a history; of several toggles each interval names its own."""
    several = len(history.toggles) != 1
    return document(
        {
            "target": history.target,
            "toggle": None if several else history.toggles[0],
            "intervals": [
                {
                    **({"toggle": one.decision.toggle} if several else {}),
                    **_interval(history, one),
                    "changes": [change(found) for found in one.changes],
                }
                for one in history.intervals
            ],
            "skipped": [{"commit": one.commit, "why": one.why} for one in history.skipped],
        }
    )


def as_csv(history: History) -> Iterator[str]:
    """Yield a history as CSV; `changes` are sentences, parted by `; `."""
    rows = (
        (
            history.target,
            one.decision.toggle,
            *_interval(history, one).values(),
            "; ".join(sentence(found) for found in one.changes),
        )
        for one in history.intervals
    )
    return lines(_COLUMNS, rows)


def _interval(history: History, one: Interval) -> dict[str, Any]:
    decision, about = one.decision, history.about[one.commit]
    return {
        "from": iso(one.begin),
        "until": None if one.end is None else iso(one.end),
        "state": decision.state,
        "locked": decision.locked,
        "sync": decision.sync,
        "reason": decision.reason,
        "source_scope": decision.source_scope,
        "source_id": decision.source_id,
        "commit": one.commit,
        "author": about.author,
        "date": iso(about.date),
        "subject": about.subject,
    }
