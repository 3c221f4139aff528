"""DuckDB, and files where it can read them. Nothing here knows what a table means."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from weakref import finalize

from engine.errors import MissingExtraError, QuestionError, SourceError
from engine.literals import text
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import duckdb

    from engine.literals import Words
    from engine.read.source import Source

_SETTINGS: Final = {
    # NOTE: nothing is fetched from anywhere because a policy file names it.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

_PIECE: Final = 1 << 20


def connect(purpose: str) -> duckdb.DuckDBPyConnection:
    """Return a connection of its own, or raise MissingExtraError that says what it is for."""
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError("duckdb", "tables", purpose) from None
    connection = duckdb.connect(config={**_SETTINGS})
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"SET temp_directory = {text(_spill())}")
    return connection


def _spill() -> str:
    return os.path.join(tempfile.gettempdir(), f"calsync-spill-{os.getpid()}")


def has_spilled() -> bool:
    """Tell whether connections of this process have files that they remove when they are closed."""
    return os.path.exists(_spill())


def limit(connection: duckdb.DuckDBPyConnection, memory: str) -> None:
    """Let DuckDB hold so much in memory; raise QuestionError where that is no size."""
    import duckdb

    try:
        connection.execute(f"SET memory_limit = {text(memory)}")
    except duckdb.OutOfMemoryException as error:
        raise QuestionError(f"`{memory}` is too little memory", hint="allow more") from error
    except duckdb.Error as error:
        hint = "write it like 500MB or 4GB"
        raise QuestionError(f"`{memory}` is no amount of memory", hint=hint) from error


@contextmanager
def reading() -> Iterator[None]:
    """Raise SourceError where DuckDB cannot read a table, but for want of memory."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise not_read(error) from error


def not_read(error: Exception) -> SourceError:
    """Return DuckDB's error in words."""
    return SourceError(f"a table cannot be read: {str(error).splitlines()[0]}")


def create(connection: duckdb.DuckDBPyConnection, types: Iterable[Words]) -> None:
    """Create enumerations, in place of those that bear their names."""
    for one in types:
        words = ", ".join(text(word) for word in one.words)
        connection.execute(f'CREATE OR REPLACE TYPE "{one.name}" AS ENUM ({words})')


def drop(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Drop tables that may be there, on a connection that may be closed."""
    import duckdb

    with suppress(duckdb.Error):  # then the tables are gone with it
        for table in tables:
            connection.execute(f"DROP TABLE IF EXISTS {table}")


@dataclass(slots=True, weakref_slot=True, eq=False)
class Spool:
    """Files of a source as paths that DuckDB can open: those of a revision go to a private folder.

    The folder lives as long as this does.
    """

    source: Source
    _folder: str | None = None
    _written: dict[str, str] = field(default_factory=dict)
    _connection: duckdb.DuckDBPyConnection | None = None

    def connection(self, purpose: str) -> duckdb.DuckDBPyConnection:
        """Return the one connection for all tables of the source: each takes its time to begin."""
        if self._connection is None:
            self._connection = connect(purpose)
        return self._connection

    def path(self, file: str) -> str:
        """Return where the file is on disk."""
        on_disk = getattr(self.source, "on_disk", None)
        if on_disk:
            return str(on_disk(file))
        if file not in self._written:
            if self._folder is None:
                self._folder = tempfile.mkdtemp(prefix="calsync-")
                finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            ending = os.path.splitext(file)[1].lower()
            full = os.path.join(self._folder, f"{len(self._written)}{ending}")
            with open(full, "wb") as out:
                out.write(self.source.read(file))
            self._written[file] = full
        return self._written[file]

    def size(self, file: str) -> int:
        """Return the file's size in bytes; raise SourceError where it cannot be read."""
        on_disk = getattr(self.source, "on_disk", None)
        if not on_disk:
            return len(self.source.read(file))
        try:
            about = os.stat(on_disk(file))
        except OSError as error:
            raise SourceError(f"cannot read it: {error.strerror}") from error
        if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for
            raise SourceError("it is not a regular file")
        return about.st_size


def escaped(paths: Sequence[str]) -> str:
    """Return paths as a list literal; what DuckDB would read as a glob stands for itself."""
    return "[" + ", ".join(text(_plain(path)) for path in paths) + "]"


def _plain(path: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)


def put(path: str, make: Callable[[str], object]) -> None:
    """Have a file made, and put it where it belongs when it is whole.

    A link stays one; a pipe or device is written to, and never replaced. Raises SourceError
    where the file cannot be written.
    """
    whole = os.path.realpath(path)
    streams = os.path.exists(path) and not os.path.isfile(path)
    folder = tempfile.gettempdir() if streams else os.path.dirname(whole)
    part = os.path.join(folder, f".calsync-{os.getpid()}-part")
    try:
        with open(part, "wb"):
            pass  # a folder that cannot be written to is known before the work
        make(part)
        if streams:
            with open(part, "rb") as made, open(path, "wb") as stream:
                shutil.copyfileobj(made, stream)
        else:
            os.replace(part, whole)
    except OSError as error:
        raise SourceError(f"cannot write `{path}`: {error.strerror}") from error
    finally:
        if os.path.exists(part):
            os.unlink(part)


def pieces(make: Callable[[str], object]) -> Iterator[bytes]:
    """Yield what is made in a file, for a place that only takes bytes in their order."""
    with tempfile.TemporaryDirectory(prefix="calsync-") as folder:
        path = os.path.join(folder, "rows")
        make(path)
        with open(path, "rb") as made:
            while piece := made.read(_PIECE):
                yield piece


def parquet_columns(connection: duckdb.DuckDBPyConnection, path: str) -> list[tuple[str, str]]:
    """Return the name and DuckDB's type of each top-level column of a Parquet file."""
    columns = "name, duckdb_type, coalesce(num_children, 0)"
    query = f"SELECT {columns} FROM parquet_schema({escaped([path])})"
    rows = connection.execute(query).fetchall()
    found: list[tuple[str, str]] = []
    skip = 0
    for name, kind, children in rows[1:]:
        if skip == 0:
            found.append((name, kind))
        else:
            skip -= 1
        skip += children
    return found


def parquet_rows(connection: duckdb.DuckDBPyConnection, path: str) -> int:
    """Return how many rows a Parquet file has, from its footer."""
    return int(_one(connection, f"SELECT num_rows FROM parquet_file_metadata({escaped([path])})"))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    rows = connection.execute(query).fetchall()  # to the end: the next query wants the connection
    return rows[0][0] if rows else None
