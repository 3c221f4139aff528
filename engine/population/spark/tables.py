"""Tables as Spark reads them: a view of each lot of files that have the same columns.

A view holds the columns of the files, and four whose names no toggle can have, since an id does
not begin with a space: where a row stands, and what Spark has noticed about it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from engine.errors import SourceError
from engine.literals import Words
from engine.read import cells
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from engine.read.large import File, Large

FILE: Final = '" file"'
"""The path of the row's file, as `path` returns it."""
AT: Final = '" at"'
"""Where the row stands in its file: a number that only grows."""
RAGGED: Final = '" ragged"'
"""The text of a row of CSV that has fewer or more cells than the header, else null."""
GARBLED: Final = '" garbled"'
"""Whether a cell of CSV holds U+FFFD, which Spark writes for what is not UTF-8."""
_OWN: Final = f"{FILE}, {AT}, {RAGGED}, {GARBLED}"
CSV: Final = {
    "header": "true",
    "multiLine": "true",  # a quoted cell may hold the end of a line
    "quote": '"',
    "escape": '"',
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": " ragged",
    "unescapedQuoteHandling": "RAISE_ERROR",
}
"""How Spark reads CSV that is what SPEC §2 says, and stops at what is not."""
_ROOM: Final = 32
"""So many empty cells too much, but one, are passed over in a row of CSV."""
_MARK: Final = "\x01"
_KINDS: Final = {"text": "STRING", "texts": "ARRAY<STRING>", "flag": "BOOLEAN"}


@dataclass(frozen=True, slots=True)
class View:
    """Files of one directory document with the same columns, and the name of their view."""

    name: str
    part: Large
    files: tuple[File, ...]

    def people(self, toggles: Sequence[str], *, located: bool = False) -> str:
        """Return a SELECT of normal rows; `located` adds our own columns and the spellings."""
        columns = self.files[0].columns
        also = f", {_OWN}{cells.spellings(columns, toggles)}" if located else ""
        return cells.careful(columns, toggles, self.name, also=also)


def views(spark: SparkSession, parts: Sequence[Large]) -> list[View]:
    """Create the views of large tables, in their order."""
    found: list[View] = []
    for part in parts:
        for alike in part.alike():
            view = View(f"table{len(found)}", part, tuple(alike))
            _frame(spark, alike).createOrReplaceTempView(view.name)
            found.append(view)
    return found


def path(file: File) -> str:
    """Return the path of a file as a view says it: its address, with one `/` after `file:`."""
    if is_elsewhere(file):
        return re.sub(r"^file:/+", "file:/", file.path)
    return f"file:{os.path.abspath(file.path)}"


def is_elsewhere(file: File) -> bool:
    """Tell whether a file was found by Spark, and has an address instead of a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", file.path) is not None


def paths(files: Sequence[File]) -> Words:
    """Return the words that number files."""
    return Words("file", tuple(path(file) for file in files))


def _frame(spark: SparkSession, files: Sequence[File]) -> DataFrame:
    for file in files:
        _seen_by_spark(file)
    where = [escaped(path(file)) for file in files]
    reader = spark.read.option("recursiveFileLookup", "true")  # folders named k=v are no columns
    decoded = "url_decode(replace(_metadata.file_path, '+', '%2B'))"
    located = f"regexp_replace({decoded}, '^file:/+', 'file:/') AS ` file`"
    columns = [column for column in files[0].columns if column.holds != "nothing"]
    fields = [f"{_name(column.name)} {_KINDS[column.holds]}" for column in columns]
    if files[0].parquet:
        frame = reader.schema(", ".join(fields)).parquet(*where)
        own = "_metadata.row_index AS ` at`", "CAST(NULL AS STRING) AS ` ragged`"
        return frame.selectExpr("*", located, *own, "false AS ` garbled`")
    fields.append("` ragged` STRING")
    frame = reader.schema(", ".join(fields)).options(**CSV).csv(where)
    names = [_name(column.name) for column in columns]
    again, surplus = _surplus(len(columns))
    garbled = f"contains(concat_ws('', {', '.join(names)}), '\ufffd') AS ` garbled`"
    row = "monotonically_increasing_id() AS ` at`"
    found = frame.selectExpr("*", located, row, garbled, again)
    ragged = f"CASE WHEN NOT {surplus} THEN ` ragged` END AS ` ragged`"
    return found.selectExpr(*names, FILE.replace('"', "`"), "` at`", "` garbled`", ragged)


def _surplus(columns: int) -> tuple[str, str]:
    """Return a column, and the condition that a ragged row has only empty cells too much.

    Those say nothing. The row is read again with room for more, and with a mark behind its end:
    then what is beyond the header is the mark alone.
    """
    many = columns + _ROOM
    fields = ", ".join(f"c{number} STRING" for number in range(many))
    beyond = ", ".join(f"` again`.c{number}" for number in range(columns, many))
    marked = f"concat(` ragged`, ',{_MARK}')"
    options = "map('quote', '\"', 'escape', '\"')"
    return (
        f"from_csv({marked}, '{fields}', {options}) AS ` again`",
        f"(concat_ws('', {beyond}) = '{_MARK}')",
    )


def _seen_by_spark(file: File) -> None:
    """Refuse a file that Spark would pass over without a word."""
    name = os.path.basename(file.path)
    if is_elsewhere(file):
        return
    if name.startswith("_") or name.endswith("._COPYING_"):
        hint = "rename it, or take --engine duckdb"
        raise SourceError(f"Spark passes over a file of this name: `{file.label}`", hint=hint)


def escaped(where: str) -> str:
    """Return a path in which what Spark would read as a glob stands for itself."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", where)


def _name(column: str) -> str:
    return "`" + column.replace("`", "``") + "`"
