"""A comparison as Parquet: the rows of the CSV in types, causes and guardrails as lists.

DuckDB writes it, from rows that go through a file, so that millions of them need no memory.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING, Final

from engine.errors import SourceError
from engine.literals import name, text
from engine.read import duck
from engine.report.diff_csv import COLUMNS, cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.review.comparison import Comparison

_CHUNK: Final = 1 << 20
_KINDS: Final = {
    "locked": "BOOLEAN",
    "sync": "BOOLEAN",
    "causes": "INTEGER[]",
    "guardrails": "VARCHAR[]",
}


def render(comparison: Comparison, *, provenance: bool = False) -> Iterator[bytes]:
    """Yield the file, with the columns and the order of the CSV.

    Raises MissingExtraError where DuckDB is not installed.
    """
    with (
        duck.connect("--format parquet") as connection,
        tempfile.TemporaryDirectory(prefix="calsync-") as folder,
    ):
        rows, whole = os.path.join(folder, "rows.json"), os.path.join(folder, "rows.parquet")
        try:
            with open(rows, "w", encoding="utf-8") as file:
                file.writelines(map(_line, cells(comparison, provenance=provenance)))
            connection.execute(_copy(rows, whole))
        except OSError as error:
            raise SourceError(f"cannot write Parquet: {error.strerror}") from error
        with open(whole, "rb") as made:
            while chunk := made.read(_CHUNK):
                yield chunk


def _line(row: tuple[object, ...]) -> str:
    return json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n"


def _copy(rows: str, whole: str) -> str:
    kinds = ", ".join(f"{name(column)}: {text(_kind(column))}" for column in COLUMNS)
    read = f"read_json({text(rows)}, format = 'newline_delimited', columns = {{{kinds}}})"
    return f"COPY (SELECT * FROM {read}) TO {text(whole)} (FORMAT parquet)"


def _kind(column: str) -> str:
    return _KINDS.get(column.removeprefix("old_").removeprefix("new_"), "VARCHAR")
