"""What is wrong with the rows of tables, found by Spark: every cell, and users that stand twice.

One job looks at all rows; only where it meets an odd one, or two users of one hash, a second
lists the bad rows in the words of all other tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import InvalidPoliciesError, SourceError
from engine.findings import ordered
from engine.literals import Words
from engine.population.spark import elsewhere
from engine.population.spark.session import first_line
from engine.population.spark.tables import AT, FILE, GARBLED, RAGGED, is_elsewhere, paths
from engine.population.spark.translate import translate
from engine.read import cells, listing
from engine.read.damage import unread
from engine.read.large import records
from engine.read.tables import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import SparkSession

    from engine.population.spark.tables import View
    from engine.read.large import File, Large
    from engine.read.population import Population
    from engine.read.tables import Table


def check(spark: SparkSession, population: Population, views: Sequence[View]) -> None:
    """Raise InvalidPoliciesError with the first bad rows of each table, where there are any."""
    if population.checked or not views:
        return
    from py4j.protocol import Py4JJavaError

    checks = Checks(spark, population, views)
    try:
        found = [f for table in checks.listed() for f in table.findings()] if checks.odd() else []
    except Py4JJavaError as error:  # CSV that is none
        trouble = SourceError(f"a table cannot be read: {first_line(error)}")
        if any(is_elsewhere(file) for _, file in checks.files):
            raise trouble from error
        found = unread(population, SourceError(first_line(error)))
    if found:
        raise InvalidPoliciesError(ordered(found))


class Checks:
    """The statements, over the views of a population."""

    def __init__(self, spark: SparkSession, population: Population, views: Sequence[View]) -> None:
        self.spark = spark
        self.population = population
        self.files: list[tuple[Large, File]] = [(v.part, f) for v in views for f in v.files]
        self.words: list[Words] = [paths([file for _, file in self.files])]
        every = " UNION ALL ".join(self._every(view, n) for n, view in enumerate(views))
        self.every = translate(every, self.words)
        rows = [(user,) for user in population.declared]
        spark.createDataFrame(rows, "id string").createOrReplaceTempView("declared")

    def _every(self, view: View, number: int) -> str:
        """Return a SELECT of every row of a view: where it stands, and what is wrong with it."""
        known = Words(f"known{number}", tuple(sorted(view.part.groups or ())))
        self.words.append(known)
        columns, toggles = view.files[0].columns, self.population.toggles
        row = f"{AT} + 1"
        if not view.files[0].parquet:
            row = f"row_number() OVER (PARTITION BY {FILE} ORDER BY {AT})"
        ragged = f"WHEN {RAGGED} IS NOT NULL THEN '{listing.RAGGED}'"
        return (
            f'SELECT code_file({FILE}) AS file, {row} AS row, "user", {GARBLED} AS garbled,'
            f" CASE {ragged} ELSE {cells.troubles(columns, toggles)} END AS wrong,"
            f" list_filter(groups, lambda g: code_known{number}(g) IS NULL)[1] AS lost"
            f" FROM ({view.people(toggles, located=True)})"
        )

    def odd(self) -> bool:
        """Tell whether a row may be bad: one that has a trouble, or two of one user's hash."""
        trouble = "wrong IS NOT NULL OR lost IS NOT NULL OR garbled"
        rows = self.spark.sql(
            "SELECT max(n) > 1 OR max(trouble) FROM"
            f" (SELECT count(*) AS n, bool_or(trouble) AS trouble FROM"
            f" (SELECT xxhash64(`user`) AS h, {trouble} AS trouble FROM ({self.every})"
            "  UNION ALL SELECT xxhash64(id), false FROM declared) GROUP BY h)"
        ).collect()
        return bool(rows[0][0])

    def listed(self) -> list[Table]:
        """Return, worded, the first bad rows of each file."""
        rows = self.spark.sql(
            f"WITH every AS ({self.every}),"
            " twice AS (SELECT `user` AS again, min(struct(file, row)) AS first FROM every"
            f"  WHERE {listing.NAMED} GROUP BY `user` HAVING count(*) > 1),"
            " bad AS (SELECT file, row, CASE WHEN wrong IS NOT NULL THEN wrong"
            "  WHEN id IS NOT NULL THEN 'declared:' || id"
            "  WHEN first < struct(file, row)"
            "   THEN 'twice:' || first.file || ':' || first.row || ':' || `user`"
            "  WHEN lost IS NOT NULL THEN 'lost:' || lost END AS trouble"
            "  FROM every LEFT JOIN declared ON id = `user` LEFT JOIN twice ON again = `user`)"
            " SELECT file, row, trouble, total FROM"
            " (SELECT *, count(*) OVER (PARTITION BY file) AS total,"
            "  row_number() OVER (PARTITION BY file ORDER BY row) AS nth"
            "  FROM bad WHERE trouble IS NOT NULL)"
            f" WHERE nth <= {SHOWN} ORDER BY file, row"
        ).collect()
        if rows:
            bad = [tuple(row) for row in rows]
            return listing.worded(self.population, self.files, bad, self._records)
        self._encoded()
        return []

    def _records(self, file: File) -> Iterator[tuple[int, int, list[str]]]:
        return elsewhere.records(self.spark, file) if is_elsewhere(file) else records(file)

    def _encoded(self) -> None:
        """Raise SourceError for a CSV file with U+FFFD in it that is not UTF-8."""
        query = f"SELECT DISTINCT file FROM ({self.every}) WHERE garbled"
        for (number,) in self.spark.sql(query).collect():
            file = self.files[number][1]
            try:
                for _ in self._records(file):
                    pass
            except UnicodeDecodeError as error:
                message = f"a table cannot be read: `{file.label}` is not UTF-8"
                raise SourceError(message, hint="save it as UTF-8") from error
