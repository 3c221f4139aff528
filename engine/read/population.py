"""Large tables of people: read where they lie, checked in SQL, never held as one value each.

How a cell is spelled in SQL is `cells`, which rows are bad is `listing`; what a decision is for
such people is above this layer.
"""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from engine.errors import SourceError
from engine.literals import CALENDAR_WORDS, Words, name, text
from engine.model import Location
from engine.read import cells, duck
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import duckdb

    from engine.findings import Finding
    from engine.model import Path
    from engine.read.entries import Entry

_PASS: Final = 8_000_000
"""How many ids are compared at once when doubled ones are looked for: 64 MB of hashes."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a table: its path below the policies, its label, and where it is on disk."""

    file: str
    label: str
    path: str
    columns: tuple[cells.Shape, ...]

    @property
    def parquet(self) -> bool:
        """Tell Parquet from CSV."""
        return self.path.lower().endswith(".parquet")


@dataclass(slots=True, eq=False)
class Large:
    """The tables of one directory document that is too large for values.

    `account` and `groups`, the ids of its groups, are None until they are certain.
    """

    entry: Entry
    files: tuple[File, ...]
    account: str | None = None
    groups: frozenset[str] | None = None

    def alike(self) -> list[list[File]]:
        """Return the files in their order, those of one form and the same columns together."""
        found: list[list[File]] = []
        for file in self.files:
            last = found[-1][0] if found else None
            if last and (last.parquet, last.columns) == (file.parquet, file.columns):
                found[-1].append(file)
            else:
                found.append([file])
        return found


@dataclass(slots=True, eq=False)
class FoundRow:
    """A row that was found by its user: its line is looked for when somebody asks."""

    file: File
    user: str
    row: int | None

    def locate(self, path: Path = (), *, key: bool = False) -> Location:  # noqa: ARG002 - the protocol's
        """Return the row's place."""
        line = self.row or _line_of_user(self.file, self.user)
        return Location(self.file.label, line, 1)

    def pointer(self, path: Path = ()) -> str:  # noqa: ARG002 - the protocol's
        """Return the pointer to the row itself."""
        return ""


class Raw(dict[str, Any]):
    """A row in normal form, by column."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class Population:
    """The people of all large tables of a set.

    `toggles` are the catalogue's keys in order, `declared` says where users stand that are not
    in these tables, by id. `checked` is set once every row is known to be sound, `bad` once one
    is known not to be, and `odd` where sound rows need the careful form. Until then a statement
    has to use the quick form, which fails at a row that may not be sound.
    """

    connection: duckdb.DuckDBPyConnection
    spool: duck.Spool
    parts: tuple[Large, ...]
    toggles: tuple[str, ...]
    declared: Mapping[str, str] = field(default_factory=dict)
    checked: bool = False
    odd: bool = False
    bad: bool = False
    _count: int | None = None
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
        return _union(
            cells.quick(alike[0].columns, self.toggles, groups, _raw(alike))
            for alike in part.alike()
        )

    def careful(self, part: Large) -> str:
        """Return a relation of a directory's people, cleaned cell by cell."""
        return _union(
            cells.careful(alike[0].columns, self.toggles, _raw(alike)) for alike in part.alike()
        )

    def people(self, part: Large, groups: str | None) -> str:
        """Return the relation to decide by: the quick one unless it is known to be too quick."""
        return self.careful(part) if self.odd else self.quick(part, groups)

    # -- questions ----------------------------------------------------------------------

    def count(self) -> int:
        """Return how many rows there are."""
        if self._count is None:
            query = " UNION ALL ".join(
                f"SELECT count(*) AS n FROM {_raw(alike)}"
                for part in self.parts
                for alike in part.alike()
            )
            with duck.reading():
                rows = self.connection.execute(f"SELECT sum(n)::BIGINT FROM ({query})").fetchall()
            self._count = int(rows[0][0])
        return self._count

    def find(self, user: str) -> tuple[Large, Raw, FoundRow] | None:
        """Return the row of one user; of a Parquet file only the row groups that may hold it."""
        for part in self.parts:
            for alike in part.alike():
                at = ", filename, file_row_number" if alike[0].parquet else ""
                wanted = f'(SELECT * FROM {_raw(alike, located=True)} WHERE "user" = {text(user)})'
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
                wanted = f'(SELECT * FROM {_raw(alike)} WHERE "user" IN (SELECT id FROM apart))'
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
            self._fingerprint = [
                (part.account, part.entry.source, file.file, _digest(file.path))
                for part in self.parts
                for file in part.files
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

    # -- checks -------------------------------------------------------------------------

    def check(self) -> list[Finding]:
        """Return what is wrong with the tables; afterwards, if nothing is, all is `checked`."""
        import duckdb

        if self._known_to_be_sound():
            return []
        self.prepare()
        try:
            counts = " UNION ALL ".join(
                f'SELECT count("user") AS n FROM ({self.quick(part, self.groups_type(part))})'
                for part in self.parts
            )
            rows = self.connection.execute(f"SELECT sum(n)::BIGINT FROM ({counts})").fetchall()
            self._count = int(rows[0][0])
            sound = not self.doubled()
        except duckdb.OutOfMemoryException:
            raise
        except (duckdb.Error, SourceError):
            sound = False
        if sound:
            self.checked = True
            _SOUND.add(self)
            return []
        found = self.listed()
        self.odd = True
        self.checked, self.bad = not found, bool(found)
        if self.checked:
            _SOUND.add(self)
        return found

    def _known_to_be_sound(self) -> bool:
        """Tell whether the same bytes were checked already by all that a check reads of a set.

        Both sides of a diff mostly have the same tables, and a digest costs a tenth of a check.
        """
        for other in _SOUND:
            if (
                self.read_by_a_check() == other.read_by_a_check()
                and self.fingerprint() == other.fingerprint()
            ):
                self.checked, self.odd, self._count = True, other.odd, other.count()
                return True
        return False

    def read_by_a_check(self) -> tuple[object, ...]:
        """Return all but the tables' bytes that `check` reads."""
        parts = [(p.account, p.groups, [f.columns for f in p.files]) for p in self.parts]
        return self.toggles, self.declared.keys(), parts

    def doubled(self) -> bool:
        """Tell whether a user may stand twice: whether two ids, anywhere, have one hash."""
        ids = " UNION ALL ".join(
            f'SELECT "user" FROM {_raw(alike)}' for part in self.parts for alike in part.alike()
        )
        if self.declared:
            ids += ' UNION ALL SELECT id AS "user" FROM declared'
            self._declare()
        try:
            import numpy as np
        except ImportError:
            query = f'SELECT 1 FROM ({ids}) GROUP BY "user" HAVING count(*) > 1 LIMIT 1'
            return bool(self.connection.execute(query).fetchall())
        passes = 1 + (self.count() + len(self.declared)) // _PASS
        for number in range(passes):
            hashed = f'SELECT hash("user") AS h FROM ({ids})'
            if passes > 1:
                hashed = f"SELECT h FROM ({hashed}) WHERE h % {passes} = {number}"
            hashes = self.connection.execute(hashed).fetchnumpy()["h"]
            hashes.sort()
            if bool(np.any(hashes[1:] == hashes[:-1])):
                return True
        return False

    def _declare(self) -> None:
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE declared AS SELECT unnest(?::VARCHAR[]) AS id",
            [list(self.declared)],
        )

    def listed(self) -> list[Finding]:
        """Return, worded, the first bad rows of each file, or which files cannot be read."""
        import duckdb

        from engine.read.damage import unread
        from engine.read.listing import bad_rows

        self._declare()
        try:
            return [finding for table in bad_rows(self) for finding in table.findings()]
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            return unread(self, error)


_SOUND: Final[WeakSet[Population]] = WeakSet()
"""Populations that were checked in this process and are sound."""


def _digest(path: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()


def _union(selects: Iterable[str]) -> str:
    return " UNION ALL ".join(selects)


def _raw(files: Sequence[File], *, located: bool = False) -> str:
    """Return the FROM of files with the same columns; `located` adds where a Parquet row is."""
    paths = duck.escaped([file.path for file in files])
    if files[0].parquet:
        extra = ", filename = true, file_row_number = true" if located else ""
        return f"read_parquet({paths}{extra}, hive_partitioning = false)"
    columns = ", ".join(f"{text(column.name)}: 'VARCHAR'" for column in files[0].columns)
    only = (
        f" WHERE {name(files[0].columns[0].name)} IS NOT NULL" if len(files[0].columns) == 1 else ""
    )
    return (
        f"(SELECT * FROM read_csv({paths}, columns = {{{columns}}}, header = true,"
        " hive_partitioning = false, auto_detect = false, delim = ',', quote = '\"',"
        " escape = '\"', strict_mode = true)"
        f"{only})"
    )


def raw_file(file: File) -> str:
    """Return the FROM of one file, with the number of each record as `row`, from 1."""
    if file.parquet:
        return f"(SELECT *, file_row_number + 1 AS row FROM {_raw([file], located=True)})"
    return f"(SELECT *, row_number() OVER () AS row FROM {_raw([file])})"


def _found(files: Sequence[File], user: str, row: Raw) -> FoundRow:
    if not files[0].parquet:
        return FoundRow(files[0], user, None)
    file = next(one for one in files if one.path == row["filename"])
    return FoundRow(file, user, int(row["file_row_number"]) + 1)


def _line_of_user(file: File, user: str) -> int:
    at = [column.name for column in file.columns].index("user")
    return next((line for _, line, cells in records(file) if cells[at] == user), 1)


def records(file: File) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the records of a CSV file below its header: number, line and cells."""
    with open(file.path, encoding="utf-8-sig", newline="") as lines:
        yield from records_in(lines)


def records_in(lines: Iterable[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the records of CSV below its header: number, line and cells."""
    reader = csv.reader(lines, strict=True)
    number, line = -1, 1
    for cells_ in reader:
        if cells_:
            number += 1
            if number:
                yield number, line, cells_
        line = reader.line_num + 1
