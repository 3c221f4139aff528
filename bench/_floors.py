"""What DuckDB alone needs for a population: `python -m bench._floors WHAT TABLE [OUT]`.

`rows` and `words` read the columns that calsync reads and write the columns of a decision row,
decided by nothing: `rows` writes every word as text, `words` as an enumeration. `sorted` is
`rows` in order. `scan` reads the columns and writes nothing.
"""

from __future__ import annotations

import sys

import duckdb

SYNC = "bidirectional_calendar_sync"


def rows(table: str, *, coded: bool) -> str:
    """Return a statement that reads every column and writes rows that look like decisions."""

    def words(*known: str) -> str:
        return f"ENUM({', '.join(repr(word) for word in known)})" if coded else "VARCHAR"

    state = words("disabled", "enabled")
    reason = words("user_choice", "primary_group", "account")
    scope = words("user", "group", "account")
    why = words("active", "no_calendar")
    return (
        f"SELECT 'acme'::{words('acme')} AS account, \"user\", '{SYNC}'::{words(SYNC)} AS toggle,"
        f" if(len(groups) > 2, 'enabled', 'disabled')::{state} AS state,"
        " len(groups) > 4 AS locked,"
        f" CASE WHEN {SYNC} IS NOT NULL THEN 'user_choice'::{reason}"
        f" WHEN primary_group IS NOT NULL THEN 'primary_group'::{reason}"
        f" ELSE 'account'::{reason} END AS reason,"
        f" if(len(groups) > 3, 'group', 'account')::{scope} AS source_scope,"
        " if(len(groups) > 3, groups[1], 'acme') AS source_id, len(calendars) > 1 AS sync,"
        f" if(len(calendars) > 1, 'active', 'no_calendar')::{why} AS sync_reason"
        f" FROM read_parquet('{table}')"
    )


def main(what: str, table: str, out: str = "") -> None:
    """Run one floor, and print how many rows there were."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        if what == "scan":
            query = (
                f'SELECT max(strlen("user")), sum(len(groups)), count(primary_group),'
                f" sum(len(calendars)), count({SYNC}) FROM read_parquet('{table}')"
            )
        else:
            query = rows(table, coded=what == "words")
            order = ' ORDER BY account, "user", toggle' if what == "sorted" else ""
            form = "parquet" if out.endswith("parquet") else "csv, HEADER"
            form = "json" if out.endswith("ndjson") else form
            query = f"COPY ({query}{order}) TO '{out}' (FORMAT {form})"
        print(connection.execute(query).fetchall())


if __name__ == "__main__":
    main(*sys.argv[1:])
