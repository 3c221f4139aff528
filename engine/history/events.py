"""Tables of meeting events: CSV, NDJSON and Parquet as one relation, and what is wrong with rows.

DuckDB reads; no event is ever a value here.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import os
import re
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from engine.errors import QuestionError, SourceError
from engine.literals import name, text
from engine.read import duck

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

COLUMNS: Final = ("meeting", "user", "event", "at", "by")
_NEEDED: Final = COLUMNS[:4]
_ENDINGS: Final = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet"}
_INSTANT: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"
_BASIC: Final = r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)"
_NANOSECONDS: Final = "(epoch_ns(at_value) - (epoch_ns(at_value) % 1000 + 1000) % 1000) // 1000"
"""Whole microseconds, those before 1970 too."""
_CSV_LINE: Final = re.compile(r"Line: (\d+)|line (\d+)", re.IGNORECASE)


class Events(NamedTuple):
    """A table: where it is, in which form, and a relation of its five columns as text.

    `instant` is the SQL of `at` in microseconds since 1970, null where it is no instant.
    """

    path: str
    form: str
    relation: str
    instant: str


def opened(connection: duckdb.DuckDBPyConnection, path: str) -> Events:
    """Return the events of a table.

    Raises SourceError for a file that cannot be read, QuestionError for one without the columns.
    """
    if not os.path.isfile(path):
        what = "is no file" if os.path.exists(path) else "does not exist"
        raise SourceError(f"the table `{path}` {what}")
    stem = path.removesuffix(".gz")
    form = _ENDINGS.get(os.path.splitext(stem)[1].lower())
    if form is None or (form == "parquet" and stem != path):
        hint = "name a .csv, .ndjson or .parquet file; .gz may follow the first two"
        raise QuestionError(f"`{path}` is no table that can be read", hint=hint)
    if form == "csv":
        return _csv(path)
    if form == "ndjson":
        return _ndjson(path)
    return _parquet(connection, path)


def _csv(path: str) -> Events:
    try:
        with _lines(path) as lines:
            header = next(filter(None, csv.reader(lines, strict=True)), None)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"`{path}` is not CSV in UTF-8") from error
    if header is None:
        raise QuestionError(f"`{path}` has no header", hint=f"it needs {_worded(_NEEDED)}")
    _check_columns(path, header)
    # Other columns are passed over: what they are called, even twice or not at all, is no matter.
    called = (one if one in COLUMNS else str(at) for at, one in enumerate(header))
    columns = ", ".join(f"{text(column)}: 'VARCHAR'" for column in called)
    source = (
        f"read_csv({duck.escaped([path])}, columns = {{{columns}}}, header = true,"
        " auto_detect = false, delim = ',', quote = '\"', escape = '\"', strict_mode = true)"
    )
    return Events(path, "csv", _relation(source, set(header)), _of_text("at"))


def _ndjson(path: str) -> Events:
    columns = ", ".join(f"{text(column)}: 'VARCHAR'" for column in COLUMNS)
    source = (
        f"read_json({duck.escaped([path])}, columns = {{{columns}}}, format = 'newline_delimited')"
    )
    return Events(path, "ndjson", _relation(source, set(COLUMNS)), _of_text("at"))


def _parquet(connection: duckdb.DuckDBPyConnection, path: str) -> Events:
    import duckdb

    try:
        columns = dict(duck.parquet_columns(connection, path))
    except duckdb.Error as error:
        raise SourceError(f"`{path}` is not Parquet") from error
    _check_columns(path, list(columns))
    relation = _relation(f"read_parquet({duck.escaped([path])})", set(columns))
    kind = columns["at"]
    if kind == "TIMESTAMP WITH TIME ZONE":
        return Events(path, "parquet", relation, "epoch_us(at_value)")
    if kind == "TIMESTAMPTZ_NS":
        return Events(path, "parquet", relation, _NANOSECONDS)
    if kind == "VARCHAR":
        return Events(path, "parquet", relation, _of_text("at"))
    what = "timestamps that do not say their offset" if "TIMESTAMP" in kind else "no instants"
    hint = "store text, or timestamps that are adjusted to UTC"
    raise QuestionError(f"the column `at` of `{path}` holds {what}", hint=hint)


def _relation(source: str, there: set[str]) -> str:
    by = "coalesce(nullif(\"by\"::VARCHAR, ''), 'user')" if "by" in there else "'user'"
    plain = ", ".join(f"{name(column)}::VARCHAR AS {name(column)}" for column in _NEEDED)
    return f'(SELECT {plain}, "at" AS at_value, {by} AS "by" FROM {source})'


def _of_text(column: str) -> str:
    """Return the SQL of an ISO 8601 instant with an offset, in any of its common spellings."""
    at = name(column)
    other = (
        f"regexp_replace(replace(upper({at}), ',', '.'), '^{_BASIC}', '\\1-\\2-\\3T\\4:\\5:\\6')"
    )
    cases = (
        f"WHEN regexp_full_match({one}, '{_INSTANT}') THEN epoch_us(TRY_CAST({one} AS TIMESTAMPTZ))"
        for one in (at, other)
    )
    return f"CASE {' '.join(cases)} END"


def _check_columns(path: str, header: list[str]) -> None:
    doubled = next((column for column in COLUMNS if header.count(column) > 1), None)
    if doubled:
        raise QuestionError(f"`{path}` has the column `{doubled}` twice", hint="keep one of them")
    for column in header:
        meant = column.strip().lower()
        if meant != column and meant in COLUMNS and meant not in header:
            raise QuestionError(
                f"`{path}` has the unknown column `{column}`", hint=f"did you mean `{meant}`?"
            )
    missing = [column for column in _NEEDED if column not in header]
    if missing:
        hint = f"it needs {_worded(_NEEDED)}, and may have `by`"
        raise QuestionError(f"`{path}` has no column `{missing[0]}`", hint=hint)


def _worded(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


# -- what is wrong -------------------------------------------------------------------------------

_WRONG: Final = """CASE
    WHEN meeting IS NULL OR meeting = '' THEN 'no meeting is named'
    WHEN "user" IS NULL OR "user" = '' THEN 'no user is named'
    WHEN event IS NULL OR event NOT IN ('created', 'updated')
        THEN '`event` is `' || coalesce(event, '') || '`, neither created nor updated'
    WHEN "by" NOT IN ('user', 'system') THEN '`by` is `' || "by" || '`, neither user nor system'
    WHEN instant IS NULL
        THEN '`at` is `' || coalesce("at", '') || '`, no ISO 8601 instant with an offset'
END"""
IS_WRONG: Final = (
    "meeting IS NULL OR meeting = '' OR \"user\" IS NULL OR \"user\" = '' OR event IS NULL"
    " OR event NOT IN ('created', 'updated') OR \"by\" NOT IN ('user', 'system') OR instant IS NULL"
)
"""The condition of a bad row, where `instant` is that of the events."""


def first_wrong(connection: duckdb.DuckDBPyConnection, events: Events) -> QuestionError:
    """Return an error about the first bad row, with its place and how many there are."""
    numbered = f"(SELECT *, row_number() OVER () AS row FROM {events.relation})"
    wrong = f"(SELECT *, {events.instant} AS instant FROM {numbered})"
    query = (
        f"SELECT count(*) OVER (), row, {_WRONG} FROM {wrong} WHERE {IS_WRONG} ORDER BY row LIMIT 1"
    )
    total, row, what = connection.execute(query).fetchall()[0]
    more = "" if total == 1 else f" (one of {total:,} bad rows)"
    place = f"{events.path}:{_line(events, int(row))}"
    return QuestionError(f"{place}: {what}{more}", hint="correct the table, and ask again")


def _line(events: Events, row: int) -> int:
    """Return the line of a row, which counts from 1; a Parquet file's first row is 1."""
    if events.form == "parquet":
        return row
    with _lines(events.path) as lines:
        if events.form == "ndjson":
            filled = (number for number, line in enumerate(lines, 1) if line.strip())
            return next(islice(filled, row - 1, None), row)
        return next(islice(_records(lines), row, None), row + 1)


def _records(lines: IO[str]) -> Iterator[int]:
    """Yield the line on which each record of a CSV file begins, that of the header first."""
    reader = csv.reader(lines, strict=True)
    while True:
        begin = reader.line_num + 1
        record = next(reader, None)
        if record is None:
            return
        if record:
            yield begin


def unreadable(events: Events, error: Exception) -> SourceError:
    """Return what is wrong with a table that DuckDB cannot read, in one line."""
    if events.form == "ndjson":
        return _no_objects(events)
    said = str(error)
    found = _CSV_LINE.search(said)
    line = next((number for number in (found.groups() if found else ()) if number), None)
    place = f"{events.path}:{line}" if line else events.path
    if "Columns" in said:
        hint = "put a value that holds a comma in quotation marks"
        return SourceError(f"{place}: the row does not fit the header", hint=hint)
    return SourceError(f"{place}: the table cannot be read", hint="export it again as UTF-8")


def _no_objects(events: Events) -> SourceError:
    """Return an error about the first line that is no JSON object: DuckDB counts in chunks."""
    opener: Any = gzip.open if events.path.endswith(".gz") else open
    number = 0
    try:
        with opener(events.path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                what = _wrong_with(line) if line.strip() else None
                if what is not None:
                    hint = "write one JSON object a line, in UTF-8"
                    return SourceError(f"{events.path}:{number}: {what}", hint=hint)
    except (OSError, EOFError):
        return SourceError(f"`{events.path}` is not compressed by gzip, or not whole")
    return SourceError(f"{events.path}: the table cannot be read", hint="export it again as UTF-8")


def _wrong_with(line: bytes) -> str | None:
    """Say why a line is no JSON object with unique keys; None where it is one."""
    if line.startswith(codecs.BOM_UTF8):
        return "the line begins with a byte order mark"
    try:
        pairs = json.loads(line.decode(), object_pairs_hook=lambda pairs: pairs)
    except UnicodeDecodeError:
        return "the line is not in UTF-8"
    except (ValueError, RecursionError):
        return "the line is no JSON object"
    if not isinstance(pairs, list) or not line.lstrip().startswith(b"{"):
        return "the line is no JSON object"
    keys = [key for key, _ in pairs]
    doubled = next((key for key in keys if keys.count(key) > 1), None)
    return None if doubled is None else f"the key `{doubled}` stands twice"


def _lines(path: str) -> IO[str]:
    opener: Any = gzip.open if path.endswith(".gz") else open
    lines: IO[str] = opener(path, "rt", encoding="utf-8-sig", newline="")
    return lines
