"""Ten million rows by two ways: calsync, and R4 spelled as joins, by a hash that knows no order.

The second way shares no line with the first: it reads the YAML as PyYAML has it, parts each
membership into a row of its own, joins it with the groups, and folds the rows back.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench._people import SYNC, people
from bench.harness import Sheet, keep_table

CLI = Path(__file__).parents[1] / "cli.py"
PLAIN = f"""
WITH people AS (
    SELECT row_number() OVER () AS n, "user", groups, calendars, {SYNC} AS own,
        coalesce(primary_group, groups[1]) AS main FROM read_parquet('{{table}}')
), member AS (SELECT n, main, unnest(groups) AS id FROM people
), other AS (
    SELECT n, min(id) FILTER (state = 'disabled') AS off_id,
        min(id) FILTER (state = 'enabled') AS on_id
    FROM member JOIN declared USING (id) WHERE locked AND id <> main GROUP BY n
), said AS (
    SELECT people.*, off_id, on_id, declared.state AS main_state, declared.locked AS main_locked
    FROM people LEFT JOIN other USING (n) LEFT JOIN declared ON declared.id = main
), decided AS (
    SELECT *, CASE WHEN main_locked THEN 'primary_group_lock'
        WHEN off_id IS NOT NULL AND on_id IS NOT NULL THEN 'group_lock_conflict'
        WHEN off_id IS NOT NULL OR on_id IS NOT NULL THEN 'group_lock'
        WHEN own IS NOT NULL THEN 'user_choice'
        WHEN main_state IS NOT NULL THEN 'primary_group' ELSE 'account' END AS reason
    FROM said
), stated AS (
    SELECT *, CASE WHEN reason LIKE 'primary%' THEN main_state
        WHEN reason LIKE 'group%' THEN if(off_id IS NULL, 'enabled', 'disabled')
        WHEN reason = 'user_choice' THEN own ELSE 'enabled' END AS state
    FROM decided
), flowing AS (
    SELECT *, CASE WHEN state = 'disabled' THEN 'toggle_disabled'
        WHEN calendars = ['none'] THEN 'no_calendar'
        WHEN NOT list_has_any(calendars, ['google', 'office365', 'exchange'])
        THEN 'unsupported_calendar' ELSE 'active' END AS why
    FROM stated
)
SELECT 'acme' AS account, "user", '{SYNC}' AS toggle, state, reason LIKE '%lock%' AS locked, reason,
    CASE WHEN reason = 'user_choice' THEN 'user' WHEN reason = 'account' THEN 'account'
        ELSE 'group' END AS source_scope,
    CASE WHEN reason LIKE 'primary%' THEN main WHEN reason LIKE 'group%'
        THEN coalesce(off_id, on_id) WHEN reason = 'user_choice' THEN "user" ELSE 'acme'
        END AS source_id,
    why = 'active' AS sync, why AS sync_reason FROM flowing
"""
HASHED = (
    'SELECT count(*), sum(hash(account::VARCHAR, "user", toggle::VARCHAR, state::VARCHAR, locked,'
    " reason::VARCHAR, source_scope::VARCHAR, source_id, sync, sync_reason::VARCHAR)::HUGEINT)"
    " FROM ({})"
)


def run(*, quick: bool = False) -> str:
    """Evaluate by both ways and compare; a difference ends the benchmarks."""
    users, groups = (200_000, 1_000) if quick else (10_000_000, 10_000)
    folder = people(users, groups)
    out = folder / "agreed.parquet"
    words = ("evaluate", "--format", "parquet", "--order", "table", "--output", str(out))
    subprocess.run([sys.executable, str(CLI), "-C", str(folder), *words], check=True)
    command = [sys.executable, "-m", "bench.agreement", str(folder), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    ours, plain = done.stdout.splitlines()[-2:]
    if ours != plain:
        raise SystemExit(f"the two ways disagree: {ours} and {plain}")
    sheet = Sheet(
        title=f"Two ways to {users:,} decisions",
        note="Rows, and the sum of their hashes over all columns: the same by both ways.",
        header=("way", "rows, sum of hashes"),
        rows=[("calsync evaluate", ours), ("R4 and R6 as plain joins", plain)],
    )
    return keep_table("agreement", sheet, {"calsync": ours, "plain": plain}, quick=quick)


def compare(folder: Path, out: str) -> None:
    """Print the count and hash of both ways, in a process of its own."""
    import duckdb
    import yaml

    with (folder / "policies" / "policy.yaml").open(encoding="utf-8") as file:
        documents = list(yaml.load_all(file, Loader=yaml.CSafeLoader))
    found = [
        (one["id"], one["toggles"][SYNC]["state"], one["toggles"][SYNC]["locked"])
        for one in documents
        if one["kind"] == "group" and "toggles" in one
    ]
    table = folder / "policies" / "people" / "1.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET memory_limit = '4GB'")
        connection.execute(
            "CREATE TABLE declared AS SELECT unnest(?::VARCHAR[]) AS id, unnest(?::VARCHAR[])"
            " AS state, unnest(?::BOOLEAN[]) AS locked",
            [list(column) for column in zip(*found, strict=True)],
        )
        for way in (f"FROM read_parquet('{out}')", PLAIN.format(table=table)):
            count, hashed = connection.execute(HASHED.format(way)).fetchall()[0]
            print(f"{count:,} rows, {hashed}")


if __name__ == "__main__":
    compare(Path(sys.argv[1]), sys.argv[2])
