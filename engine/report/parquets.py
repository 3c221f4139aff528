"""Parquet: rows in types, written by DuckDB.

The rows go through a file, so that millions of them need no memory.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from engine.errors import SourceError
from engine.literals import name, text
from engine.model import Decision
from engine.read import duck
from engine.report.csvs import COUNTED, counted_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FLAGS: Final = frozenset(("locked", "sync"))


def rows(kinds: Mapping[str, str], found: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """Yield a file, piece by piece; `kinds` are the columns and their types, as DuckDB says them.

    Raises MissingExtraError where DuckDB is not installed.
    """

    def make(path: str) -> None:
        lines = f"{path}.json"
        try:
            with open(lines, "w", encoding="utf-8") as file:
                file.writelines(_line(kinds, row) for row in found)
            connection.execute(_copy(kinds, lines, path))
        except OSError as error:
            raise SourceError(f"cannot write Parquet: {error.strerror}") from error

    with duck.connect("--format parquet") as connection:
        yield from duck.pieces(make)


def _line(kinds: Mapping[str, str], row: Iterable[object]) -> str:
    return json.dumps(dict(zip(kinds, row, strict=True))) + "\n"


def _copy(kinds: Mapping[str, str], lines: str, path: str) -> str:
    columns = ", ".join(f"{name(column)}: {text(kind)}" for column, kind in kinds.items())
    read = f"read_json({text(lines)}, format = 'newline_delimited', columns = {{{columns}}})"
    return f"COPY (SELECT * FROM {read}) TO {text(path)} (FORMAT parquet)"


def decisions(found: Iterable[Decision]) -> Iterator[bytes]:
    """Yield decision rows."""
    kinds = {one: "BOOLEAN" if one in _FLAGS else "VARCHAR" for one in Decision._fields}
    return rows(kinds, found)


def summary(counted: dict[str, Any]) -> Iterator[bytes]:
    """Yield a summary: the rows of its CSV."""
    kinds = {one: "BIGINT" if one == "users" else "VARCHAR" for one in COUNTED}
    return rows(kinds, counted_rows(counted))
