"""Decision rows as a table for a terminal, and a summary of them in less than a screen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from engine.model import Decision
from engine.report.csvs import cell
from engine.report.screen import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from engine.report.screen import Screen

_PIPED = 10_000
"""So wide that nothing is folded where nobody looks at columns."""


def render(rows: Iterable[Decision], screen: Screen) -> str:
    """Return a table of the rows; what is the same in all of them stands once, above it."""
    kept = list(rows)
    columns = [(name, [cell(row[at]) for row in kept]) for at, name in enumerate(Decision._fields)]
    constant = [name for name, values in columns if len(kept) > 1 and len(set(values)) == 1]
    shown = [(name, values) for name, values in columns if name not in constant]
    said = ", ".join(f"{name} {dict(columns)[name][0] or '-'}" for name in constant)
    head = f"All rows: {said}\n" if constant else ""
    table = _table([name for name, _ in shown])
    for index in range(len(kept)):
        table.add_row(*(plain(values[index]) for _, values in shown))
    tail = f"{len(kept):,} row{'' if len(kept) == 1 else 's'}\n"
    return (screen.wrap(plain(head.strip())) + "\n" if head else "") + _drawn(table, screen) + tail


def _table(columns: Sequence[str]) -> Table:
    from rich import box

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _drawn(table: Table, screen: Screen) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=_PIPED if screen.piped else screen.width,
        force_terminal=screen.colour,
        no_color=not screen.colour,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        safe_box=not screen.unicode,
    )
    console.print(table)
    text = "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())
    return text if screen.unicode else text.encode("ascii", "replace").decode()


def render_summary(summary: dict[str, Any], screen: Screen) -> str:
    """Return a summary as text: a few lines a toggle."""
    lines = [f"{summary['users']:,} user{'' if summary['users'] == 1 else 's'}"]
    for toggle in summary["toggles"]:
        lines += ["", screen.paint(plain(toggle["toggle"]), bold=True)]
        for combination in toggle["states"]:
            word = "on" if combination["state"] == "enabled" else "off"
            lock = ", locked" if combination["locked"] else ""
            lines.append(_share(f"{word}{lock}", combination["users"], toggle["users"]))
        lines.append("  decided by")
        ranked = sorted(toggle["reasons"].items(), key=lambda item: (-item[1], item[0]))
        lines += [_share(f"  {name}", number, toggle["users"]) for name, number in ranked]
        if toggle["sync_reasons"]:
            lines.append("  events flow")
            ranked = sorted(toggle["sync_reasons"].items(), key=lambda item: (-item[1], item[0]))
            lines += [_share(f"  {name}", number, toggle["users"]) for name, number in ranked]
    return "\n".join(lines) + "\n"


def _share(name: str, number: int, total: int) -> str:
    return f"  {name:<28} {number:>12,}  {number / total:>6.1%}"
