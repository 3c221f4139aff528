"""Decision rows as a table, and a summary of them in less than a screen.

A pipe gets every column of the decision row. A terminal gets what is the same in all rows
once, above the table; where the columns still don't fit, state, source and sync are put in
words that do, and where an id would be broken the rows are listed by person.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from engine.counts import count
from engine.model import Decision, Scope, SyncReason
from engine.report import decisions_list
from engine.report.csvs import cell
from engine.report.screen import cells, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from engine.report.screen import Screen

_PIPED: Final = 10_000
"""So wide that nothing is folded where nobody looks at columns."""
_GAP: Final = 2
_EVENTS: Final[Mapping[SyncReason | None, str]] = {
    None: "",
    SyncReason.ACTIVE: "flow",
    SyncReason.TOGGLE_DISABLED: "none, switch off",
    SyncReason.REQUIRED_TOGGLE_DISABLED: "none, requirement off",
    SyncReason.NO_CALENDAR: "none, no calendar",
    SyncReason.UNSUPPORTED_CALENDAR: "none, unsupported",
}

Columns = dict[str, list[str]]
"""Cells by column name, in order."""


def render(rows: Iterable[Decision], screen: Screen) -> str:
    """Return a table of the rows, ending in a line that counts them."""
    kept = list(rows)
    columns: Columns = {
        name: [plain(cell(row[at])) for row in kept] for at, name in enumerate(Decision._fields)
    }
    head, list_them = "", False
    if not screen.piped:
        columns, same = _apart(columns, len(kept))
        if width_of(columns) > screen.width:
            columns = _in_words(kept, columns)
            list_them = bool(columns) and not _between_words(columns, screen.width)
        said = ", ".join(f"{name} {value or '-'}" for name, value in same.items())
        head = screen.wrap(f"All rows: {said}") + "\n" if same else ""
    tail = count(len(kept), "row") + "\n"
    body = decisions_list.render if list_them else drawn
    return head + body(columns, len(kept), screen) + tail


def _apart(columns: Columns, rows: int) -> tuple[Columns, dict[str, str]]:
    """Part the columns that differ from those that say the same in all of several rows."""
    same = {
        name: values[0] for name, values in columns.items() if rows > 1 and len(set(values)) == 1
    }
    return {name: values for name, values in columns.items() if name not in same}, same


def width_of(columns: Columns) -> int:
    """Return how wide a table of the columns is."""
    widths = (max(map(cells, [name, *values])) for name, values in columns.items())
    return sum(width + _GAP for width in widths)


def _in_words(rows: Sequence[Decision], columns: Columns) -> Columns:
    """Return fewer columns: what is decided, by what, and whether events flow."""
    found: Columns = {
        name: columns[name] for name in ("account", "user", "toggle") if name in columns
    }
    found["decision"] = [
        ("on" if row.state == "enabled" else "off") + (", locked" if row.locked else "")
        for row in rows
    ]
    found["by"] = [
        plain(
            f"{row.reason} {row.source_id}" if row.source_scope is Scope.GROUP else row.reason.value
        )
        for row in rows
    ]
    found["events"] = [_EVENTS[row.sync_reason] for row in rows]
    return {name: values for name, values in found.items() if any(values)}


def drawn(columns: Columns, rows: int, screen: Screen) -> str:
    """Return columns as a table without a frame."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    widths = {} if screen.piped else _between_words(columns, screen.width)
    for name in columns:
        table.add_column(name, overflow="fold", width=widths.get(name))
    for index in range(rows):
        table.add_row(*(values[index] for values in columns.values()))
    out = io.StringIO()
    Console(
        file=out,
        width=_PIPED if screen.piped else screen.width,
        force_terminal=screen.colour,
        no_color=not screen.colour,
        color_system="standard" if screen.colour else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
    ).print(table)
    text = "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())
    return text if screen.unicode else text.replace("\u2500", "-")


def _between_words(columns: Columns, room: int) -> dict[str, int]:
    """Return widths at which all fits and no word is broken, empty where there are none.

    An id that is broken can't be read aloud, nor copied.
    """
    texts = {name: [name, *values] for name, values in columns.items()}
    words = {name: max(cells(w) for t in some for w in t.split()) for name, some in texts.items()}
    widths = {name: max(map(cells, some)) for name, some in texts.items()}
    while sum(widths.values()) + _GAP * len(widths) > room:
        foldable = [name for name in widths if widths[name] > words[name]]
        if not foldable:
            return {}
        widths[max(foldable, key=lambda name: widths[name])] -= 1
    return widths


def render_summary(summary: dict[str, Any], screen: Screen) -> str:
    """Return a summary as text: a few lines a toggle."""
    lines = [count(summary["users"], "user")]
    for toggle in summary["toggles"]:
        lines += ["", screen.paint(plain(toggle["toggle"]), bold=True)]
        for combination in toggle["states"]:
            word = "on" if combination["state"] == "enabled" else "off"
            lock = ", locked" if combination["locked"] else ""
            lines.append(_share(f"{word}{lock}", combination["users"], toggle["users"]))
        lines += ["  decided by", *_ranked(toggle["reasons"], toggle["users"])]
        if toggle["sync_reasons"]:
            lines += ["  events", *_ranked(toggle["sync_reasons"], toggle["users"])]
    return "\n".join(lines) + "\n"


def _ranked(counted: Mapping[str, int], total: int) -> list[str]:
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [_share(f"  {name}", number, total) for name, number in ranked]


def _share(name: str, number: int, total: int) -> str:
    return f"  {name:<28} {number:>12,}  {number / total:>6.1%}"
