"""Ten million meeting events against the policies of 2,000 commits."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench._repository import events, repository
from bench.harness import Contender, keep, measure

ROOT = Path(__file__).parents[1]
EVENTS, COMMITS, FILES = 10_000_000, 2_000, 2_000
FLOOR = """
import duckdb, sys
table, out = sys.argv[1:]
duckdb.sql(f'''COPY (
    SELECT meeting, any_value("user") AS "user", max("at") AS touched_at, any_value(event) AS event
    FROM '{table}' WHERE "by" = 'user' GROUP BY meeting ORDER BY meeting
) TO '{out}' ({'FORMAT parquet' if out.endswith('parquet') else 'FORMAT csv, HEADER'})''')
"""
"""DuckDB alone: the same table read, its last touches found, sorted and written."""


def run() -> str:
    """Time meetings, Parquet to Parquet, against the floor, and the history by itself."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repository(folder, COMMITS, FILES)
        events(folder / "e.parquet", EVENTS, FILES - FILES // 10)
        events(folder / "few.parquet", 1_000, FILES - FILES // 10)
        calsync = (sys.executable, str(ROOT / "cli.py"), "-C", name, "meetings")
        out = ("--format", "parquet", "--output", "o.parquet")
        contenders = [
            Contender(
                name="DuckDB alone",
                command=(sys.executable, "-c", FLOOR, "e.parquet", "o.parquet"),
                cwd=folder,
                floor=True,
            ),
            Contender(name="meetings", command=(*calsync, "e.parquet", *out), cwd=folder),
            Contender(
                name="meetings of 1,000 events: the policies alone",
                command=(*calsync, "few.parquet", *out),
                cwd=folder,
            ),
        ]
        title = f"{EVENTS:,} meeting events, {COMMITS:,} commits, {FILES:,} files"
        return keep("meetings_events", title, measure(contenders, rounds=3), figure="cpu")
