"""Collections of YAML while they are built, and where text that was read ends."""

from __future__ import annotations

import re
from typing import Any, Final

_BREAK: Final = re.compile("\r\n|\r|\n")
NO_KEY: Final = object()
"""The key of a mapping that waits for its next one."""


def after(text: str, line: int, column: int) -> tuple[int, int]:
    """Return the place that follows `text`, which begins at `line` and `column`."""
    end = None
    for found in _BREAK.finditer(text):
        line, end = line + 1, found.end()
    return (line, column + len(text)) if end is None else (line, 1 + len(text) - end)


class Frame:
    """A collection being built. `count`: how many nodes aliases had stood for at its start.

    `firsts` leads from each key to its first node, once a doubled key has asked for it.
    """

    __slots__ = (
        "anchor",
        "count",
        "firsts",
        "keep",
        "key",
        "key_node",
        "node",
        "odd_keys",
        "value",
    )

    def __init__(self, value: Any, node: int, anchor: str | None, count: int) -> None:
        self.value = value
        self.node = node
        self.anchor = anchor
        self.count = count
        self.key: Any = NO_KEY
        self.key_node = -1
        self.keep = True
        self.odd_keys: dict[tuple[type, object], int] = {}
        self.firsts: dict[str, int] | None = None
