"""Single decisions in memory: policy engines, plain Python, and calsync by one user at a time.

Each engine runs in a process of its own, in turn, several times. They must give the same answers.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any

from bench._peers import PEERS, US, USERS
from bench.harness import Sheet, keep_table

FLOOR = "plain Python"


def run(*, quick: bool = False) -> str:
    """Ask every engine the same 1,000 questions over and over, and compare decisions a second."""
    rounds, seconds = (1, 0.2) if quick else (3, 1.0)
    names = [*PEERS, US]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            runs[name].append(_once(name, seconds))
    said = {name: {run["answers"] for run in found} for name, found in runs.items()}
    if len(set.union(*said.values())) != 1:
        raise SystemExit(f"the engines do not agree: {said}")
    speeds = {
        name: statistics.median(run["decisions"] / run["cpu"] for run in found)
        for name, found in runs.items()
    }
    rows = [
        (name, runs[name][0]["version"], f"{speed:,.0f}", f"{speed / speeds[US]:.2f}")
        for name, speed in sorted(speeds.items(), key=lambda item: -item[1])
    ]
    note = (
        f"Median of {rounds} processes each; the same {USERS:,} users, and the same answer from"
        " every engine for each. The peers are handed what each scope says of a user; calsync"
        " looks the groups up, and returns the state, the lock, the reason and the source as well."
    )
    sheet = Sheet(
        title="Single decisions in memory, no input or output",
        note=note,
        header=("engine", "version", "decisions a CPU second", "against calsync"),
        rows=rows,
    )
    data = {"decisions_per_cpu_second": speeds}
    return keep_table("single_decisions", sheet, data, quick=quick)


def _once(name: str, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench._peers", name, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr[-500:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
