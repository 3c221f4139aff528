"""Opens the tables of a directory document with DuckDB: their columns, and how large they are.

Small ones are handed back as rows, and take the way of all other users.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from engine.errors import SourceError
from engine.literals import name
from engine.read import cells, duck, tables
from engine.read.damage import unsound
from engine.read.large import File, Large
from engine.read.tables import Table, read_csv
from engine.read.unfit import unreadable, wrong_column, wrong_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from engine.findings import Finding
    from engine.read.entries import Entry

SMALL_ROWS: Final = 20_000
"""Parquet files of no more rows than this together are read into values."""


def open_tables(
    spool: duck.Spool,
    directory: Entry,
    files: Sequence[str],
    toggles: Sequence[str] | None,
    *,
    values: bool,
) -> tuple[list[Table] | Large, list[Finding]]:
    """Return the rows of a directory's tables; else, unless `values`, what is known of them."""
    connection = spool.connection(f"reading `{spool.source.label(files[0])}`")
    opened: list[File] = []
    troubles: list[Finding] = []
    rows = size = 0
    for file in files:
        found = _open(connection, spool, directory, file, toggles)
        if isinstance(found, list):
            troubles += found
            continue
        opened.append(found)
        if found.parquet:
            rows += duck.parquet_rows(connection, found.path)
        else:
            size += spool.size(file)
    if opened and not values and (rows > SMALL_ROWS or size > tables.SMALL_BYTES):
        return Large(directory, tuple(opened)), troubles
    small, wrong = _small(connection, spool, directory, opened, toggles)
    return small, [*troubles, *wrong]


def _open(
    connection: duckdb.DuckDBPyConnection,
    spool: duck.Spool,
    directory: Entry,
    file: str,
    toggles: Sequence[str] | None,
) -> File | list[Finding]:
    import duckdb

    path = spool.path(file)
    if not path.lower().endswith(".parquet"):
        return _open_csv(spool, directory, file, toggles)
    try:
        columns = duck.parquet_columns(connection, path)
    except duckdb.Error:
        return [unreadable(directory, f"names `{file}`, which is not Parquet", "export it again")]
    holding = [(column, cells.shape(kind)) for column, kind in columns]
    shapes, troubles = shapes_of(directory, file, holding, toggles)
    return troubles or File(file, spool.source.label(file), path, shapes)


def shapes_of(
    directory: Entry,
    file: str,
    columns: Sequence[tuple[str, str | None]],
    toggles: Sequence[str] | None,
) -> tuple[tuple[cells.Shape, ...], list[Finding]]:
    """Return the columns of a table of types, and what is wrong with them.

    Each column comes with what its type holds, as `cells.Shape` has it, None for what none may.
    """
    troubles = wrong_columns(directory, file, [column for column, _ in columns], toggles)
    if troubles:
        return (), troubles
    shapes: list[cells.Shape] = []
    for column, holds in columns:
        one = column in {"user", "primary_group"} and holds != "text"
        if (
            holds is None
            or (one and holds != "nothing")
            or (holds == "flag") > (column not in cells.FIXED)
        ):
            troubles.append(
                wrong_column(
                    directory,
                    f"`{file}` has a column `{column}` of another type than text",
                    "write text, and lists of text for `groups` and `calendars`",
                )
            )
        else:
            shapes.append(cells.Shape(column, holds))
    return tuple(shapes), troubles


def _open_csv(
    spool: duck.Spool, directory: Entry, file: str, toggles: Sequence[str] | None
) -> File | list[Finding]:
    path = spool.path(file)
    try:
        with open(path, encoding="utf-8-sig", newline="") as lines:
            header = next(filter(None, csv.reader(lines, strict=True)), [])
    except (UnicodeDecodeError, csv.Error):
        return [unreadable(directory, f"names `{file}`, which is not CSV in UTF-8", "save it so")]
    troubles = wrong_columns(directory, file, header, toggles)
    shapes = tuple(cells.Shape(column, "text") for column in header)
    return troubles or File(file, spool.source.label(file), path, shapes)


def _small(
    connection: duckdb.DuckDBPyConnection,
    spool: duck.Spool,
    directory: Entry,
    files: Iterable[File],
    toggles: Sequence[str] | None,
) -> tuple[list[Table], list[Finding]]:
    found: list[Table] = []
    troubles: list[Finding] = []
    for file in files:
        if not file.parquet:
            troubles += read_csv(spool.source, directory, file.file, toggles, found)
            continue
        table = Table(file.label)
        names = [column.name for column in file.columns]
        picked = ", ".join(map(name, names))
        paths = duck.escaped([file.path])
        query = f"SELECT {picked} FROM read_parquet({paths}, hive_partitioning = false)"
        try:
            with duck.reading():
                rows = connection.execute(query).fetchall()
        except SourceError:
            troubles.append(unsound(directory, file.file))
            continue
        for number, row in enumerate(rows, 1):
            table.add(number, dict(zip(names, row, strict=True)), directory)
        found.append(table)
    return found, troubles
