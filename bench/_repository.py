"""A large repository of policies for benchmarks, and a large table of meeting events."""

from __future__ import annotations

import random
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

START = 1_700_000_000
SYNC = "bidirectional_calendar_sync"
GIT = shutil.which("git") or "git"


def user(rng: random.Random, number: int, groups: int) -> str:
    joined = rng.sample(range(groups), 3)
    choice = rng.choice(("", f"toggles:\n  {SYNC}: {rng.choice(('on', 'off'))}\n"))
    listed = "".join(f"  - group-{group:05}\n" for group in joined)
    return (
        f"kind: user\nid: user-{number:05}@acme.example\nname: Somebody {number}\n"
        f"groups:\n{listed}primary_group: group-{joined[0]:05}\ncalendars: [google]\n{choice}"
    )


def group(rng: random.Random, number: int) -> str:
    state, locked = rng.choice(("enabled", "disabled")), rng.random() < 0.1
    setting = f"{{state: {state}, locked: {str(locked).lower()}}}"
    return (
        f"kind: group\nid: group-{number:05}\nname: Group {number}\npriority: {number + 1}\n"
        f"admins: [gina@acme.example]\ntoggles:\n  {SYNC}: {setting}\n"
    )


def stream(commits: int, files: int) -> bytes:
    """Return a repository as `git fast-import` takes it.

    A tenth of the files are groups. Each commit edits one to three of them, every fiftieth the
    account, and every hundredth is broken.
    """
    rng = random.Random(7)
    groups = max(files // 10, 4)
    parts: list[str] = []
    for number in range(commits):
        changed: dict[str, str] = {}
        if number == 0:
            changed = {f"groups/{n % 50}/g{n}.yaml": group(rng, n) for n in range(groups)}
            changed |= {
                f"people/{n % 100}/u{n}.yaml": user(rng, n, groups) for n in range(files - groups)
            }
        for _ in range(rng.randint(1, 3)):
            if rng.random() < 0.3:
                n = rng.randrange(groups)
                changed[f"groups/{n % 50}/g{n}.yaml"] = group(rng, n)
            else:
                n = rng.randrange(files - groups)
                changed[f"people/{n % 100}/u{n}.yaml"] = user(rng, n, groups)
        if number % 50 == 0:
            state = rng.choice(("enabled", "disabled"))
            changed["account.yaml"] = f"kind: account\nid: acme\ntoggles:\n  {SYNC}: {state}\n"
        changed["more.yaml"] = "a: [" if number % 100 == 99 else f"# {number}\n"
        when = START + 3_600 * number
        parts.append(f"commit refs/heads/main\ncommitter Olga <olga@acme.example> {when} +0000\n")
        parts.append("data 4\nEdit\n")
        for path, text in changed.items():
            parts.append(f"M 100644 inline policies/{path}\ndata {len(text.encode())}\n{text}\n")
    return "".join(parts).encode()


def repository(folder: Path, commits: int, files: int) -> None:
    """Write the repository; its working tree stays empty."""
    subprocess.run([GIT, "init", "-q", "-b", "main", str(folder)], check=True)
    command = [GIT, "-C", str(folder), "fast-import", "--quiet"]
    subprocess.run(command, input=stream(commits, files), check=True)


def events(path: Path, number: int, users: int) -> None:
    """Write a table of meeting events over 2,000 hours from START, a quarter as many meetings."""
    import duckdb

    meeting = f"(i * 7919 % {max(number // 4, 1)})"
    at = f"to_timestamp({START} + (hash(i) % 7200000)::BIGINT) AT TIME ZONE 'UTC'"
    ending = "FORMAT parquet" if path.suffix == ".parquet" else "FORMAT csv, HEADER"
    query = f"""SELECT 'm' || lpad({meeting}::VARCHAR, 9, '0') AS meeting,
        'user-' || lpad(({meeting} * 31 % {users})::VARCHAR, 5, '0') || '@acme.example' AS "user",
        if(i % 4 = 0, 'created', 'updated') AS event,
        strftime({at}, '%Y-%m-%dT%H:%M:%SZ') AS "at",
        if(i % 5 = 0, 'system', 'user') AS "by" FROM range({number}) AS numbers(i)"""
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' ({ending})")
