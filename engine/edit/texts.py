"""Text, its lines and its splices. Lines end at LF, CRLF or CR, each as it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

_BREAK: Final = re.compile("\r\n|\r|\n")


class Splice(NamedTuple):
    """Put `text` in the place of what stands from `start` to `end`."""

    start: int
    end: int
    text: str = ""


Candidate: TypeAlias = tuple[Splice, ...]
"""Splices that belong together and don't overlap. Whether they do what they should is not said."""


def spliced(text: str, candidate: Candidate) -> str:
    """Return the text with all splices done."""
    for splice in sorted(candidate, reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    return text


def line_start(text: str, index: int) -> int:
    """Return where the line that holds `index` begins."""
    return 1 + max(text.rfind(sign, 0, index) for sign in "\r\n")


def line_end(text: str, index: int) -> int:
    """Return where the line that holds `index` ends, its break included."""
    found = _BREAK.search(text, index)
    return found.end() if found else len(text)


def break_of(text: str) -> str:
    """Return the line break that a text uses first, LF where it has none."""
    found = _BREAK.search(text)
    return found[0] if found else "\n"


def below(text: str, index: int, lines: Sequence[str]) -> Splice:
    """Return the splice that puts lines below the one that holds `index`.

    A file that ends without a line break goes on doing so.
    """
    end = line_end(text, index)
    return at_line(text, end, lines)


def at_line(text: str, start: int, lines: Sequence[str]) -> Splice:
    """Return the splice that puts lines where a line begins, or at the text's end."""
    if start == 0:
        own = break_of(text)
    elif text[start - 1] in "\r\n":
        own = "\r\n" if text[:start].endswith("\r\n") else text[start - 1]
    else:
        own = break_of(text)
        return Splice(start, start, own + own.join(lines))
    return Splice(start, start, "".join(line + own for line in lines))


def without_lines(text: str, start: int, end: int) -> Splice:
    """Return the splice that takes whole lines out.

    Of a file that ends without a line break, the one before the lines goes with them.
    """
    if end == len(text) and text[end - 1] not in "\r\n" and start:
        start -= 2 if text[:start].endswith("\r\n") else 1
    return Splice(start, end)
