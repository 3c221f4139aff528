"""What an edit would do, for a terminal: the line it changes, then the diff's own summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.report import diff_text
from engine.report.screen import plain
from engine.review.story import tell
from engine.review.testing import title

if TYPE_CHECKING:
    from engine.edit.preview import Preview
    from engine.report.screen import Screen


def render(found: Preview, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    dash = screen.sign("• ", "- ")
    lines = []
    if found.broken or found.conflicts:
        lines.append(screen.paint("It would break", "red", bold=True))
    for verdict in found.broken:
        number = f"for {verdict.broken_by:,} of {verdict.checked:,}"
        text = f"the guardrail {title(verdict.guardrail)}, {number}"
        lines.append(screen.wrap(plain(text), first=f"  {dash}"))
    lines += [screen.wrap(plain(text), first=f"  {dash}") for text in found.conflicts]
    story = diff_text.render(tell(found.comparison), screen)
    return story + ("\n" + "\n".join(lines) + "\n" if lines else "")
