"""Evaluates everybody on Spark: the statement that DuckDB runs too, in its plain form."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from engine.decide import sql
from engine.decide.coding import Plain
from engine.literals import CALENDAR_WORDS, Words, text
from engine.model import Decision
from engine.population import statements
from engine.population.spark.checks import check
from engine.population.spark.session import told
from engine.population.spark.tables import views
from engine.population.spark.translate import translate
from engine.read.people import People

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from engine.model import PolicySet, User
    from engine.population.asked import Asked
    from engine.population.spark.tables import View
    from engine.read.population import Population

_OPTIONS: Final[Mapping[str, Mapping[str, str | bool]]] = {
    "parquet": {},
    "csv": {
        "header": True,
        "escape": '"',
        "emptyValue": "",
        "ignoreLeadingWhiteSpace": False,
        "ignoreTrailingWhiteSpace": False,
    },
    "json": {"ignoreNullFields": False},
}


class Evaluation:
    """The decision rows of everybody, not yet computed: as rows, as a folder, or counted.

    Raises InvalidPoliciesError for a table with a bad row, before anything is computed.
    """

    def __init__(
        self,
        spark: SparkSession,
        policies: PolicySet,
        asked: Asked,
        watch: Callable[[Any], Any] | None = None,
    ) -> None:
        self.spark = spark
        self.policies = policies
        self.asked = asked
        self.watch = watch
        users = policies.users
        population: Population | None = users.population if isinstance(users, People) else None
        self.own: Mapping[str, User] = users.own if isinstance(users, People) else users
        self.toggles: Sequence[str] = sorted(policies.toggles)
        self._words: list[Words] = [CALENDAR_WORDS]
        with self._running():
            self.views: list[View] = views(spark, population.parts) if population else []
            if population:
                check(spark, population, self.views)

    # -- results ------------------------------------------------------------------------

    def rows(self) -> Iterator[Decision]:
        """Yield the rows, a part of Spark's at a time."""
        with self._running():  # nothing is shown any more once rows come
            found = iter(self.frame().toLocalIterator(prefetchPartitions=True))
            first = list(islice(found, 1))
        with told():
            for row in chain(first, found):
                yield statements.decision(row)

    def write(self, path: str, form: str) -> None:
        """Write the rows to a folder of files that is not there yet; Spark marks it `_SUCCESS`."""
        with self._running():
            writer = self.frame().write.mode("errorifexists").format(form)
            writer.options(**_OPTIONS[form]).save(path)

    def summary(self) -> list[tuple[str, str, bool, str, str | None, int]]:
        """Return toggle, state, lock, reason, sync reason and the number of users of each kind."""
        with self._running():
            query = statements.counted(self.select(ordered=False))
            return [tuple(row) for row in self._sql(query).collect()]

    def people(self, counted: Iterable[statements.Counted]) -> int:
        """Return how many distinct users the rows are about that a summary counted."""
        known = statements.people_of(counted, self.asked)
        if known is not None:
            return known
        with self._running():
            query = statements.people(self.select(ordered=False))
            return int(self._sql(query).collect()[0][0])

    # -- the statement ------------------------------------------------------------------

    def frame(self) -> DataFrame:
        """Return the rows as Spark's own."""
        return self._sql(self.select())

    def select(self, *, ordered: bool = True) -> str:
        """Return the statement, in DuckDB's SQL; its views are created."""
        self._words = [CALENDAR_WORDS]
        parts: dict[int, list[View]] = {}
        for view in self.views:
            parts.setdefault(id(view.part), []).append(view)
        selects = [
            self._part(str(part[0].part.account), part, f"p{number}")
            for number, part in enumerate(parts.values())
            if self.asked.account in {None, part[0].part.account}
        ]
        selects += self._own_parts()
        return statements.whole(selects or [_nobody()], self.asked, ordered=ordered)

    def _part(self, account: str, part: Sequence[View], prefix: str) -> str:
        people = " UNION ALL ".join(view.people(self.toggles) for view in part)
        chosen = {column.name for view in part for column in view.files[0].columns}
        return self._decided(account, people, prefix, chosen)

    def _own_parts(self) -> list[str]:
        """Return the selects of users that are values, by account, over a view of them."""
        users = [u for u in self.own.values() if self.asked.account in {None, u.account}]
        if not users:
            return []
        choices = "".join(f", t{number} boolean" for number in range(len(self.toggles)))
        rows = [tuple(statements.row_of(user, self.toggles).values()) for user in users]
        fields = (
            "account string, user string, groups array<string>, primary_group string,"
            f" calendars array<string>{choices}"
        )
        self.spark.createDataFrame(rows, fields).createOrReplaceTempView("own_people")
        return [
            self._decided(
                account, f"SELECT * FROM own_people WHERE account = {text(account)}", f"o{number}"
            )
            for number, account in enumerate(sorted({user.account for user in users}))
        ]

    def _decided(
        self, account: str, people: str, prefix: str, chosen: set[str] | None = None
    ) -> str:
        wanted = statements.filtered(people, self.asked, account)
        statement = sql.decisions(
            self.policies, account, self.asked.toggles, wanted, Plain(prefix), chosen
        )
        self._words += statement.types
        return statement.select

    # -- running ------------------------------------------------------------------------

    def _sql(self, query: str) -> DataFrame:
        return self.spark.sql(translate(query, self._words))

    @contextmanager
    def _running(self) -> Iterator[None]:
        with told(), self.watch(_Progress(self.spark)) if self.watch else nullcontext():
            yield


class _Progress:
    """How far Spark is, asked as DuckDB is."""

    def __init__(self, spark: SparkSession) -> None:
        self.tracker = spark.sparkContext.statusTracker()

    def query_progress(self) -> float:
        """Return the percentage of tasks that are done, of those that are known of by now."""
        stages = [self.tracker.getStageInfo(one) for one in self.tracker.getActiveStageIds()]
        tasks = sum(stage.numTasks for stage in stages if stage)
        done = sum(stage.numCompletedTasks for stage in stages if stage)
        return 100 * done / tasks if tasks else 0.0


def _nobody() -> str:
    kinds = ("BOOLEAN" if one in {"locked", "sync"} else "VARCHAR" for one in Decision._fields)
    columns = ", ".join(
        f'CAST(NULL AS {kind}) AS "{one}"'
        for kind, one in zip(kinds, Decision._fields, strict=True)
    )
    return f"SELECT {columns} WHERE false"
