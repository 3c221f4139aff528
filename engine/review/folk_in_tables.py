"""People folded in DuckDB's tables: who is heard for each, and who is of one situation.

Writes DuckDB's SQL, and creates the tables that it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import finalize

from engine.read import duck

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from engine.read.members import Members
    from engine.read.population import Population, Raw
    from engine.review.voices import Voice, Voices


class FolkInTables:
    """Those of some relations, each with the number of its part and of its account.

    They are put into the table `folk`: see `engine.review.shared_people.Fold`.
    """

    def __init__(
        self,
        population: Population,
        voices: Voices,
        found: Sequence[tuple[int, int, Members]],
        folk: str,
    ) -> None:
        self._population = population
        self._voices = voices
        self._folk = folk
        self._rows, self._situations = f"{folk}_rows", f"{folk}_situations"
        self._choices = [f"t{number}" for number in range(len(population.toggles))]
        tables = (self._rows, self._situations, folk)
        finalize(self, duck.drop, population.connection, tables).atexit = False
        self._gather(found)
        self._fold({home for _, home, _ in found})

    # -- questions ----------------------------------------------------------------------

    def situations(self) -> Iterable[Raw]:
        """Yield the situations: see `engine.review.shared_people.Way`."""
        return self._population.answer(f"SELECT * FROM {self._situations}")

    def folks(self, numbers: Collection[int]) -> Iterable[Raw]:
        """Yield the people of some situations by profile: see the same."""
        wanted = f"{self._folk}_wanted"
        self._run(f"CREATE OR REPLACE TABLE {wanted} AS SELECT unnest(?::INTEGER[]) AS n", numbers)
        profile = self._population.profile_sql()
        columns = ", ".join(f"{sql} AS {key}" for key, sql in profile.items())
        rows = f"(SELECT rowid AS rid, * FROM {self._rows})"
        query = (
            f'SELECT part, {", ".join(profile)}, number, list("user") AS ids,'
            ' min("user") AS "user", first, any_value(kept) AS kept'
            f' FROM (SELECT part, {columns}, "user", number, first, kept'
            f" FROM {rows} AS r JOIN {self._folk} AS f ON r.rid = f.rid"
            f" WHERE number IN (SELECT n FROM {wanted})) GROUP BY ALL"
        )
        yield from self._population.answer(query)
        self._run(f"DROP TABLE IF EXISTS {wanted}")

    # -- statements ---------------------------------------------------------------------

    def _run(self, query: str, *parameters: Collection[Any]) -> None:
        self._population.connection.execute(query, [list(one) for one in parameters])

    def _gather(self, found: Sequence[tuple[int, int, Members]]) -> None:
        """Create the table of those concerned."""
        rows = " UNION ALL ".join(
            f"SELECT *, coalesce(primary_group, groups[1]) AS main, {part} AS part, {home} AS home"
            f' FROM ({members.relation}) WHERE "user" NOT IN (SELECT id FROM apart)'
            for part, home, members in found
        )
        self._run(f"CREATE TABLE {self._rows} AS {rows}")
        tables = [table for _, _, members in found for table in members.tables]
        duck.drop(self._population.connection, tables)

    def _fold(self, homes: Collection[int]) -> None:
        """Create the tables of situations, and of who is in which."""
        mains, others, folded = (f"{self._folk}_{one}" for one in ("mains", "others", "folded"))
        self._name(mains, self._voices.mains)
        self._name(others, self._voices.others)
        self._run(f"CREATE TABLE {folded} AS {self._folded(homes, mains, others)}")
        told = ", ".join(["home", "label", "labels", "calendars", *self._choices])
        self._run(
            f"CREATE TABLE {self._situations} AS SELECT (row_number() OVER ())::INTEGER AS number,"
            f' * FROM (SELECT {told}, count(*) AS people, min("user") AS "user",'
            " min(part) AS part, arg_min({'first': first, 'kept': kept}, \"user\") AS one"
            f" FROM {folded} GROUP BY ALL)"
        )
        same = " AND ".join(f"f.{one} IS NOT DISTINCT FROM s.{one}" for one in told.split(", "))
        self._run(
            f'CREATE TABLE {self._folk} AS SELECT rid, f."user" AS name, f.home, number,'
            f" first, kept FROM {folded} AS f JOIN {self._situations} AS s ON {same}"
        )
        duck.drop(self._population.connection, (mains, others, folded))

    def _folded(self, homes: Collection[int], mains: str, others: str) -> str:
        """Return the SELECT of everybody with who is heard, and with what these are told apart."""
        by_main = ", ".join(str(at) for at in sorted(homes) if self._voices.by_main(at))
        main = f"CASE WHEN home IN ({by_main or 'NULL'}) THEN main END"
        own = ", ".join(["calendars", *self._choices])
        rows = f'SELECT rowid AS rid, "user", part, home, {main} AS main, groups, {own}'
        rows = f"({rows} FROM {self._rows})"
        label = self._voices.label
        return (
            "WITH each AS (SELECT rid, min(code) AS code"
            f" FROM (SELECT rid, home, main, unnest(groups) AS member FROM {rows}) AS r"
            f" JOIN {others} AS o ON o.home = r.home AND o.id = member"
            " WHERE member IS DISTINCT FROM main GROUP BY rid, apart),"
            " heard AS (SELECT rid, list_sort(list(code)) AS kept FROM each GROUP BY rid)"
            f' SELECT r.rid, r."user", part, r.home, {own}, m.code AS first, kept,'
            f" {label('m.code')} AS label, list_transform(kept, lambda x: {label('x')}) AS labels"
            f" FROM {rows} AS r LEFT JOIN heard ON heard.rid = r.rid"
            f" LEFT JOIN {mains} AS m ON m.home = r.home AND m.id = main"
        )

    def _name(self, table: str, voices: Sequence[Voice]) -> None:
        """Create a table of those who are heard."""
        kind = self._voices.kind
        columns = {"home": "INTEGER", "id": "VARCHAR", "code": kind, "apart": "INTEGER"}
        picked = ", ".join(f"unnest(?::{kind}[]) AS {key}" for key, kind in columns.items())
        values = [list(column) for column in zip(*voices, strict=True)] or [[]] * len(columns)
        self._run(f"CREATE TABLE {table} AS SELECT {picked}", *values)
