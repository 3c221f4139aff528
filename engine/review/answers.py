"""The rows that `evaluate` was asked for, by the engine that makes them.

Where they go, and what a terminal or a pipe may get, is the command's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.errors import InvalidPoliciesError
from engine.findings import ordered
from engine.review.selection import select
from engine.review.summary import counted, summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import SparkSession

    from engine.model import Decision, PolicySet
    from engine.population.asked import Asked
    from engine.read.load import Loaded

WRITTEN: Final = ("parquet", "csv", "ndjson")
"""The formats that DuckDB and Spark write themselves."""


class InPython:
    """One user at a time, by the interpreter of the tier tables."""

    def __init__(self, loaded: Loaded, asked: Asked) -> None:
        population = loaded.population
        if population and not population.checked:
            from engine.read.soundness import check

            findings = check(population)
            if findings:
                raise InvalidPoliciesError(ordered(findings))
        self.policies = loaded.policies
        self.asked = asked

    def rows(self) -> Iterator[Decision]:
        """Return the rows."""
        return select(self.policies, self.asked)

    def summary(self) -> dict[str, Any]:
        """Return the rows counted."""
        return summarise(self.rows())


class OnDuckDB:
    """Everybody in one statement."""

    def __init__(
        self, policies: PolicySet, asked: Asked, watch: Callable[[Any], Any] | None = None
    ) -> None:
        from engine.population.duck import Evaluation

        self.evaluation = Evaluation(policies, asked, watch)

    def rows(self) -> Iterator[Decision]:
        """Return the rows."""
        return self.evaluation.rows()

    def write(self, path: str, form: str) -> None:
        """Write the rows to a file."""
        self.evaluation.write(path, form)

    def summary(self) -> dict[str, Any]:
        """Return the rows counted."""
        rows = self.evaluation.summary()
        return counted(rows, self.evaluation.people(rows))


class OnSpark:
    """Everybody in one statement, on as many machines as Spark has."""

    def __init__(
        self,
        spark: SparkSession,
        policies: PolicySet,
        asked: Asked,
        watch: Callable[[Any], Any] | None = None,
    ) -> None:
        from engine.population.spark.evaluation import Evaluation

        self.evaluation = Evaluation(spark, policies, asked, watch)

    def rows(self) -> Iterator[Decision]:
        """Return the rows, one part of Spark's at a time."""
        return self.evaluation.rows()

    def write(self, path: str, form: str) -> None:
        """Write the rows as Spark does: a folder of files, wherever Spark can write."""
        self.evaluation.write(path, "json" if form == "ndjson" else form)

    def summary(self) -> dict[str, Any]:
        """Return the rows counted."""
        rows = self.evaluation.summary()
        return counted(rows, self.evaluation.people(rows))


Answer: TypeAlias = InPython | OnDuckDB | OnSpark
"""Each has `rows()` and `summary()`; those of engines that write WRITTEN themselves, `write()`."""
