"""What an edit would do, for a terminal: the line it changes, then the diff's own summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.report import diff_text
from engine.report.screen import plain
from engine.review.fields import place_of, title
from engine.review.story import tell

if TYPE_CHECKING:
    from engine.edit.preview import Preview
    from engine.report.screen import Screen


_HEADING: Final = "Expectations that hold now and would fail"
_SHOWN: Final = 5


def render(found: Preview, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    dash = screen.sign("• ", "- ")
    lines = []
    if found.unmet:
        lines.append(screen.paint(f"{_HEADING} ({len(found.unmet):,})", "red", bold=True))
        said = [f"{title(one)} ({place_of(one)})" for one in found.unmet[:_SHOWN]]
        if len(found.unmet) > _SHOWN:
            said.append(f"and {len(found.unmet) - _SHOWN:,} more: `calsync test` names them all")
        lines += [screen.wrap(plain(text), first=f"  {dash}") for text in said]
    if found.conflicts:
        lines.append(screen.paint("Opposite locks", "red", bold=True))
    lines += [screen.wrap(plain(text), first=f"  {dash}") for text in found.conflicts]
    story = diff_text.render(tell(found.comparison), screen)
    return story + ("\n" + "\n".join(lines) + "\n" if lines else "")
