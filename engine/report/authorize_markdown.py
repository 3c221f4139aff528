"""An authorization in Markdown, for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.report.authorize_text import place_of
from engine.report.diff_text import difference
from engine.report.escapes import prose

if TYPE_CHECKING:
    from engine.review.authority import Verdict
    from engine.review.authorization import Authorization

_SHOWN: Final = 200
"""A comment has a largest size: past so many rows, the rest is counted."""


def render(found: Authorization) -> str:
    """Return the Markdown, ending in a newline."""
    lines = [f"**{prose(found.summary())}**"]
    if found.verdicts:
        ordered = sorted(found.verdicts, key=lambda verdict: verdict.allowed)
        lines += ["", "| | change | why |", "|---|---|---|"]
        lines += [_row(found, verdict) for verdict in ordered[:_SHOWN]]
    rest = len(found.verdicts) - _SHOWN
    return "\n".join(lines) + (f"\n\nand {rest:,} more\n" if rest > 0 else "\n")


def _row(found: Authorization, verdict: Verdict) -> str:
    word = "allowed" if verdict.allowed else "**refused**"
    place = place_of(verdict)
    what = f"{found.subject(verdict.change)}, {difference(verdict.change)}"
    where = f"<br>{prose(place)}" if place else ""
    commit = f"{verdict.commit[:12]}: " if verdict.commit else ""
    return f"| {word} | {prose(what)}{where} | {prose(commit + verdict.message)} |"
