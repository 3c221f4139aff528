"""Directory tables to entries: the columns, the rows, and what is wrong with them.

A row becomes the same kind of entry as a user in YAML, so that every later check is the
same. What needs the rest of the set (groups, doubled users) is judged in `references`.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from engine.errors import MissingExtraError
from engine.findings import Finding
from engine.model import Location
from engine.read.normalise import spells_state, state
from engine.read.schemas import schema
from engine.read.source import inside, matching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.model import Path
    from engine.read.document import Part
    from engine.read.entries import Entry
    from engine.read.source import Source

_FIXED: Final = ("user", "groups", "primary_group", "calendars")
_SHOWN: Final = 10
"""How many bad rows of one table are reported; each names the total (SPEC §4)."""


@dataclass(slots=True, eq=False)
class Row:
    """A table's row as an :class:`~engine.model.Origin`: it has a line, and no columns."""

    file: str
    line: int

    def locate(self, path: Path = (), *, key: bool = False) -> Location:  # noqa: ARG002 - the protocol's
        """Return the row's place; a cell has none of its own."""
        return Location(self.file, self.line, 1)

    def pointer(self, path: Path = ()) -> str:  # noqa: ARG002 - the protocol's
        """Return the pointer to the row itself."""
        return ""


@dataclass(slots=True)
class TableUser:
    """One sound row. Cells are as in YAML: absent keys are left out of `value`."""

    id: str
    value: Mapping[str, Any]
    row: Row
    directory: Entry


@dataclass(slots=True)
class Table:
    """One file of a directory: its rows, and what is wrong by line."""

    file: str
    users: list[TableUser] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)

    def findings(self) -> list[Finding]:
        """Return the first bad rows as findings, each of which names how many there are."""
        total = len(self.wrong)
        tail = "" if total == 1 else f" (one of {total:,} bad rows)"
        return [
            Finding(
                code="directory-row",
                message=f"{self.wrong[line]}{tail}",
                location=Location(self.file, line, 1),
                hint="correct the row, or leave it out of the table",
            )
            for line in sorted(self.wrong)[:_SHOWN]
        ]


def read_directory(
    source: Source, directory: Entry, path: str, toggles: Sequence[str] | None
) -> tuple[list[Table], list[Finding]]:
    """Read the tables of a directory document that stands in the policy file at `path`.

    `toggles` are the catalogue's keys, or None while they are not certain; then no column is
    called unknown. Returns the tables, and the findings at the document's `source`.
    """
    pattern = inside(posixpath.dirname(path), str(directory.id))
    if pattern is None:
        return [], [_unreadable(directory, "is outside the policy directory", "move it inside")]
    directory.source = pattern
    files = matching(source, pattern)
    if not files:
        hint = "check the path: it is relative to this file"
        return [], [_unreadable(directory, "names no file", hint)]
    tables: list[Table] = []
    for file in files:
        trouble = _read_file(source, directory, file, toggles, tables)
        if trouble:
            return [], [trouble]
    return tables, []


def _read_file(
    source: Source,
    directory: Entry,
    file: str,
    toggles: Sequence[str] | None,
    tables: list[Table],
) -> Finding | None:
    """Append the table in `file`, or return why it cannot be had."""
    ending = posixpath.splitext(file)[1].lower()
    if ending == ".parquet":
        raise MissingExtraError("duckdb", "tables", f"reading `{source.label(file)}`")
    if ending != ".csv":
        return _unreadable(directory, f"names `{file}`, which is no table", "use .csv or .parquet")
    leaves = getattr(source, "leaves", None)
    if leaves and leaves(file):
        return _unreadable(directory, f"leads outside by `{file}`", "put the file itself here")
    try:
        text = source.read(file).decode("utf-8-sig")
        lines = _lines(text)
        header = next(lines, None)
        if header is None:
            return _column(directory, f"`{file}` has no header", "name the columns in line 1")
        trouble = _columns(directory, file, header[1], toggles)
        if trouble is None:
            tables.append(_rows(source, directory, file, header[1], lines))
    except UnicodeDecodeError:
        return _unreadable(directory, f"names `{file}`, which is not UTF-8", "save it as UTF-8")
    except csv.Error as error:
        return _unreadable(
            directory, f"names `{file}`, which is not CSV: {error}", "export it again"
        )
    return trouble


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line that it starts on; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        record = next(reader, None)
        if record is None:
            return
        if record:
            yield line, record


def _columns(
    directory: Entry, file: str, header: list[str], toggles: Sequence[str] | None
) -> Finding | None:
    doubled = next((c for i, c in enumerate(header) if c in header[:i]), None)
    if doubled is not None:
        return _column(directory, f"`{file}` has the column `{doubled}` twice", "keep one of them")
    if "user" not in header:
        return _column(directory, f"`{file}` has no column `user`", "name the column of user ids")
    unknown = next((c for c in header if c not in _FIXED and toggles and c not in toggles), None)
    if unknown is None:
        return None
    from engine.read.words import did_you_mean

    known = (*_FIXED, *(toggles or ()))
    hint = did_you_mean(unknown, known) or f"columns are {', '.join(known)}"
    return _column(directory, f"`{file}` has the unknown column `{unknown}`", hint)


def _rows(
    source: Source,
    directory: Entry,
    file: str,
    header: list[str],
    lines: Iterator[tuple[int, list[str]]],
) -> Table:
    table = Table(source.label(file))
    for line, cells in lines:
        if len(cells) != len(header):
            table.wrong[line] = f"the row has {len(cells)} cells, the header {len(header)}"
            continue
        value, wrong = _user(dict(zip(header, cells, strict=True)))
        if wrong:
            table.wrong[line] = wrong
        else:
            row = Row(table.file, line)
            table.users.append(TableUser(value["id"], value, row, directory))
    return table


def _user(cells: Mapping[str, str]) -> tuple[dict[str, Any], str | None]:
    """Return a row in the form of a user document, and what is wrong with it if anything is."""
    value: dict[str, Any] = {"id": cells["user"]}
    if not _pattern("user_id").search(cells["user"]):
        return value, f"`{cells['user']}` is not a user id" if cells["user"] else "no user is named"
    groups = _parts(cells.get("groups"))
    if groups:
        value["groups"] = list(dict.fromkeys(groups))
    bad = next((g for g in groups if not _pattern("id").search(g)), None)
    if bad is not None:
        return value, f"`{bad}` is not a group id"
    if cells.get("primary_group"):
        value["primary_group"] = cells["primary_group"]
        if cells["primary_group"] not in groups:
            return value, f"`primary_group` `{cells['primary_group']}` is not among the groups"
    calendars = _parts(cells.get("calendars"))
    if calendars:
        value["calendars"] = [] if calendars == ["none"] else list(dict.fromkeys(calendars))
        unknown = next((c for c in value["calendars"] if c not in _calendars()), None)
        if unknown is not None:
            return value, f"unknown calendar `{unknown}`"
    toggles: dict[str, Any] = {}
    for column, cell in cells.items():
        if column not in _FIXED and cell:
            if not spells_state(cell):
                return value, f"`{cell}` is not a state of `{column}`"
            toggles[column] = state(cell)
    if toggles:
        value["toggles"] = toggles
    return value, None


def _parts(cell: str | None) -> list[str]:
    return [part for part in (p.strip() for p in (cell or "").split(";")) if part]


@cache
def _pattern(definition: str) -> re.Pattern[str]:
    return re.compile(schema("user")["$defs"][definition]["pattern"])


@cache
def _calendars() -> tuple[str, ...]:
    found: tuple[str, ...] = tuple(schema("user")["$defs"]["calendar"]["enum"])
    return found


def _unreadable(directory: Entry, message: str, hint: str) -> Finding:
    return _at_source("directory-unreadable", directory, message, hint)


def _column(directory: Entry, message: str, hint: str) -> Finding:
    return _at_source("directory-column", directory, message, hint)


def _at_source(code: str, directory: Entry, message: str, hint: str) -> Finding:
    part: Part = directory.part
    text = message if code == "directory-column" else f"`source` {message}"
    return Finding(
        code=code,
        message=text,
        hint=hint,
        location=part.locate(("source",)),
        pointer=part.pointer(("source",)),
    )
