"""People of large tables whom both sides declare the same, folded where they lie into *situations*.

People of one situation get the same decisions on both sides, for the same reasons, but for who
says so: their groups differ at most where decisions cannot tell (`engine.review.hearing`). There
are hundreds of situations where there are millions of ways to be declared. Tables that DuckDB
holds say who is in which; nobody becomes a value here.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import finalize

from engine.literals import text
from engine.read import duck
from engine.read.members import everybody, members_of
from engine.read.members_by_census import Sought
from engine.read.people import People
from engine.review.hearing import hearing
from engine.review.voices import Voices
from engine.shapes import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence

    from engine.model import PolicySet, User
    from engine.read.members import Members
    from engine.read.population import Raw
    from engine.review.changes import DeclaredChange
    from engine.review.hearing import Hearing

    Group = tuple[str, str]

_NUMBERS: Final = count(1)


class Situation(NamedTuple):
    """People who are decided alike: their number, how many, and somebody to decide for all.

    `key` is the same for situations that differ in nothing that a decision reads. `groups` are
    those heard, the main one first (None where it is not).
    """

    number: int
    people: int
    key: Hashable
    user: User
    groups: tuple[str | None, ...]


class Folk(NamedTuple):
    """People of one profile in one situation: one of them, all ids, and who is heard for them.

    `firsts` are the ids of the first change of each group in `groups`.
    """

    number: int
    user: User
    ids: Sequence[str]
    groups: tuple[str | None, ...]
    firsts: tuple[int | None, ...]


class Fold:
    """Those of the tables, the same on both sides, whom a change above concerns.

    `touched` are the groups whose members it concerns, None for everybody; `apart` the people
    who are looked at one by one. `folk` names the table of who is in which situation: `name`,
    `home` (the number of an account in `homes`), `number`, `main`, and the codes of who is heard,
    `first` of the main group and the list `kept` of the others; `others` that of those codes.
    """

    def __init__(
        self,
        old: PolicySet,
        new: PolicySet,
        people: People,
        changes: Collection[DeclaredChange],
        touched: Collection[Group] | None,
        apart: Collection[str],
    ) -> None:
        self.people = people
        self.sides = (old, new)
        self.users = [side.users for side in self.sides if isinstance(side.users, People)]
        self.population = people.population
        self.homes = sorted({str(part.account) for part in people.parts})
        self.touched = touched
        number = next(_NUMBERS)
        self._rows, self._situations = f"fold_rows_{number}", f"fold_situations_{number}"
        self.folk, self.others = f"fold_folk_{number}", f"fold_others_{number}"
        tables = (self._rows, self._situations, self.folk, self.others)
        self._groups: str | None = None
        finalize(self, _drop, self.population.connection, tables).atexit = False
        with duck.reading():
            self.population.prepare()
            self.population.name_apart(apart)
            self.voices = Voices(self._hearings(changes))
            self.is_empty = not self._gather()
            if not self.is_empty:
                self._fold()

    # -- questions ----------------------------------------------------------------------

    def situations(self) -> Iterator[Situation]:
        """Yield the situations."""
        if self.is_empty:
            return
        for row in self.population.answer(f"SELECT * FROM {self._situations}"):
            yield self._situation(row)

    def folks(self, numbers: Collection[int]) -> Iterator[Folk]:
        """Yield the people of some situations, by profile."""
        if self.is_empty:
            return
        wanted = f"{self.folk}_wanted"
        run = self.population.connection.execute
        run(f"CREATE OR REPLACE TABLE {wanted} AS SELECT unnest(?::INTEGER[]) AS n", [[*numbers]])
        profile = self.population.profile_sql()
        columns = ", ".join(f"{sql} AS {key}" for key, sql in profile.items())
        texts = f"{self._groups or 'groups'} AS groups"
        rows = f"(SELECT rowid AS rid, * REPLACE ({texts}) FROM {self._rows})"
        query = (
            f'SELECT part, {", ".join(profile)}, number, list("user") AS ids,'
            ' min("user") AS "user", main, first, any_value(kept) AS kept'
            f' FROM (SELECT part, {columns}, "user", number, f.main, first, kept'
            f" FROM {rows} AS r JOIN {self.folk} AS f ON r.rid = f.rid"
            f" WHERE number IN (SELECT n FROM {wanted})) GROUP BY ALL"
        )
        for row in self.population.answer(query):
            user = self.people.user_of(self.people.parts[row["part"]], row)
            yield Folk(row["number"], user, row["ids"], *self._heard(row))
        run(f"DROP TABLE IF EXISTS {wanted}")

    def each(self, numbers: Collection[int]) -> Iterator[Sequence[Any]]:
        """Yield the people of some situations, ordered by account and id.

        Each is the account, the id, the number of the situation, who is heard, and the ids of the
        first change of each of those.
        """
        if self.is_empty or not numbers:
            return
        homes = " ".join(f"WHEN {at} THEN {text(home)}" for at, home in enumerate(self.homes))
        query = (
            f"SELECT CASE home {homes} END AS account, name, number, main, first, kept"
            f" FROM {self.folk} WHERE number IN ({', '.join(map(str, numbers))})"
            " ORDER BY account, name"
        )
        for row in self.population.answer(query):
            yield row["account"], row["name"], row["number"], *self._heard(row)

    def _heard(self, row: Raw) -> tuple[tuple[str | None, ...], tuple[int | None, ...]]:
        """Return the groups that are heard for a row, and the ids of their first changes."""
        main, others = self.voices.heard(row["first"], row["kept"])
        groups = (row["main"], *[one.group for one in others])
        return groups, (main and main.first, *[one.first for one in others])

    def _situation(self, row: Raw) -> Situation:
        part = self.people.parts[row["part"]]
        first, kept = self.voices.heard(row["one"]["first"], row["one"]["kept"])
        main, others = first and first.group, [one.group for one in kept]
        groups = tuple([name for name in (main, *others) if name is not None])
        declared = self.people.user_of(part, {**row, "groups": (), "primary_group": None})
        user = replace(declared, groups=groups, primary_group=main)
        calendars = self._calendars(user)
        labels = tuple(row["labels"] or ())
        states = tuple(row[column] for column in self._choices)
        key = (part.account, row["label"], labels, states, calendars)
        return Situation(row["number"], row["people"], key, user, (main, *others))

    def _calendars(self, user: User) -> Hashable:
        """Return all that R6 reads of a user's calendars, on either side."""
        if not user.calendars:
            return user.calendars is None
        own = set(user.calendars)
        supported = (t.supported_calendars for side in self.sides for t in side.toggles.values())
        found = tuple(not own.isdisjoint(one) for one in supported if one is not None)
        return True if all(found) else found

    @property
    def _choices(self) -> list[str]:
        return [f"t{number}" for number in range(len(self.population.toggles))]

    # -- statements ---------------------------------------------------------------------

    def _run(self, query: str, *parameters: list[Any]) -> None:
        self.population.connection.execute(query, *parameters)

    def _gather(self) -> bool:
        """Create the table of those concerned; tell whether anybody may be."""
        parts = range(len(self.people.parts))
        found = [(number, members) for number in parts for members in self._part(number)]
        if not found:
            return False
        if len(found) == 1 and found[0][1].groups:
            self._groups = found[0][1].groups
        rows = " UNION ALL ".join(self._selected(number, members) for number, members in found)
        self._run(f"CREATE TABLE {self._rows} AS {rows}")
        _drop(self.population.connection, [table for _, one in found for table in one.tables])
        return True

    def _part(self, number: int) -> Iterable[Members]:
        """Return those of a table who are concerned."""
        part, population = self.people.parts[number], self.population
        names = [name for account, name in self.touched or () if account == part.account]
        if self.touched is None:
            return [everybody(population, part)]
        home = self.homes.index(str(part.account))
        heard = {group for at, group, *_ in self.voices.rows()[1] if at == home}
        sought = Sought(names, heard)
        return members_of(population, part, sought, f"{self._rows}_{number}") if names else ()

    def _selected(self, number: int, found: Members) -> str:
        home = self.homes.index(str(self.people.parts[number].account))
        texts = found.groups and not self._groups
        rows = f"* REPLACE ({found.groups} AS groups)" if texts else "*"
        return (
            f"SELECT {rows}, {number} AS part, {home} AS home FROM ({found.relation})"
            ' WHERE "user" NOT IN (SELECT id FROM apart)'
        )

    def _hearings(self, changes: Collection[DeclaredChange]) -> list[Hearing]:
        known: dict[Hashable, int] = {}
        mine: dict[str, dict[str, list[DeclaredChange]]] = {home: {} for home in self.homes}
        for one in changes:
            if one.kind == "group" and one.account in mine:
                mine[one.account].setdefault(str(one.scope_id), []).append(one)
        return [
            hearing(*self.sides, home, mine[home], lambda said: known.setdefault(said, len(known)))
            for home in self.homes
        ]

    def _fold(self) -> None:
        """Create the tables of situations, and of who is in which."""
        mains, folded = f"{self.folk}_mains", f"{self.folk}_folded"
        for table, rows in zip((mains, self.others), self.voices.rows(), strict=True):
            self._name(table, rows)
        self._run(f"CREATE TABLE {folded} AS {self._folded(mains)}")
        told = ", ".join(["home", "label", "labels", "calendars", *self._choices])
        self._run(
            f"CREATE TABLE {self._situations} AS SELECT (row_number() OVER ())::INTEGER AS number,"
            f' * FROM (SELECT {told}, count(*) AS people, min("user") AS "user",'
            " min(part) AS part, arg_min({'first': first, 'kept': kept}, \"user\") AS one"
            f" FROM {folded} GROUP BY ALL)"
        )
        same = " AND ".join(f"f.{one} IS NOT DISTINCT FROM s.{one}" for one in told.split(", "))
        self._run(
            f'CREATE TABLE {self.folk} AS SELECT rid, f."user" AS name, f.home, number, main,'
            f" first, kept FROM {folded} AS f JOIN {self._situations} AS s ON {same}"
        )
        _drop(self.population.connection, (mains, folded))

    def _folded(self, mains: str) -> str:
        """Return the SELECT of everybody with who is heard, and with what these are told apart."""
        homes = [str(at) for at, one in enumerate(self.homes) if self.voices.by_main(at)]
        main = f"CASE WHEN home IN ({', '.join(homes) or 'NULL'}) THEN main END"
        own = ", ".join(["calendars", *self._choices])
        members = f"{'heard' if self._groups else 'coalesce(heard, groups)'} AS members"
        rows = f'SELECT rowid AS rid, "user", part, home, {main} AS main, {members}, {own}'
        rows = f"({rows} FROM {self._rows})"
        label = self.voices.label
        return (
            "WITH each AS (SELECT rid, min(code) AS code"
            f" FROM (SELECT rid, home, main, unnest(members) AS member FROM {rows}) AS r"
            f" JOIN {self.others} AS o ON o.home = r.home AND o.id = member"
            " WHERE member IS DISTINCT FROM main GROUP BY rid, apart),"
            " heard AS (SELECT rid, list_sort(list(code)) AS kept FROM each GROUP BY rid)"
            f' SELECT r.rid, r."user", part, r.home, main, {own}, m.code AS first, kept,'
            f" {label('m.code')} AS label, list_transform(kept, lambda x: {label('x')}) AS labels"
            f" FROM {rows} AS r LEFT JOIN heard ON heard.rid = r.rid"
            f" LEFT JOIN {mains} AS m ON m.home = r.home AND m.id = main"
        )

    def _name(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Create a table of those who are heard."""
        kind = self.voices.kind
        columns = {"home": "INTEGER", "id": "VARCHAR", "code": kind, "apart": "INTEGER"}
        picked = ", ".join(f"unnest(?::{kind}[]) AS {key}" for key, kind in columns.items())
        values = [list(column) for column in zip(*rows, strict=True)] or [[]] * len(columns)
        self._run(f"CREATE TABLE {table} AS SELECT {picked}", values)


def _drop(connection: Any, tables: Sequence[str]) -> None:
    import duckdb

    try:
        for table in tables:
            connection.execute(f"DROP TABLE IF EXISTS {table}")
    except duckdb.Error:
        return  # the connection is closed, and the tables with it
