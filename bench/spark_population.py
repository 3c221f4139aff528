"""Ten million users on Spark: the same rows as DuckDB's, by a hash that knows no order.

`CALSYNC_BENCH_USERS` takes another number of users; Java has to be installed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench.harness import Contender, Measured, keep, once

ROOT = Path(__file__).parents[1]
USERS = int(os.environ.get("CALSYNC_BENCH_USERS", "10_000_000"))
GROUPS = 10_000
FILES = 8
TOGGLE = "bidirectional_calendar_sync"


def policies(folder: Path) -> None:
    """Write an account with its groups: of ten, one locks on, one locks off, four declare."""
    said = [
        "{state: on, locked: true}",
        "{state: off, locked: true}",
        *("{state: on}", "{state: off}", "{state: on}", "{state: off}"),
    ]
    documents = ["kind: account\nid: acme", "kind: directory\nsource: people/*.parquet"]
    for number in range(GROUPS):
        own = f"\ntoggles: {{{TOGGLE}: {said[number % 10]}}}" if number % 10 < len(said) else ""
        documents.append(f"kind: group\nid: g{number}{own}")
    (folder / "people").mkdir(parents=True)
    (folder / "all.yaml").write_text("\n---\n".join(documents), encoding="utf-8")


def people(folder: Path) -> None:
    """Write the tables: two groups each, one choice of five, four kinds of calendars."""
    import duckdb

    each = USERS // FILES
    with duckdb.connect() as connection:
        for number in range(FILES):
            connection.execute(
                "COPY (SELECT printf('u%09d@acme.example', i) AS \"user\","
                f" ['g' || hash(i) % {GROUPS}, 'g' || hash(i + 0.5) % {GROUPS}] AS groups,"
                " [['google'], ['office365', 'google'], ['exchange_on_premises'], NULL]"
                "[1 + (hash(i, 1) % 4)::INT] AS calendars,"
                f" CASE hash(i, 2) % 5 WHEN 0 THEN 'off' END AS {TOGGLE}"
                f" FROM range({number * each}, {(number + 1) * each}) r(i))"
                f" TO '{folder}/part{number}.parquet' (FORMAT parquet)"
            )


def digest(files: str) -> tuple[int, int]:
    """Return the number of rows, and the sum of their hashes."""
    import duckdb

    with duckdb.connect() as connection:
        columns = (
            'account::VARCHAR, "user", toggle::VARCHAR, state::VARCHAR, locked, reason::VARCHAR,'
            " source_scope::VARCHAR, source_id, sync, sync_reason::VARCHAR"
        )
        query = f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM read_parquet('{files}')"
        rows = connection.execute(query).fetchall()
        return int(rows[0][0]), int(rows[0][1])


def run() -> str:
    """Evaluate once on DuckDB and once on Spark, and compare every row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        policies(folder / "policies")
        people(folder / "policies" / "people")
        calsync = (sys.executable, str(ROOT / "cli.py"), "evaluate", "--format", "parquet")
        spark = ("--engine", "spark", "--spark-master", "local[2]")
        memory = ("--spark-conf", "spark.driver.memory=4g")
        contenders = [
            Contender(
                name="DuckDB",
                command=(*calsync, "--engine", "duckdb", "--output", "duck.parquet"),
                cwd=folder,
                floor=True,
            ),
            Contender(
                name="Spark, local[2], 4 GB",
                command=(*calsync, *spark, *memory, "--output", "spark"),
                cwd=folder,
            ),
            Contender(
                name="Spark, as the rows come",
                command=(*calsync, *spark, *memory, "--order", "table", "--output", "unsorted"),
                cwd=folder,
            ),
        ]
        measured = [Measured(contender=one, runs=(once(one),)) for one in contenders]
        wanted = digest(f"{folder}/duck.parquet")
        for written in ("spark", "unsorted"):
            found = digest(f"{folder}/{written}/*.parquet")
            if found != wanted:
                raise SystemExit(f"other rows: {found} instead of {wanted} in {written}")
        title = (
            f"{wanted[0]:,} users, {GROUPS:,} groups; the same rows (hashes add up to {wanted[1]})"
        )
        return keep("spark_population", title, measured)
