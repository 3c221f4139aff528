"""The agenda of a move to priorities for a terminal: a table, and whom in each group it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.report.decisions_table import drawn, width_of
from engine.review.phrases import plain_text

if TYPE_CHECKING:
    from engine.report.agenda import Agenda
    from engine.report.screen import Screen


_NEEDED: Final = 5
"""So many columns stand in the narrowest table."""


def render(found: Agenda, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    lines = [
        screen.paint(screen.wrap(found.title), bold=True),
        *(screen.wrap(plain_text(told)) for told in found.about),
    ]
    parts = ["\n".join(lines)]
    if found.lines:
        rows = [
            (
                str(line.priority),
                line.name,
                line.declares,
                *(f"{number:,}" for number in found.numbers(line)),
            )
            for line in found.lines
        ]
        columns = {head: [row[at] for row in rows] for at, head in enumerate(found.heads)}
        if not screen.piped and width_of(columns) > screen.width:
            for effect in found.heads[_NEEDED:]:  # who notices what is told below
                del columns[effect]
        parts.append(drawn(columns, len(rows), screen).rstrip("\n"))
    if found.who:
        parts.append(
            "\n".join(screen.wrap(f"{one.group}: {one.does}: {one.names}") for one in found.who)
        )
    if found.idle:
        parts.append(screen.paint(screen.wrap(plain_text(found.idle)), dim=True))
    return "\n\n".join(parts) + "\n"
