"""Evaluates everybody on DuckDB: one statement for all tables, streamed into a file or to rows."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from engine.decide import sql, tally
from engine.decide.coding import Enumerated
from engine.errors import InvalidPoliciesError, QuestionError, SourceError
from engine.findings import ordered
from engine.literals import text
from engine.model import Decision
from engine.population import statements
from engine.read import cells, duck
from engine.read.ids import may_be_doubled
from engine.read.people import People
from engine.read.soundness import check, found_sound, is_known_to_be_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import duckdb

    from engine.decide.sql import Statement
    from engine.literals import Words
    from engine.model import PolicySet, User
    from engine.population.asked import Asked
    from engine.read.large import Large
    from engine.read.population import Population

_Decided: TypeAlias = "Callable[..., Statement]"
"""What makes a statement over the people of an account: of rows, or of how many are alike."""
STREAMING_MEMORY: Final = "250MB"
"""What DuckDB may hold where rows need not be sorted: more would not make it faster."""
WORTH: Final = 20_000
"""How many people of an account are counted sooner without rows: that takes a longer statement."""
_DICTIONARY: Final = 1 << 18
"""How many bytes of texts are tried as a dictionary: ids stand once each, and would fill any."""
_COPY: Final = {
    "parquet": f"FORMAT parquet, STRING_DICTIONARY_PAGE_SIZE_LIMIT {_DICTIONARY}",
    "csv": "FORMAT csv, HEADER true",
    "ndjson": "FORMAT json",
}


class Evaluation:
    """The decision rows of everybody, not yet computed: as rows, as a file, or counted."""

    def __init__(
        self, policies: PolicySet, asked: Asked, watch: Callable[[Any], Any] | None = None
    ) -> None:
        self.policies = policies
        self.asked = asked
        self.watch = watch
        users = policies.users
        self.population: Population | None = users.population if isinstance(users, People) else None
        self.own: Mapping[str, User] = users.own if isinstance(users, People) else users
        population = self.population
        self.connection: duckdb.DuckDBPyConnection = (
            population.connection if population else duck.connect("this engine")
        )
        memory = asked.memory or (None if asked.sorted else STREAMING_MEMORY)
        if memory:
            duck.limit(self.connection, memory)
        self._types: list[Words] = [cells.CHOICE_WORDS, *sql.shared_words(policies)]

    # -- results ------------------------------------------------------------------------

    def rows(self) -> Iterator[Decision]:
        """Yield the rows."""
        answer = self._run(self.select)
        while batch := answer.fetchmany(4096):
            for row in batch:
                yield statements.decision(row)

    def write(self, path: str, form: str) -> None:
        """Write the rows to a file; it appears only when it is whole."""
        duck.put(
            path,
            lambda part: self._run(
                lambda: f"COPY ({self.select()}) TO {text(part)} ({_COPY[form]})"
            ).fetchall(),
        )
        self._remember()

    def summary(self) -> list[tuple[str, str, bool, str, str | None, int]]:
        """Return toggle, state, lock, reason, sync reason and the number of users of each kind."""
        counts = self._run(self._counted).fetchall()
        self._remember()
        return counts

    def people(self, counted: Iterable[statements.Counted]) -> int:
        """Return how many distinct users the rows are about that a summary counted."""
        known = statements.people_of(counted, self.asked)
        if known is not None:
            return known
        query = statements.people(self.select(ordered=False))
        rows = self._watched(query).fetchall()
        return int(rows[0][0])

    # -- the statement ------------------------------------------------------------------

    def select(self, *, ordered: bool = True) -> str:
        """Return the statement; its types are created."""
        selects = self._selects(sql.decisions) or [self._nobody()]
        return statements.whole(selects, self.asked, ordered=ordered)

    def _counted(self) -> str:
        """Return the statement of a summary, which mostly makes no rows."""
        if self._counts_rows():
            return statements.counted(self.select(ordered=False))
        selects = self._selects(tally.tally)
        if not selects:
            return statements.counted(self._nobody())
        rows = statements.whole(selects, self.asked, ordered=False)
        return statements.counted(rows, users="sum(users)::BIGINT")

    def _counts_rows(self) -> bool:
        """Tell whether conditions read what only rows tell, or people are few for an account."""
        unknown = {Decision._fields.index(column) for column in tally.UNKNOWN}
        if not unknown.isdisjoint(self.asked.conditions):
            return True
        people = len(self.own) + (self.population.count() if self.population else 0)
        accounts = len(self._parts()) + len({user.account for user in self.own.values()})
        return people < WORTH * accounts

    def _selects(self, decided: _Decided) -> list[str]:
        """Return the statements of all parts; their types are created."""
        self._types = [cells.CHOICE_WORDS, *sql.shared_words(self.policies)]
        selects = [self._part(part, number, decided) for number, part in enumerate(self._parts())]
        selects += self._own_parts(decided)
        duck.create(self.connection, self._types)
        return selects

    def _parts(self) -> list[Large]:
        population, account = self.population, self.asked.account
        parts = population.parts if population else ()
        return [p for p in parts if p.account is not None and account in {None, p.account}]

    def _part(self, part: Large, number: int, decided: _Decided) -> str:
        population, account = self.population, part.account
        if population is None or account is None:  # narrows the types: `_parts` yields no other
            return self._nobody()
        self._types += [words for words in population.words() if words not in self._types]
        coding = Enumerated(f"p{number}")
        toggles = self.asked.toggles
        groups = population.groups_type(part)
        draft = decided(self.policies, account, toggles, "", coding)
        for words in draft.types:  # one cast serves the check and the decision
            if groups and frozenset(words.words) == part.groups:
                groups = words.name
                break
        people = statements.filtered(population.people(part, groups), self.asked, account)
        chosen = {column.name for file in part.files for column in file.columns}
        statement = decided(self.policies, account, toggles, people, coding, chosen)
        self._types += statement.types
        return statement.select

    def _own_parts(self, decided: _Decided) -> list[str]:
        """Return the selects of users that are values, by account, over a table of them."""
        users = [u for u in self.own.values() if self.asked.account in {None, u.account}]
        if not users:
            return []
        toggles = sorted(self.policies.toggles)
        _own_table(self.connection, users, toggles)
        selects = []
        for number, account in enumerate(sorted({user.account for user in users})):
            people = f"SELECT * FROM own_people WHERE account = {text(account)}"
            wanted = statements.filtered(people, self.asked, account)
            coding = Enumerated(f"o{number}")
            statement = decided(self.policies, account, self.asked.toggles, wanted, coding)
            self._types += statement.types
            selects.append(statement.select)
        return selects

    def _nobody(self) -> str:
        columns = ", ".join(
            f'NULL::{kind} AS "{column}"'
            for column, kind in zip(Decision._fields, _KINDS, strict=True)
        )
        return f"SELECT {columns} WHERE false"

    # -- running ------------------------------------------------------------------------

    def _run(self, query: Callable[[], str]) -> duckdb.DuckDBPyConnection:
        """Run a statement; where a row is odd, find out whether it is wrong, or run with care."""
        import duckdb

        population = self.population
        unsure = population is not None and not population.checked
        try:
            if population is not None and unsure:
                duck.create(self.connection, population.words())
                if not is_known_to_be_sound(population) and may_be_doubled(population):
                    self._check(population)
            return self._watched(query())
        except duckdb.OutOfMemoryException as error:
            hint = "allow more with --memory, or write rows as they come with --order table"
            raise QuestionError("the memory that DuckDB may use is too small", hint=hint) from error
        except (duckdb.Error, SourceError) as error:
            if population is None or not unsure or population.checked:
                _failed(error)
            self._check(population)
        try:
            return self._watched(query())
        except duckdb.Error as error:
            _failed(error)

    def _watched(self, query: str) -> duckdb.DuckDBPyConnection:
        if self.watch is None:
            return self.connection.execute(query)
        with self.watch(self.connection):
            return self.connection.execute(query)

    def _remember(self) -> None:
        """Remember that all rows are sound, after a statement about everybody that did not fail."""
        people, asked = self.population, self.asked
        if people is None or people.checked or asked.users or asked.members or asked.conditions:
            return
        if len(self._parts()) == len(people.parts):
            found_sound(people)

    def _check(self, population: Population) -> None:
        findings = check(population)
        if findings:
            raise InvalidPoliciesError(ordered(findings))


_KINDS: Final = (
    *("account_word", "VARCHAR", "toggle_word", "state_word", "BOOLEAN", "reason_word"),
    *("scope_word", "VARCHAR", "BOOLEAN", "sync_word"),
)


def _failed(error: Exception) -> NoReturn:
    message = str(error).splitlines()[0]
    raise SourceError(f"the tables cannot be evaluated: {message}") from error


def _own_table(
    connection: duckdb.DuckDBPyConnection, users: Iterable[User], toggles: Sequence[str]
) -> None:
    """Create the table `own_people` of users that are values, in the form of `decide.sql`."""
    columns = {
        "account": "VARCHAR",
        "user": "VARCHAR",
        "groups": "VARCHAR[]",
        "primary_group": "VARCHAR",
        "calendars": "VARCHAR[]",
        **{f"t{number}": "BOOLEAN" for number in range(len(toggles))},
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        for user in users:
            file.write(json.dumps(statements.row_of(user, toggles), ensure_ascii=False) + "\n")
        file.flush()
        kinds = ", ".join(f"{text(column)}: {text(kind)}" for column, kind in columns.items())
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE own_people AS SELECT * FROM read_json({text(file.name)},"
            f" format = 'newline_delimited', columns = {{{kinds}}})"
        )
