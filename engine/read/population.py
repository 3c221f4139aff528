"""The people of large tables: asked where they lie, never held as one value each.

How a cell is spelled in SQL is `cells`, whether all rows are sound is `soundness`; what a decision
is for such people is above this layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.literals import CALENDAR_WORDS, Words, text
from engine.read import cells, duck
from engine.read.cache.digests import digests
from engine.read.large import FoundRow, raw
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import duckdb

    from engine.read.large import File, Large


class Raw(dict[str, Any]):
    """A row in normal form, by column."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class Population:
    """The people of all large tables of a set.

    `toggles` are the catalogue's keys in order, `declared` says where users stand that are not
    in these tables, by id. `checked` is set once every row is known to be sound, `bad` once one
    is known not to be, and `odd` where sound rows need the careful form. Until then a statement
    has to use the quick form, which fails at a row that may not be sound; where all ids are known
    to be well-formed, they are `plain`. `names_all` is false
    once a row is known that names no user, so that more may be meant than are known.
    """

    connection: duckdb.DuckDBPyConnection
    spool: duck.Spool
    parts: tuple[Large, ...]
    toggles: tuple[str, ...]
    declared: Mapping[str, str] = field(default_factory=dict)
    checked: bool = False
    odd: bool = False
    plain: bool = False
    again: bool = False
    bad: bool = False
    names_all: bool = True
    counted: int | None = None
    _prepared: bool = False
    _fingerprint: list[tuple[object, ...]] | None = None

    def prepare(self) -> None:
        """Create the types that the relations name, once."""
        if not self._prepared:
            duck.create(self.connection, self.words())
            self._prepared = True

    # -- relations ----------------------------------------------------------------------

    def quick(self, part: Large, groups: str | None) -> str:
        """Return a relation of a directory's people that fails at a row that may not be sound."""
        sure, plain = self.checked, self.plain
        return _union(
            cells.quick(f[0].columns, self.toggles, groups, raw(f), sure=sure, plain=plain)
            for f in part.alike()
        )

    def careful(self, part: Large) -> str:
        """Return a relation of a directory's people, cleaned cell by cell."""
        return _union(
            cells.careful(alike[0].columns, self.toggles, raw(alike)) for alike in part.alike()
        )

    def people(self, part: Large, groups: str | None) -> str:
        """Return the relation to decide by: the quick one unless it is known to be too quick."""
        return self.careful(part) if self.odd else self.quick(part, groups)

    # -- questions ----------------------------------------------------------------------

    def count(self) -> int:
        """Return how many rows there are."""
        if self.counted is None:
            query = " UNION ALL ".join(
                f"SELECT count(*) AS n FROM {raw(alike)}"
                for part in self.parts
                for alike in part.alike()
            )
            with duck.reading():
                rows = self.connection.execute(f"SELECT sum(n)::BIGINT FROM ({query})").fetchall()
            self.counted = int(rows[0][0])
        return self.counted

    def find(self, user: str) -> tuple[Large, Raw, FoundRow] | None:
        """Return the row of one user; of a Parquet file only the row groups that may hold it."""
        for part in self.parts:
            for alike in part.alike():
                at = ", filename, file_row_number" if alike[0].parquet else ""
                wanted = f'(SELECT * FROM {raw(alike, located=True)} WHERE "user" = {text(user)})'
                query = cells.careful(alike[0].columns, self.toggles, wanted, also=at)
                rows = self._rows(f"{query} LIMIT 1")
                if rows:
                    return part, rows[0], _found(alike, user, rows[0])
        return None

    def has(self, user: str) -> bool:
        """Tell whether a table names the user."""
        return self.find(user) is not None

    def some(self, users: Collection[str]) -> list[tuple[Large, Raw]]:
        """Return the rows of several users."""
        found: list[tuple[Large, Raw]] = []
        self.prepare()
        self.name_apart(users)
        for part in self.parts if users else ():
            for alike in part.alike():
                wanted = f'(SELECT * FROM {raw(alike)} WHERE "user" IN (SELECT id FROM apart))'
                query = cells.careful(alike[0].columns, self.toggles, wanted)
                found += [(part, row) for row in self._rows(query)]
        return found

    def name_apart(self, users: Collection[str]) -> None:
        """Create the table `apart` of ids that a statement looks for, or passes over."""
        self.connection.execute(
            "CREATE OR REPLACE TABLE apart AS SELECT unnest(?::VARCHAR[]) AS id",
            [list(users)],
        )

    def fingerprint(self) -> list[tuple[object, ...]]:
        """Return what tells these tables from others: where they stand, and their bytes."""
        if self._fingerprint is None:
            files = [(part, file) for part in self.parts for file in part.files]
            self._fingerprint = [
                (part.account, part.entry.source, file.file, digest)
                for (part, file), digest in zip(
                    files, digests([file.path for _, file in files]), strict=True
                )
            ]
        return self._fingerprint

    def answer(self, query: str) -> Iterator[Raw]:
        """Yield the rows of a statement over these relations."""
        self.prepare()
        with duck.reading():
            answer = self.connection.cursor().execute(query)
            names = [column[0] for column in answer.description or ()]
            while batch := answer.fetchmany(4096):
                for row in batch:
                    yield Raw(zip(names, row, strict=True))

    def _rows(self, query: str) -> list[Raw]:
        self.prepare()
        with duck.reading():
            answer = self.connection.execute(query)
            names = [column[0] for column in answer.description or ()]
            return [Raw(zip(names, row, strict=True)) for row in answer.fetchall()]

    def rows(self, part: Large) -> Iterator[Raw]:
        """Return every row in normal form, in the order of the tables."""
        return self.answer(self.careful(part))

    def profiles(self, part: Large) -> list[Raw]:
        """Return the distinct ways in which people are declared, with `people` and one `user`.

        `implied` tells whether the primary group is not declared.
        """
        keys = ", ".join(f"{sql} AS {key}" for key, sql in self.profile_sql().items())
        return self._rows(
            f'SELECT {keys}, count(*) AS people, min("user") AS "user"'
            f' FROM ({self.careful(part)}) GROUP BY ALL ORDER BY min("user")'
        )

    def members(self, part: Large, row: Mapping[str, Any]) -> Iterator[str]:
        """Yield the ids of the people of a profile, in the order of the tables."""
        same = " AND ".join(f"{sql} IS NOT DISTINCT FROM ?" for sql in self.profile_sql().values())
        query = f'SELECT "user" FROM ({self.careful(part)}) WHERE {same}'
        answer = self.connection.cursor().execute(query, [row[key] for key in self.profile_sql()])
        while batch := answer.fetchmany(4096):
            for (user,) in batch:
                yield user

    def profile_columns(self) -> list[str]:
        """Return the names of the columns of a profile."""
        return list(self.profile_sql())

    def profile_sql(self) -> dict[str, str]:
        """Return the columns of a profile, over a careful relation."""
        return {
            "groups": "list_sort(list_distinct(groups))",
            "primary_group": "coalesce(primary_group, groups[1])",
            "implied": "primary_group IS NULL",
            "calendars": "list_sort(list_distinct(calendars))",
            **{f"t{number}": f"t{number}" for number in range(len(self.toggles))},
        }

    def words(self) -> list[Words]:
        """Return the types that the relations name, `groups{n}` for the parts' groups."""
        groups = [
            Words(f"groups{number}", tuple(sorted(part.groups)))
            for number, part in enumerate(self.parts)
            if part.groups
        ]
        return [cells.CHOICE_WORDS, CALENDAR_WORDS, *groups]

    def groups_type(self, part: Large) -> str | None:
        """Return the enumeration of a part's groups, "" where they are not certain."""
        if part.groups is None:
            return ""
        return f"groups{self.parts.index(part)}" if part.groups else None


def _union(selects: Iterable[str]) -> str:
    return " UNION ALL ".join(selects)


def _found(files: Sequence[File], user: str, row: Raw) -> FoundRow:
    if not files[0].parquet:
        return FoundRow(files[0], user, None)
    file = next(one for one in files if one.path == row["filename"])
    return FoundRow(file, user, int(row["file_row_number"]) + 1)
