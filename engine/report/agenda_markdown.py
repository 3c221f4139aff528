"""The agenda of a move to priorities as Markdown, above the story that `diff_markdown` tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.report.escapes import code, in_markdown, inline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.report.agenda import Agenda

MARK: Final = "<!-- calsync compare-models -->"
_MOST: Final = 60
"""Lines of each list: so the story below has room in a comment."""


def parts(found: Agenda) -> Iterator[str]:
    """Yield the mark, and what stands above the story."""
    yield MARK
    yield f"## {inline(found.title)}"
    yield "\n".join(f"- {in_markdown(told)}" for told in found.about)
    if found.lines:
        rows = [
            (
                str(line.priority),
                inline(line.name),
                inline(line.declares),
                *(f"{number:,}" for number in found.numbers(line)),
            )
            for line in found.lines[:_MOST]
        ]
        rule = ["---:", "---", "---"] + ["---:"] * (len(found.heads) - 3)
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in (found.heads, rule, *rows))
        yield table + _more(len(found.lines))
    if found.who:
        lines = [
            f"- {inline(one.group)}: {one.does}: "
            + ", ".join(code(user) for user in one.users)
            + one.names.removeprefix(", ".join(one.users))
            for one in found.who[:_MOST]
        ]
        yield "\n".join(lines) + _more(len(found.who))
    if found.idle:
        yield in_markdown(found.idle)


def _more(number: int) -> str:
    return f"\n\n… and {number - _MOST:,} more." if number > _MOST else ""
