"""Parquet: rows in types, written by DuckDB.

The rows go through a file, so that millions of them need no memory.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from engine.errors import SourceError
from engine.literals import name, text
from engine.model import Decision
from engine.read import duck
from engine.report.csvs import COUNTED, counted_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import duckdb

_FLAGS: Final = frozenset(("locked", "sync"))


def rows(kinds: Mapping[str, str], found: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """Yield a file, piece by piece; `kinds` are the columns and their types, as DuckDB says them.

    Raises MissingExtraError where DuckDB is not installed.
    """

    def make(path: str) -> None:
        connection.execute(_copy(_staged(kinds, found, f"{path}.json"), path))

    with duck.connect("--format parquet") as connection:
        yield from duck.pieces(make)


def among(
    connection: duckdb.DuckDBPyConnection,
    kinds: Mapping[str, str],
    found: Iterable[Iterable[object]],
    more: Callable[[str], str],
    order: Sequence[str],
) -> Iterator[bytes]:
    """Yield a file of rows in among those that a connection's own tables hold, in order.

    `more` returns the SELECT of those, with the same columns, of words perhaps by an enumeration;
    it is given the path of a file that it may write.
    """

    def make(path: str) -> None:
        lines = f"{path}.json"
        select = _staged(kinds, found, lines)
        try:
            others = more(f"{path}.more.json")
            select = f"{select} UNION ALL {others}" if os.path.getsize(lines) else others
        except OSError as error:
            raise _unwritten(error) from error
        by = ", ".join(map(name, order))
        rows = f"SELECT * FROM ({select}) ORDER BY {by}"
        connection.execute(_copy(f"SELECT {_typed(kinds)} FROM ({rows})", path))

    return duck.pieces(make)


def _typed(kinds: Mapping[str, str]) -> str:
    """Return the columns, each of its type.

    Words are left by their numbers: Parquet has them as text all the same, and DuckDB writes them
    so without looking each row's word up.
    """
    return ", ".join(
        name(one) if kind == "VARCHAR" else f"{name(one)}::{kind} AS {name(one)}"
        for one, kind in kinds.items()
    )


def _staged(kinds: Mapping[str, str], found: Iterable[Iterable[object]], lines: str) -> str:
    """Write rows to a file, and return the SELECT that reads them."""
    try:
        with open(lines, "w", encoding="utf-8") as file:
            file.writelines(_line(kinds, row) for row in found)
    except OSError as error:
        raise _unwritten(error) from error
    return _read(kinds, lines)


def _unwritten(error: OSError) -> SourceError:
    return SourceError(f"cannot write Parquet: {error.strerror}")


def _line(kinds: Mapping[str, str], row: Iterable[object]) -> str:
    return json.dumps(dict(zip(kinds, row, strict=True))) + "\n"


def _read(kinds: Mapping[str, str], lines: str) -> str:
    columns = ", ".join(f"{name(column)}: {text(kind)}" for column, kind in kinds.items())
    read = f"read_json({text(lines)}, format = 'newline_delimited', columns = {{{columns}}})"
    return f"SELECT * FROM {read}"


def _copy(select: str, path: str) -> str:
    return f"COPY ({select}) TO {text(path)} (FORMAT parquet)"


def decisions(found: Iterable[Decision]) -> Iterator[bytes]:
    """Yield decision rows."""
    kinds = {one: "BOOLEAN" if one in _FLAGS else "VARCHAR" for one in Decision._fields}
    return rows(kinds, found)


def summary(counted: dict[str, Any]) -> Iterator[bytes]:
    """Yield a summary: the rows of its CSV."""
    kinds = {one: "BIGINT" if one == "users" else "VARCHAR" for one in COUNTED}
    return rows(kinds, counted_rows(counted))
