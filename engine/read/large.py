"""The files of large tables: what is known of each, how a statement reads it, where a row stands.

What the rows mean is `cells`; nothing here asks a database.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from engine.literals import name, text
from engine.model import Location
from engine.read import duck
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.model import Path
    from engine.read.cells import Shape
    from engine.read.entries import Entry

_PLACES: Final = frozenset({"file_index", "file_row_number"})
"""Columns that DuckDB adds to Parquet, unless the file has such a column itself."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a table: its path below the policies, its label, and where it is on disk."""

    file: str
    label: str
    path: str
    columns: tuple[Shape, ...]

    @property
    def parquet(self) -> bool:
        """Tell Parquet from CSV."""
        return self.path.lower().endswith(".parquet")

    @property
    def placed(self) -> bool:
        """Tell whether a row can be fetched by where it is: a column of a table may hide that."""
        names = {column.name.lower() for column in self.columns}
        return self.parquet and _PLACES.isdisjoint(names)


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


def raw(files: Sequence[File], *, located: bool = False) -> str:
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
        return f"(SELECT *, file_row_number + 1 AS row FROM {raw([file], located=True)})"
    return f"(SELECT *, row_number() OVER () AS row FROM {raw([file])})"


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
