"""Text as a policy file spells it, so that what is read back is the same text."""

from __future__ import annotations

import re
from typing import Final

from engine.read.scalars import resolve

_PLAIN: Final = re.compile(r"[A-Za-z][\w./+@-]*( [A-Za-z(][\w./+@()-]*)*", re.ASCII)
_ON_AND_OFF: Final = frozenset(("on", "off", "yes", "no", "y", "n"))
"""Other readers of YAML take these for booleans: quotes tell them that they are text."""


def scalar(text: str) -> str:
    """Return the text as a YAML scalar, in double quotes unless it is plainly text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _ON_AND_OFF and resolve(text) == text:
        return text
    return '"' + "".join(_character(c) for c in text) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def cell(text: str) -> str:
    """Return the text as a field of a CSV file."""
    return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text
