"""A runbook for a terminal: numbered steps under the people who must sign in for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.report.runbook_words import NOTHING, blocks, title
from engine.report.screen import Screen, plain

if TYPE_CHECKING:
    from engine.report.runbook_words import Line
    from engine.review.runbook import Runbook

_INDENT: Final = " " * 5
_ASCII: Final = str.maketrans({"“": '"', "”": '"'})


def render(book: Runbook, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    if not book.steps:
        return f"{NOTHING}\n"
    parts = [screen.paint(f"{title(book)}:", bold=True)]
    for heading, lines in blocks(book):
        parts.append("\n".join([screen.wrap(plain(heading)), *(_line(x, screen) for x in lines)]))
    parts += [screen.wrap(note, first="Note: ") for note in book.notes]
    return "\n\n".join(parts) + "\n"


def _line(line: Line, screen: Screen) -> str:
    arrow = screen.sign(" \u203a ", " > ")
    text = plain(line.text) if screen.unicode else plain(line.text).translate(_ASCII)
    first = f"{line.number:>3}. "
    if not line.way:
        return screen.wrap(text, first=first)
    way = screen.wrap(plain(arrow.join(line.way)), first=first)
    return "\n".join([way, screen.wrap(text, first=_INDENT)])
