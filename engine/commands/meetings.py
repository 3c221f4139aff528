"""`calsync meetings TABLE`: which meetings reached the calendars, and why the others did not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from engine.commands.options import (
    format_option,
    memory_option,
    output_option,
    rev_option,
    toggle_option,
)
from engine.commands.writing import is_file, refuse_bytes_on_a_terminal, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.commands.invocation import Invocation, Rev
    from engine.history.meetings import Meetings
    from engine.report.screen import Screen

_COUNTED: Final = {
    "synced": "BOOLEAN",
    "reason": "VARCHAR",
    "now_sync": "BOOLEAN",
    "meetings": "BIGINT",
}
"""The columns of a summary, and their types."""


@click.command("meetings")
@click.argument("table")
@toggle_option
@click.option("--summary", is_flag=True, help="Count instead of listing.")
@memory_option
@rev_option
@format_option("table", "json", "ndjson", "csv", "parquet")
@output_option
@click.pass_obj
def command(
    invocation: Invocation,
    table: str,
    toggle: str,
    summary: bool,
    memory: str | None,
    rev: Rev,
    form: str,
    output: str | None,
) -> None:
    """Say of each meeting whether its last touch reached the calendars, by the policy then.

    TABLE is CSV, NDJSON or Parquet with the columns meeting, user (its owner), event (created
    or updated), at (ISO 8601 with an offset) and by (user or system; user where it is left out).
    The policy at an instant is that of the first-parent history of HEAD, or of --rev.
    """
    refuse_bytes_on_a_terminal(form, output)
    from engine.history.meetings import Meetings
    from engine.history.walk import walk

    with invocation.timed("reading the history"):
        history = walk(invocation.policies, invocation.revision(rev))
        judged = Meetings(table, history, toggle, memory=memory)
    screen = invocation.screen(to_file=is_file(output))
    if summary:
        write(_summary(judged, form, screen), output)
    elif is_file(output) and form in {"parquet", "csv", "ndjson"}:
        judged.write(output, form)
    elif form == "parquet":
        from engine.read import duck

        write(duck.pieces(lambda path: judged.write(path, form)), output)
    else:
        write(_rows(judged, form, screen), output)


def _rows(judged: Meetings, form: str, screen: Screen) -> Iterable[str]:
    from engine.history.meetings import COLUMNS

    if form == "table":
        from engine.report import meetings_text

        return [meetings_text.render(COLUMNS, judged.rows(), screen)]
    if form == "csv":
        from engine.report import csvs

        return csvs.lines(COLUMNS, judged.rows())
    objects = (_object(dict(zip(COLUMNS, row, strict=True))) for row in judged.rows())
    return _document(objects) if form == "json" else (f"{one}\n" for one in objects)


def _object(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _document(objects: Iterable[str]) -> Iterator[str]:
    """Yield a JSON document of the rows, piece by piece: there may be very many."""
    from engine.report.jsons import FORMAT_VERSION

    yield f'{{"format_version": "{FORMAT_VERSION}", "meetings": ['
    between = "\n"
    for one in objects:
        yield between + one
        between = ",\n"
    yield "\n]}\n"


def _summary(judged: Meetings, form: str, screen: Screen) -> Iterable[str] | Iterable[bytes]:
    from engine.report import meetings_text

    counted = judged.summary()
    if form in {"json", "ndjson"}:
        from engine.report import jsons

        said = {"summary": meetings_text.as_json(counted)}
        return [jsons.document(said, one_line=form == "ndjson")]
    if form == "csv":
        from engine.report import csvs

        return csvs.lines(_COUNTED, counted)
    if form == "parquet":
        from engine.report import parquets

        return parquets.rows(_COUNTED, counted)
    return [meetings_text.render_summary(counted, screen)]
