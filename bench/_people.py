"""A policy directory with a large population in Parquet, written by a process of its own.

`python -m bench._people FOLDER USERS GROUPS FORM` writes it; `people` keeps one of each kind
below `bench/data`. DuckDB stays out of the process that measures: the peak memory of a
child is never less than what its parent once held.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

DATA = Path(os.environ.get("CALSYNC_BENCH_DATA", Path(__file__).parent / "data"))
SYNC = "bidirectional_calendar_sync"
LOCKING = 0.05
"""The share of groups that lock, where nothing else is said."""


def people(users: int, groups: int, *, form: str = "list") -> Path:
    """Return a directory with `policies` of so many users and groups; it is written once.

    `form` is that of the lists: `list` or `text` in Parquet, or `csv`.
    """
    folder = DATA / f"people-{users}-{groups}-{form}"
    if not (folder / "whole").exists():
        words = (str(folder), str(users), str(groups), form)
        subprocess.run([sys.executable, "-m", "bench._people", *words], check=True)
    return folder


def same_people(folder: Path, name: str, text: str) -> Path:
    """Return a directory with the tables of another one and policies of its own."""
    other = DATA / f"{name}-{folder.name}"
    tables = other / "policies" / "people"
    tables.mkdir(parents=True, exist_ok=True)
    for table in (folder / "policies" / "people").iterdir():
        if not (tables / table.name).exists():
            os.link(table, tables / table.name)
    (tables.parent / "policy.yaml").write_text(text, encoding="utf-8")
    return other


def policies(groups: int, locking: float, *, edited: float = 0.0, more: int = 0) -> str:
    """Return the YAML: an account, and groups of which a third declare and some lock.

    `edited` is the share of the groups whose setting is turned round, lock and all. Of `more`
    toggles, beside the one for sync, groups say as much as of that.
    """
    rng = random.Random(7)
    others = [f"feature_{number}" for number in range(1, more + 1)]
    parts = [f"kind: account\nid: acme\ntoggles:\n  {SYNC}: enabled\n"]
    if others:
        entries = "".join(f"  {key}: {{default: disabled}}\n" for key in others)
        parts.append(f"kind: catalogue\ntoggles:\n{entries}")
    for number in range(groups):
        said = [_said(rng, key, locking, edited) for key in (SYNC, *others)]
        toggles = f"toggles:\n{''.join(said)}" if any(said) else ""
        parts.append(f"kind: group\nid: group-{number:05}\npriority: {number + 1}\n{toggles}")
    parts.append("kind: directory\nsource: people/*\n")
    return "---\n".join(parts)


def _said(rng: random.Random, toggle: str, locking: float, edited: float) -> str:
    """Return a group's setting of a toggle, nothing where it says nothing."""
    locks, declares, off = rng.random() < locking, rng.random() < 0.33, rng.random() < 0.6
    if rng.random() < edited:
        locks, declares, off = not locks, True, not off
    state, locked = ("disabled" if off else "enabled"), str(locks).lower()
    return f"  {toggle}: {{state: {state}, locked: {locked}}}\n" if locks or declares else ""


def _table(users: int, groups: int, form: str) -> str:
    """Return the rows: one to five groups, a choice of their own for a tenth, and calendars.

    The ids come in no order, as a directory's export has them.
    """
    step = 7919 if users % 7919 else 7907
    member = f"'group-' || lpad((hash(i * 5 + j) % {groups})::VARCHAR, 5, '0')"
    joined = f"list_distinct([{member} FOR j IN range(1 + (hash(i) % 5)::BIGINT)])"
    connected = (
        "CASE WHEN hash(i, 1) % 20 = 0 THEN ['none'] WHEN hash(i, 1) % 20 = 1"
        " THEN ['exchange_on_premises'] WHEN hash(i, 1) % 20 < 12 THEN ['google']"
        " WHEN hash(i, 1) % 20 < 17 THEN ['google', 'office365'] END"
    )
    lists = "groups, primary_group, calendars"
    if form != "list":
        lists = (
            "array_to_string(groups, ';') AS groups, primary_group,"
            " array_to_string(calendars, ';') AS calendars"
        )
    return (
        f'SELECT "user", {lists}, {SYNC} FROM ('
        f"SELECT 'user-' || lpad((i * {step} % {users})::VARCHAR, 8, '0') || '@acme.example'"
        f' AS "user", {joined} AS groups, {connected} AS calendars,'
        " CASE WHEN hash(i, 3) % 5 = 0 THEN groups[len(groups)] END AS primary_group,"
        f" CASE hash(i, 2) % 20 WHEN 0 THEN 'enabled' WHEN 1 THEN 'disabled' END AS {SYNC}"
        f" FROM range({users}) AS numbers(i))"
    )


def _write(folder: Path, users: int, groups: int, form: str) -> None:
    import duckdb

    table = folder / "policies" / "people"
    table.mkdir(parents=True, exist_ok=True)
    (folder / "policies" / "policy.yaml").write_text(policies(groups, LOCKING), encoding="utf-8")
    ending, options = (
        ("csv", "FORMAT csv, HEADER") if form == "csv" else ("parquet", "FORMAT parquet")
    )
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            f"COPY ({_table(users, groups, form)}) TO '{table / f'1.{ending}'}' ({options})"
        )
    (folder / "whole").touch()


if __name__ == "__main__":
    _folder, _users, _groups, _form = sys.argv[1:]
    _write(Path(_folder), int(_users), int(_groups), _form)
