"""A runbook in Markdown: a checklist to paste into a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.report.escapes import prose
from engine.report.runbook_words import NOTHING, blocks, title

if TYPE_CHECKING:
    from engine.report.runbook_words import Line
    from engine.review.runbook import Runbook


def render(book: Runbook) -> str:
    """Return the Markdown, ending in a newline."""
    if not book.steps:
        return f"{NOTHING}\n"
    parts = [f"### {title(book)}"]
    for heading, lines in blocks(book):
        parts += [prose(heading), "\n".join(_line(line) for line in lines)]
    parts += [f"> {prose(note)}" for note in book.notes]
    return "\n\n".join(parts) + "\n"


def _line(line: Line) -> str:
    way = " \u203a ".join(prose(word) for word in line.way)
    first = f"- [ ] **{line.number}.** "
    return first + (f"*{way}*<br>{prose(line.text)}" if way else prose(line.text))
