"""Which files of large tables cannot be read, when a statement over all of them has failed.

What a file's beginning says of it may be well, and its rows damaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.read import duck, tables, unfit

if TYPE_CHECKING:
    import duckdb

    from engine.findings import Finding
    from engine.read.entries import Entry
    from engine.read.population import Population


def unread(population: Population, error: Exception) -> list[Finding]:
    """Return which files DuckDB cannot read, and why; of CSV files, the bad rows as well.

    Raises SourceError where it was none of them: `error` is what happened.
    """
    found: list[Finding] = []
    for part in population.parts:
        for file in part.files:
            if file.parquet:
                trouble = damaged(population.connection, part.entry, file.file, file.path)
                found += [trouble] if trouble else []
                continue
            read: list[tables.Table] = []
            source = population.spool.source
            found += tables.read_csv(source, part.entry, file.file, population.toggles, read)
            found += [finding for table in read for finding in table.findings()]
    if not found:
        raise duck.not_read(error) from error
    return found


def damaged(
    connection: duckdb.DuckDBPyConnection, directory: Entry, file: str, path: str
) -> Finding | None:
    """Read a Parquet file to its end, and return why that cannot be done."""
    try:
        with duck.reading():
            query = f"SELECT max(hash(columns(*))) FROM read_parquet({duck.escaped([path])})"
            connection.execute(query).fetchall()
    except SourceError:
        return unsound(directory, file)
    return None


def unsound(directory: Entry, file: str) -> Finding:
    """Return the finding of a Parquet file whose rows are damaged."""
    message = f"names `{file}`, which is damaged Parquet"
    return unfit.unreadable(directory, message, "export it again")
