"""Directory tables to entries: the columns, the rows, and what is wrong with them.

A row becomes the same kind of entry as a user in YAML, so that every later check is the
same. What needs the rest of the set (groups, doubled users) is judged in `references`.
"""

from __future__ import annotations

import csv
import io
import posixpath
from typing import TYPE_CHECKING, Any, Final

from engine.errors import SourceError
from engine.findings import Finding
from engine.model import Location
from engine.read.rows import names_a_user, ragged, user_of
from engine.read.source import inside, matching
from engine.read.unfit import no_table, nothing_named, once, unreadable, wrong_column, wrong_columns
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.model import Path
    from engine.read.duck import Spool
    from engine.read.entries import Entry
    from engine.read.large import Large
    from engine.read.source import Source

SMALL_BYTES: Final = 8 * 1024 * 1024
"""CSV files of no more bytes than this are read in Python: a database would only cost time."""
SHOWN: Final = 10
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
    """A row that names its user. Cells are as in YAML: absent keys are left out of `value`."""

    id: str
    value: Mapping[str, Any]
    row: Row
    directory: Entry

    def alone(self) -> TableUser:
        """Return the user as a bad row declares it (§2): by the id, and no more."""
        return TableUser(self.id, {"id": self.id}, self.row, self.directory)


@dataclass(slots=True)
class Table:
    """One file of a directory: its rows, and what is wrong by line.

    `flawed` are the bad rows that name a user all the same: these are declared, and no more is
    read of them. `total` counts the bad rows where `wrong` does not hold them all.
    """

    file: str
    users: list[TableUser] = field(default_factory=list)
    flawed: list[TableUser] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)
    total: int = 0

    def add(self, line: int, cells: Mapping[str, Any], directory: Entry) -> None:
        """Take a row in, by its columns, sound or not."""
        value, wrong = user_of(cells)
        user = TableUser(value["id"], value, Row(self.file, line), directory)
        if wrong is None:
            self.users.append(user)
            return
        self.wrong[line] = wrong
        if names_a_user(value):
            self.flawed.append(user.alone())

    def named(self) -> Iterable[TableUser]:
        """Return the users whom the rows name, in the order of the rows."""
        if not self.flawed:
            return self.users
        return sorted([*self.users, *self.flawed], key=lambda user: user.row.line)

    @property
    def names_all(self) -> bool:
        """Whether every row names its user, sound or not: else more may be meant than are known."""
        return len(self.flawed) == len(self.wrong)

    def findings(self) -> list[Finding]:
        """Return the first bad rows as findings, each of which names how many there are."""
        total = max(self.total, len(self.wrong))
        tail = "" if total == 1 else f" (one of {total:,} bad rows)"
        return [
            Finding(
                code="directory-row",
                message=f"{self.wrong[line]}{tail}",
                location=Location(self.file, line, 1),
                hint="correct the row, or leave it out of the table",
            )
            for line in sorted(self.wrong)[:SHOWN]
        ]


def read_directory(
    spool: Spool,
    directory: Entry,
    path: str,
    toggles: Sequence[str] | None,
    *,
    values: bool = False,
) -> tuple[list[Table] | Large, list[Finding]]:
    """Read the tables of a directory document that stands in the policy file at `path`.

    `toggles` are the catalogue's keys, or None while they are not certain; then a column is called
    unknown only if it looks like one of the others. Returns the tables, or what is known of them
    where they are large (with `values` none is), and the findings at the document's `source`.
    """
    source = spool.source
    trouble = resolve(directory, path)
    if trouble:
        return [], [trouble]
    files = matching(source, str(directory.source))
    if not files:
        return [], [nothing_named(directory)]
    wrong = {file: _wrong_file(spool, directory, file) for file in files}
    troubles = once([trouble for trouble in wrong.values() if trouble])
    files = [file for file in files if not wrong[file]]
    if not files:
        return [], troubles
    texts = [file for file in files if ending(file) == ".csv"]
    is_small = values or sum(spool.size(file) for file in files) <= SMALL_BYTES
    if len(texts) == len(files) and is_small:
        tables, found = _small(source, directory, files, toggles)
        return tables, [*troubles, *found]
    from engine.read.opening import open_tables

    opened, found = open_tables(spool, directory, files, toggles, values=values)
    return opened, [*troubles, *found]


def resolve(directory: Entry, path: str) -> Finding | None:
    """Set the `source` of a document in the policy file at `path`, as the policy directory sees it.

    Returns the finding of one that leads outside.
    """
    directory.source = inside(posixpath.dirname(path), str(directory.id))
    if directory.source is None:
        return unreadable(directory, "is outside the policy directory", "move it inside")
    return None


def ending(file: str) -> str:
    """Return the ending of a file's name, in small letters."""
    return posixpath.splitext(file)[1].lower()


def _wrong_file(spool: Spool, directory: Entry, file: str) -> Finding | None:
    """Return why a file may not be read as a table, if it may not."""
    if ending(file) not in {".csv", ".parquet"}:
        return no_table(directory, file)
    leaves = getattr(spool.source, "leaves", None)
    if leaves and leaves(file):
        return unreadable(directory, f"leads outside by `{file}`", "put the file itself here")
    try:
        spool.size(file)
    except SourceError as error:
        return unreadable(directory, f"names `{file}`: {error.message}", error.hint)
    return None


def _small(
    source: Source, directory: Entry, files: Sequence[str], toggles: Sequence[str] | None
) -> tuple[list[Table], list[Finding]]:
    tables: list[Table] = []
    troubles: list[Finding] = []
    for file in files:
        troubles += read_csv(source, directory, file, toggles, tables)
    return tables, troubles


def read_csv(
    source: Source,
    directory: Entry,
    file: str,
    toggles: Sequence[str] | None,
    tables: list[Table],
) -> list[Finding]:
    """Append the table in a CSV file, or return why it cannot be had."""
    try:
        text = source.read(file).decode("utf-8-sig")
        lines = _lines(text)
        header = next(lines, None)
        if header is None:
            hint = "name the columns in line 1"
            return [wrong_column(directory, f"`{file}` has no header", hint)]
        troubles = wrong_columns(directory, file, header[1], toggles)
        if not troubles:
            tables.append(_rows(source, directory, file, header[1], lines))
    except SourceError as error:
        return [unreadable(directory, f"names `{file}`: {error.message}", error.hint)]
    except UnicodeDecodeError:
        return [unreadable(directory, f"names `{file}`, which is not UTF-8", "save it as UTF-8")]
    except csv.Error as error:
        message = f"names `{file}`, which is not CSV: {error}"
        return [unreadable(directory, message, "export it again")]
    return troubles


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


def _rows(
    source: Source,
    directory: Entry,
    file: str,
    header: list[str],
    lines: Iterator[tuple[int, list[str]]],
) -> Table:
    table = Table(source.label(file))
    for line, cells in lines:
        # NOTE: an empty cell says nothing, with a column or without; DuckDB reads large tables so.
        if len(cells) > len(header) and not any(cells[len(header) :]):
            del cells[len(header) :]
        if len(cells) != len(header):
            table.wrong[line] = ragged(len(cells), len(header))
            continue
        table.add(line, dict(zip(header, cells, strict=True)), directory)
    return table
