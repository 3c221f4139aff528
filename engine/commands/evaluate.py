"""`calsync evaluate`: the decision row of every user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.commands.options import (
    account_option,
    format_option,
    known,
    memory_option,
    output_option,
    rev_option,
    toggles_option,
)
from engine.commands.spark import on_spark, refuse_for_spark, spark_options
from engine.commands.writing import is_file, refuse_bytes_on_a_terminal, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.commands.invocation import Invocation
    from engine.commands.spark import Spark
    from engine.model import Decision
    from engine.population.asked import Asked
    from engine.read.load import Loaded
    from engine.report.screen import Screen
    from engine.review.answers import Answer


@click.command("evaluate")
@toggles_option("The toggle. Repeatable.")
@click.option("--all-toggles", is_flag=True, help="Every toggle of the catalogue.")
@click.option(
    "--user",
    "users",
    shell_complete=known("user"),
    metavar="ID",
    multiple=True,
    help="Only this user. Repeatable.",
)
@click.option(
    "--group",
    "groups",
    shell_complete=known("group"),
    metavar="ID",
    multiple=True,
    help="Only members. Repeatable.",
)
@account_option
@click.option(
    "--where",
    "conditions",
    metavar="COLUMN=VALUE",
    multiple=True,
    help="Only rows that say so. Repeatable: columns must all hold, values of one column any.",
)
@click.option("--summary", is_flag=True, help="Count instead of listing.")
@click.option(
    "--order",
    type=click.Choice(["sorted", "table"]),
    default="sorted",
    show_default=True,
    help="By account, user and toggle, or as the users come: faster, and just as repeatable.",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "python", "duckdb", "spark"]),
    default="auto",
    show_default=True,
    help="What evaluates. Auto takes DuckDB for large tables and Parquet, else plain Python; "
    "Spark is for what outgrows a machine.",
)
@memory_option
@spark_options
@rev_option
@format_option("table", "json", "ndjson", "csv", "parquet")
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
    order: str,
    engine: str,
    memory: str | None,
    spark: Spark,
    rev: str | None,
    form: str,
    output: str | None,
) -> None:
    """Print the decision of every user, in rows ordered by account, user and toggle.

    The filters answer questions the other way round, such as who is off and locked, and by
    whom: --where state=disabled --where locked=true --where source_id=legal
    """
    from engine.review.selection import Selection, asked

    refuse_bytes_on_a_terminal(form, output)
    if engine == "spark":
        refuse_for_spark(form, output, summary=summary)
    loaded = invocation.load(rev, rows=False, tables=spark.tables is None)
    policies = loaded.valid()
    selection = Selection(
        toggles=toggles,
        all_toggles=all_toggles,
        users=users,
        groups=groups,
        account=account,
        conditions=conditions,
        sorted=order == "sorted",
        memory=memory,
    )
    if engine == "auto":
        tables = loaded.population or (form == "parquet" and not summary)
        engine = "duckdb" if tables else "python"
    if engine == "spark":
        made = on_spark(invocation, policies, selection, spark)
    else:
        made = _answer(loaded, asked(policies, selection), engine)
    screen = invocation.screen(to_file=is_file(output))
    if summary:
        write(_summary(made.summary(), form, screen), output)
    else:
        _deliver(made, form, output, screen)


def _answer(loaded: Loaded, wanted: Asked, engine: str) -> Answer:
    from engine.review.answers import InPython, OnDuckDB

    if engine == "python":
        return InPython(loaded, wanted)
    from engine.commands.progress import watched

    return OnDuckDB(loaded.policies, wanted, watched)


def _deliver(made: Answer, form: str, output: str | None, screen: Screen) -> None:
    """Write the rows: by the engine where it can, and the place can take what it writes."""
    from engine.review.answers import WRITTEN, InPython, OnDuckDB

    if isinstance(made, InPython) or form not in WRITTEN:
        write(_rows(made.rows(), form, screen), output)
    elif is_file(output):
        made.write(output, form)
    elif isinstance(made, OnDuckDB):
        from engine.read import duck

        write(duck.pieces(lambda path: made.write(path, form)), None)
    else:  # Spark writes folders: to standard output the rows come through this process
        write(_rows(made.rows(), form, screen), None)


def _rows(rows: Iterable[Decision], form: str, screen: Screen) -> Iterable[str] | Iterable[bytes]:
    if form == "table":
        from engine.report import decisions_table

        return [decisions_table.render(rows, screen)]
    if form == "csv":
        from engine.report import csvs

        return csvs.decisions(rows)
    if form == "parquet":
        from engine.report import parquets

        return parquets.decisions(rows)
    from engine.report import jsons

    return jsons.decisions(rows) if form == "json" else jsons.lines(rows)


def _summary(counted: dict[str, Any], form: str, screen: Screen) -> Iterable[str] | Iterable[bytes]:
    if form == "parquet":
        from engine.report import parquets

        return parquets.summary(counted)
    if form == "csv":
        from engine.report import csvs

        return csvs.summary(counted)
    from engine.report import decisions_table, jsons

    if form in {"json", "ndjson"}:
        return [jsons.document({"summary": counted}, one_line=form == "ndjson")]
    return [decisions_table.render_summary(counted, screen)]
