"""Findings for a terminal: place, message, the line itself with a caret, and the hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.counts import count
from engine.report.screen import Screen, cells, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.findings import Finding, Location


def render(
    found: Sequence[Finding], screen: Screen, excerpt: Callable[[Location], str | None]
) -> str:
    """Return every finding, a blank line between them, ending in a newline (empty for none)."""
    return "".join(_finding(finding, screen, excerpt) + "\n" for finding in found)


def _finding(finding: Finding, screen: Screen, excerpt: Callable[[Location], str | None]) -> str:
    colour = "red" if finding.severity == "error" else "yellow"
    level = screen.paint(f"[{finding.severity}]", colour, bold=True)
    code = screen.paint(f"({finding.code})", dim=True)
    place = screen.paint(plain(str(finding.location)), bold=True)
    lines = [f"{place}: {level} {plain(finding.message)} {code}"]
    lines += _excerpt(finding.location, screen, excerpt(finding.location), colour)
    for related in finding.related:
        lines.append(f"  {plain(str(related.location))}: {plain(related.message)}")
    if finding.hint:
        lines.append(screen.wrap(plain(finding.hint), first="  hint: "))
    return "\n".join(lines) + "\n"


def _excerpt(location: Location, screen: Screen, line: str | None, colour: str) -> list[str]:
    if line is None or not line.strip():
        return []
    number = str(location.line)
    bar = screen.sign("│", "|")
    room = max(screen.width - len(number) - 6, 20)
    start = location.column - 1
    cut = max(0, start - room // 2) if len(line) > room else 0
    shown = "".join(c if c.isprintable() else " " for c in line[cut : cut + room])
    before = cells(shown[: start - cut])
    gutter = " " * len(number)
    return [
        f"  {screen.paint(number, dim=True)} {bar} {shown}",
        f"  {gutter} {bar} {' ' * before}{screen.paint('^', colour, bold=True)}",
    ]


def summary(found: Sequence[Finding], *, files: int, documents: int, screen: Screen) -> str:
    """Return the closing line: how much was read, and how much was found."""
    errors = sum(f.severity == "error" for f in found)
    warnings = len(found) - errors
    read = f"{count(files, 'file')}, {count(documents, 'document')}"
    if not found:
        return screen.paint(f"{read}: all valid", "green") + "\n"
    parts = [count(errors, "error")] * bool(errors) + [count(warnings, "warning")] * bool(warnings)
    return f"{screen.paint(' and '.join(parts), 'red' if errors else 'yellow')} in {read}\n"
