"""A runbook in Markdown: a checklist to paste into a ticket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.report.runbook_words import NOTHING, blocks, title
from engine.report.screen import plain

if TYPE_CHECKING:
    from engine.report.runbook_words import Line
    from engine.review.runbook import Runbook

_SIGNS: Final = re.compile(r"([\\`*_{}\[\]<>#|~@])")


def render(book: Runbook) -> str:
    """Return the Markdown, ending in a newline."""
    if not book.steps:
        return f"{NOTHING}\n"
    parts = [f"### {title(book)}"]
    for heading, lines in blocks(book):
        parts += [_escaped(heading), "\n".join(_line(line) for line in lines)]
    parts += [f"> {_escaped(note)}" for note in book.notes]
    return "\n\n".join(parts) + "\n"


def _line(line: Line) -> str:
    way = " \u203a ".join(_escaped(word) for word in line.way)
    first = f"- [ ] **{line.number}.** "
    return first + (f"*{way}*<br>{_escaped(line.text)}" if way else _escaped(line.text))


def _escaped(text: str) -> str:
    """Return text in which no sign means anything, and nobody is notified."""
    return _SIGNS.sub(r"\\\1", plain(text)).replace(r"\@", "<span>@</span>")
