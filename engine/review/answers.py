"""The rows that `evaluate` was asked for, by the engine that makes them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final, Protocol

from engine.errors import InvalidPoliciesError, QuestionError
from engine.findings import ordered
from engine.review.selection import select
from engine.review.summary import counted, summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import SparkSession

    from engine.model import Decision, PolicySet
    from engine.population.asked import Asked
    from engine.read.load import Loaded

_WRITTEN: Final = ("parquet", "csv", "ndjson")
"""The formats that DuckDB and Spark write themselves."""


class Answer(Protocol):
    """The rows: to be gone through, written, or counted."""

    def rows(self) -> Iterator[Decision]:
        """Return the rows."""
        ...

    def wrote(self, form: str, output: str | None) -> bool:
        """Write the rows in a format to a file or standard output, where the engine can."""
        ...

    def summary(self) -> dict[str, Any]:
        """Return the rows counted, as `summarise` does."""
        ...


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

    def wrote(self, form: str, output: str | None) -> bool:  # noqa: ARG002 - the protocol's
        """Leave it to the renderers."""
        return False

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

    def wrote(self, form: str, output: str | None) -> bool:
        """Write Parquet, CSV and NDJSON; a terminal gets no Parquet."""
        if form not in _WRITTEN:
            return False
        if output not in {None, "-"}:
            self.evaluation.write(str(output), form)
            return True
        if form == "parquet" and sys.stdout.isatty():
            raise QuestionError("Parquet is not for a terminal", hint="name a file with --output")
        with tempfile.TemporaryDirectory(prefix="calsync-") as folder:
            path = os.path.join(folder, "rows")
            self.evaluation.write(path, form)
            sys.stdout.flush()
            with open(path, "rb") as rows:
                shutil.copyfileobj(rows, sys.stdout.buffer)
            sys.stdout.flush()
        return True

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

    def wrote(self, form: str, output: str | None) -> bool:
        """Write Parquet, CSV and NDJSON as Spark does: a folder, wherever Spark can write."""
        if output in {None, "-"}:
            if form == "parquet":
                hint = "name a folder with --output"
                raise QuestionError("Spark writes Parquet as a folder of files", hint=hint)
            return False
        if form not in _WRITTEN:
            if "://" in str(output):
                hint = f"formats for a folder are {', '.join(_WRITTEN)}"
                raise QuestionError(f"{form} is one file of this machine", hint=hint)
            return False
        self.evaluation.write(str(output), "json" if form == "ndjson" else form)
        return True

    def summary(self) -> dict[str, Any]:
        """Return the rows counted."""
        rows = self.evaluation.summary()
        return counted(rows, self.evaluation.people(rows))
