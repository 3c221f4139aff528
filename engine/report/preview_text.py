"""What an edit would do, for a terminal: the line it changes, then the diff's own summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.report import diff_text
from engine.report.screen import plain
from engine.review.story import tell

if TYPE_CHECKING:
    from engine.edit.preview import Preview
    from engine.report.screen import Screen


def render(found: Preview, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    dash = screen.sign("• ", "- ")
    lines = []
    if found.conflicts:
        lines.append(screen.paint("Opposite locks", "red", bold=True))
    lines += [screen.wrap(plain(text), first=f"  {dash}") for text in found.conflicts]
    story = diff_text.render(tell(found.comparison), screen)
    return story + ("\n" + "\n".join(lines) + "\n" if lines else "")
