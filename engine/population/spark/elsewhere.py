"""Tables that stand where Spark finds them: a copy of the policy directory that this machine lacks.

What is wrong with them is said as of all tables, except that for Parquet the columns of all files
count together: a file without a column that others have leaves its cells empty.
"""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from engine.errors import InvalidPoliciesError
from engine.findings import Finding, ordered
from engine.population.spark.tables import View, escaped, views
from engine.population.spark.translate import translate
from engine.read import tables, unfit
from engine.read.large import File, records_in
from engine.read.opening import shapes_of
from engine.read.people import People
from engine.read.population import Raw
from engine.read.source import named
from engine.read.unfit import nothing_named, wrong_column
from engine.shapes import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import SparkSession

    from engine.model import PolicySet, User
    from engine.read.entries import Entry
    from engine.read.population import Population


def opened(spark: SparkSession, policies: PolicySet, root: str) -> PolicySet:
    """Return the policies with the people of their tables below `root`, which Spark finds.

    Raises InvalidPoliciesError where a table is missing, or has a wrong column.
    """
    if not isinstance(policies.users, People):
        return policies
    population = policies.users.population
    place = _Place(spark, root if "://" in root else os.path.abspath(root), population.toggles)
    found: list[Finding] = []
    for part in population.parts:
        part.files, wrong = place.files(part.entry)
        found += wrong
    if found:
        raise InvalidPoliciesError(ordered(found))
    return replace(policies, users=Elsewhere(policies.users.own, population, spark))


class Elsewhere(People):
    """The users of a set whose tables only Spark can read."""

    def __init__(self, own: Any, population: Population, spark: SparkSession) -> None:
        super().__init__(own, population)
        self._spark = spark
        self.views: Sequence[View] = views(spark, population.parts)

    def __getitem__(self, user: str) -> User:
        if user in self.own:
            return self.own[user]
        for view in self.views:
            query = f"SELECT * FROM ({view.people(self.population.toggles)})"
            frame = self._spark.sql(translate(query)).where(_column("user") == user)
            for row in frame.take(1):
                return self.user_of(view.part, Raw(row.asDict()))
        raise KeyError(user)

    def __len__(self) -> int:
        counts = (self._spark.table(view.name).count() for view in self.views)
        return len(self.own) + sum(counts)

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        for view in self.views:
            for row in self._spark.table(view.name).select("user").toLocalIterator():
                yield row["user"] or ""


def content(spark: SparkSession, file: File) -> bytes:
    """Return the bytes of a file that Spark finds."""
    frame = spark.read.format("binaryFile").load(escaped(file.path))
    return bytes(frame.select("content").collect()[0][0])


def records(spark: SparkSession, file: File) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the records of a CSV file that Spark finds, as those of a file of this machine."""
    text = content(spark, file).decode("utf-8-sig")
    return records_in(io.StringIO(text, newline=""))


class _Place:
    """A folder, and the files below it."""

    def __init__(self, spark: SparkSession, root: str, toggles: Sequence[str]) -> None:
        self.spark = spark
        self.root = root.rstrip("/")
        self.toggles = toggles

    def files(self, directory: Entry) -> tuple[tuple[File, ...], list[Finding]]:
        """Return the files of a directory document with their columns, and what is wrong."""
        there = self._below(str(directory.source))
        names = named(there, str(directory.source))
        if not names:
            return (), [nothing_named(directory)]
        of: dict[str, list[str]] = {}
        for name in names:
            of.setdefault(tables.ending(name), []).append(name)
        parquet, texts = of.pop(".parquet", []), of.pop(".csv", [])
        wrong = [unfit.no_table(directory, others[0]) for others in list(of.values())[:1]]
        found: list[File] = []
        if parquet:
            found, troubles = self._parquet(directory, parquet, there)
            wrong += troubles
        for name in texts:
            file, troubles = self._csv(directory, name, there[name])
            found.append(file)
            wrong += troubles
        return tuple(found), wrong

    def _below(self, pattern: str) -> dict[str, str]:
        """Return the addresses of the files that a pattern may name, by path below the root."""
        from pyspark.errors import AnalysisException

        fixed: list[str] = []
        for part in pattern.split("/"):
            if any(sign in part for sign in "*?["):
                break
            fixed.append(part)
        reader = self.spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        try:
            frame = reader.load(escaped("/".join((self.root, *fixed))))
        except AnalysisException as error:
            if error.getCondition() == "PATH_NOT_FOUND":
                return {}
            raise
        found: dict[str, str] = {}
        top = urlsplit(self.root).path.rstrip("/") + "/"
        for address in frame.inputFiles():
            plain = unquote(address)
            below = plain[plain.index(top) + len(top) :]
            if not any(part.startswith(".") for part in below.split("/")):
                found[below] = plain
        return found

    def _parquet(
        self, directory: Entry, names: Sequence[str], there: dict[str, str]
    ) -> tuple[list[File], list[Finding]]:
        from py4j.protocol import Py4JJavaError
        from pyspark.errors import PySparkException

        label = names[0] if len(names) == 1 else str(directory.source)
        reader = self.spark.read.option("mergeSchema", "true")
        reader = reader.option("recursiveFileLookup", "true")  # folders named k=v are no columns
        try:
            frame = reader.parquet(*(escaped(there[name]) for name in names))
        except (PySparkException, Py4JJavaError):
            what = f"names `{label}`, which is not Parquet, or whose files disagree about a column"
            return [], [unfit.unreadable(directory, what, "export them again, alike")]
        columns = [(field.name, _holds(field.dataType.simpleString())) for field in frame.schema]
        shapes, wrong = shapes_of(directory, label, columns, self.toggles)
        return [File(n, f"{self.root}/{n}", there[n], shapes) for n in names], wrong

    def _csv(self, directory: Entry, name: str, address: str) -> tuple[File, list[Finding]]:
        # NOTE: Spark's own reader of CSV would take the path for a pattern once more
        rows = self.spark.read.text(escaped(address)).where("value <> ''").take(1)
        file = File(name, f"{self.root}/{name}", address, ())
        if not rows:
            hint = "name the columns in line 1"
            return file, [wrong_column(directory, f"`{name}` has no header", hint)]
        try:
            header = next(csv.reader([rows[0][0]], strict=True))
        except csv.Error:
            what = f"names `{name}`, which is not CSV in UTF-8"
            return file, [unfit.unreadable(directory, what, "save it so")]
        holding = [(cell, "text") for cell in header]
        shapes, wrong = shapes_of(directory, name, holding, self.toggles)
        return replace(file, columns=shapes), wrong


def _holds(kind: str) -> str | None:
    kinds = {"string": "text", "array<string>": "texts", "boolean": "flag", "void": "nothing"}
    return kinds.get(kind)


def _column(name: str) -> Any:
    from pyspark.sql.functions import col

    return col(f"`{name}`")
