"""Options of Spark, and its session for as long as a command runs."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click

from engine.commands.writing import is_file
from engine.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.commands.invocation import Invocation
    from engine.model import PolicySet
    from engine.review.answers import Answer
    from engine.review.selection import Selection

_F = TypeVar("_F", bound="Callable[..., Any]")


class Spark(NamedTuple):
    """What was said about Spark: where it runs, how, and where it finds the tables."""

    master: str | None
    settings: tuple[str, ...]
    tables: str | None


def spark_options(function: _F) -> _F:
    """Add `--spark-master`, `--spark-conf` and `--spark-tables`; the command gets a `Spark`."""

    @wraps(function)
    def asked(
        *words: Any,
        spark_master: str | None,
        spark_conf: tuple[str, ...],
        spark_tables: str | None,
        **options: Any,
    ) -> Any:
        spark = Spark(spark_master, spark_conf, spark_tables)
        if any(spark) and options["engine"] != "spark":
            raise click.UsageError("--spark-… needs --engine spark")
        if options["engine"] == "spark" and options["memory"] is not None:
            hint = "give Spark memory with --spark-conf spark.driver.memory=8g"
            raise click.UsageError(f"--memory is DuckDB's: {hint}")
        return function(*words, spark=spark, **options)

    master = click.option(
        "--spark-master",
        metavar="URL",
        help="Where Spark runs, such as local[4], yarn or spark://HOST:7077."
        "  [default: as Spark is configured, else local[*]]",
    )
    conf = click.option(
        "--spark-conf",
        metavar="KEY=VALUE",
        multiple=True,
        help="A setting of Spark, such as spark.executor.memory=8g. Repeatable.",
    )
    tables = click.option(
        "--spark-tables",
        metavar="URL",
        help="Where Spark finds the tables, such as s3a://bucket/policies.  [default: below the "
        "policy directory, which every machine of Spark has to see]",
    )
    return cast("_F", master(conf(tables(asked))))


def refuse_for_spark(form: str, output: str | None, *, summary: bool) -> None:
    """Raise QuestionError for a place that the rows cannot go to, before Spark is started."""
    from engine.review.answers import WRITTEN

    written = () if summary else WRITTEN
    if form in written and form == "parquet" and not is_file(output):
        hint = "name a folder with --output"
        raise QuestionError("Spark writes Parquet as a folder of files", hint=hint)
    if form not in written and output is not None and "://" in output:
        what = "a summary" if summary else form
        hint = "name a file" if summary else f"formats for a folder are {', '.join(WRITTEN)}"
        raise QuestionError(f"{what} is one file of this machine", hint=hint)


def on_spark(
    invocation: Invocation, policies: PolicySet, selection: Selection, spark: Spark
) -> Answer:
    """Return the answer of Spark, whose session ends with the command."""
    from engine.commands.progress import watched, working
    from engine.population.spark.session import Cluster, session, settings, told
    from engine.review.answers import OnSpark
    from engine.review.selection import asked

    if spark.tables is None:
        asked(policies, selection)  # what cannot be asked is said before Spark has started
    cluster = Cluster(
        master=spark.master, settings=settings(spark.settings), verbose=invocation.verbose
    )
    with working("starting Spark"):
        running = click.get_current_context().with_resource(session(cluster))
    if spark.tables is not None:
        from engine.population.spark.elsewhere import opened

        with working("looking for the tables"), told():
            policies = opened(running, policies, spark.tables)
    with told():
        wanted = asked(policies, selection)
    return OnSpark(running, policies, wanted, watched)
