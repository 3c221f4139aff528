"""Decision rows as a list, person by person: for a terminal where a table would break ids.

An id that is broken can't be read aloud, copied, or found by grep.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from engine.report.screen import cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.report.decisions_table import Columns
    from engine.report.screen import Screen

_INDENT = "  "


def render(columns: Columns, rows: int, screen: Screen) -> str:
    """Return a line for each person, and below it one for each toggle, folded between words.

    `columns` are those of a table in words; those that say the same of all rows are left out.
    """
    named = {name: columns.get(name, [""] * rows) for name in ("account", "user")}
    heads = [_head(*pair) for pair in zip(*named.values(), strict=True)]
    fixed = [_padded(columns[name]) for name in ("toggle", "decision") if name in columns]
    lines: list[str] = []
    for head, some in groupby(range(rows), key=heads.__getitem__):
        lines += [screen.paint(head, bold=True)] if head else []
        for row in some:
            first = _INDENT + "".join(f"{values[row]}  " for values in fixed)
            lines.append(_said(columns, row, first, screen))
    return "\n".join(lines) + "\n"


def _head(account: str, user: str) -> str:
    return f"{user} in {account}" if account and user else user or account


def _padded(values: Sequence[str]) -> list[str]:
    width = max(map(cells, values))
    return [value + " " * (width - cells(value)) for value in values]


def _said(columns: Columns, row: int, first: str, screen: Screen) -> str:
    """Return who decided and whether events flow, beside what is decided or below it."""
    by, events = (columns[name][row] if name in columns else "" for name in ("by", "events"))
    said = "; ".join(filter(None, (by, events and f"events: {events}")))
    longest = max(map(cells, said.split()), default=0)
    if cells(first) + longest <= screen.width:
        return screen.wrap(said, first=first).rstrip()
    below = screen.wrap(said, first=2 * _INDENT)
    return f"{first.rstrip()}\n{below}"
