"""What a renderer may know of the terminal: width, colour, and whether Unicode signs are safe."""

from __future__ import annotations

from engine.shapes import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The place a text is for. A pipe has no width to keep to: there, lines are not folded."""

    width: int = 80
    colour: bool = False
    unicode: bool = True
    piped: bool = False

    def paint(
        self,
        text: str,
        colour: str | None = None,
        *,
        bold: bool | None = None,
        dim: bool | None = None,
    ) -> str:
        """Return the text in a colour that reads on light and dark, or as it is."""
        if not (self.colour and text):
            return text
        from click import style

        return style(text, fg=colour, bold=bold, dim=dim)

    def sign(self, unicode: str, plain: str) -> str:
        """Return the Unicode sign where the terminal can show it."""
        return unicode if self.unicode else plain

    def wrap(self, text: str, *, first: str = "", rest: str | None = None) -> str:
        """Fold a sentence at the width, behind `first` and, on later lines, `rest`."""
        room = max(self.width, 40)
        later = " " * len(first) if rest is None else rest
        lines, line, empty = [], first, True
        for word in text.split():
            gap = "" if empty else " "
            if not empty and cells(line) + 1 + cells(word) > room:
                lines.append(line)
                line, gap = later, ""
            line += gap + word
            empty = False
        return "\n".join([*lines, line])


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    wide = sum(east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(combining(c) > 0 for c in text)


def plain(text: str) -> str:
    """Return text that cannot move the cursor: control characters made visible."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
