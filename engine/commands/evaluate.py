"""`calsync evaluate`: the decision row of every user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.options import account_option, format_option, output_option, rev_option, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.commands.invocation import Invocation
    from engine.model import Decision


@click.command("evaluate")
@click.option("--toggle", "toggles", metavar="KEY", multiple=True, help="The toggle. Repeatable.")
@click.option("--all-toggles", is_flag=True, help="Every toggle of the catalogue.")
@click.option("--user", "users", metavar="ID", multiple=True, help="Only this user. Repeatable.")
@click.option("--group", "groups", metavar="ID", multiple=True, help="Only members. Repeatable.")
@account_option
@click.option(
    "--where",
    "conditions",
    metavar="COLUMN=VALUE",
    multiple=True,
    help="Only rows that say so. Repeatable: columns must all hold, values of one column any.",
)
@click.option("--summary", is_flag=True, help="Count instead of listing.")
@rev_option
@format_option("table", "json", "ndjson", "csv")
@output_option
@click.pass_obj
def command(
    invocation: Invocation,
    toggles: tuple[str, ...],
    all_toggles: bool,
    users: tuple[str, ...],
    groups: tuple[str, ...],
    account: str | None,
    conditions: tuple[str, ...],
    summary: bool,
    rev: str | None,
    form: str,
    output: str | None,
) -> None:
    """Print the decision of every user, in rows ordered by account, user and toggle.

    The filters answer questions the other way round, such as who is off and locked, and by
    whom: --where state=disabled --where locked=true --where source_id=legal
    """
    from engine.review.selection import Selection, select

    policies = invocation.load(rev).valid()
    selection = Selection(
        toggles=toggles,
        all_toggles=all_toggles,
        users=users,
        groups=groups,
        account=account,
        conditions=conditions,
    )
    rows = select(policies, selection)
    pieces = (
        _summary(rows, form, invocation, output)
        if summary
        else _rows(rows, form, invocation, output)
    )
    write(pieces, output)


def _rows(
    rows: Iterable[Decision], form: str, invocation: Invocation, output: str | None
) -> Iterable[str]:
    if form == "table":
        from engine.report import decisions_table

        return [decisions_table.render(rows, invocation.screen(to_file=output is not None))]
    if form == "csv":
        from engine.report import csvs

        return csvs.decisions(rows)
    from engine.report import jsons

    return jsons.decisions(rows) if form == "json" else jsons.lines(rows)


def _summary(
    rows: Iterable[Decision], form: str, invocation: Invocation, output: str | None
) -> Iterator[str]:
    from engine.report import decisions_table, jsons
    from engine.review.summary import summarise

    counted = summarise(rows)
    if form in {"json", "ndjson"}:
        yield jsons.document({"summary": counted})
    elif form == "csv":
        from engine.report import csvs

        yield from csvs.summary(counted)
    else:
        screen = invocation.screen(to_file=output is not None)
        yield decisions_table.render_summary(counted, screen)
