"""An authorization for a terminal: the answer, then what is refused, then what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.report.diff_text import difference
from engine.report.screen import plain

if TYPE_CHECKING:
    from engine.report.screen import Screen
    from engine.review.authority import Verdict
    from engine.review.authorization import Authorization


def render(found: Authorization, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    colour = "green" if found.allowed else "red"
    lines = [screen.paint(screen.wrap(plain(found.summary())), colour, bold=True)]
    ordered = sorted(found.verdicts, key=lambda verdict: verdict.allowed)
    lines += [_verdict(found, verdict, screen) for verdict in ordered]
    return "\n\n".join(lines) + "\n"


def _verdict(found: Authorization, verdict: Verdict, screen: Screen) -> str:
    word, colour = ("allowed", "green") if verdict.allowed else ("refused", "red")
    place = place_of(verdict)
    what = f"{found.subject(verdict.change)}, {difference(verdict.change, screen.sign('→', '->'))}"
    commit = f"commit {verdict.commit[:12]}: " if verdict.commit else ""
    message = screen.wrap(plain(f"{commit}{verdict.message}"), first=" " * 9)
    first = screen.wrap(plain(f"{what}{f' ({place})' if place else ''}"), first=f"{word}  ")
    return f"{screen.paint(first[: len(word)], colour)}{first[len(word) :]}\n{message}"


def place_of(verdict: Verdict) -> str | None:
    """Return file and line of a change, where it is now or was."""
    place = verdict.change.new_location or verdict.change.old_location
    return f"{place.file}:{place.line}" if place else None
