"""Times whole processes in turn and reports medians and ratios.

Owns how a measurement is made: the contenders run A, B, C, A, B, C …, so that a machine whose
speed drifts wrongs nobody; the operating system's own account of each finished process gives
CPU seconds and peak memory; the median is quoted, the least and the most stand beside it.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A command to time. Exactly one of a benchmark is the floor that ratios refer to.

    `prepare` runs before each run, unmeasured; `ok` are the exit codes that count as success.
    """

    name: str
    command: Sequence[str]
    floor: bool = False
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] | None = None
    ok: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One finished process: seconds, and its peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A contender's runs."""

    contender: Contender
    runs: tuple[Run, ...]

    def median(self, figure: str) -> float:
        """Return the median of `wall`, `cpu` or `peak`."""
        return float(statistics.median(getattr(run, figure) for run in self.runs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with columns of its own, and what is to be said of it."""

    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def once(contender: Contender) -> Run:
    """Run a contender once; a failure ends the benchmark with what the process said."""
    if contender.prepare:
        contender.prepare()
    started = time.perf_counter()
    process = subprocess.Popen(
        list(contender.command),
        cwd=contender.cwd,
        env={**_as_installed(), **contender.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in contender.ok:
        message = f"{contender.name} ended with {process.returncode}: {' '.join(contender.command)}"
        raise SystemExit(message)
    divisor = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(wall=wall, cpu=used.ru_utime + used.ru_stime, peak=used.ru_maxrss / divisor)


def _as_installed() -> dict[str, str]:
    """Return an environment in which modules are compiled once, as an installed program's are."""
    unwanted = "PYTHONDONTWRITEBYTECODE"
    return {name: value for name, value in os.environ.items() if name != unwanted}


def measure(
    contenders: Sequence[Contender], *, rounds: int = 7, warm: bool = True
) -> list[Measured]:
    """Run all contenders in turn, after one round that does not count unless it is not `warm`.

    What takes a minute needs no round to warm up: its figures are CPU seconds of DuckDB.
    """
    kept: list[list[Run]] = [[] for _ in contenders]
    for number in range(not warm, rounds + 1):
        for runs, contender in zip(kept, contenders, strict=True):
            run = once(contender)
            if number:
                runs.append(run)
    return [
        Measured(contender=contender, runs=tuple(runs))
        for contender, runs in zip(contenders, kept, strict=True)
    ]


def table(title: str, measured: Sequence[Measured], *, figure: str = "wall") -> str:
    """Return a Markdown table: medians, spread, peak memory, and ratios to the floor."""
    floor = next(m for m in measured if m.contender.floor).median(figure)
    lines = [
        f"### {title}",
        "",
        f"Ratios of median {figure} seconds to the floor; {len(measured[0].runs)} rounds in turn.",
        "",
        "| contender | ratio | wall s (least to most) | cpu s | peak MiB |",
        "|---|---:|---:|---:|---:|",
    ]
    for one in measured:
        walls = [run.wall for run in one.runs]
        name = f"{one.contender.name} (floor)" if one.contender.floor else one.contender.name
        lines.append(
            f"| {name} | {one.median(figure) / floor:.2f} | {one.median('wall'):.3f}"
            f" ({min(walls):.3f} to {max(walls):.3f}) | {one.median('cpu'):.3f}"
            f" | {one.median('peak'):.0f} |"
        )
    return "\n".join(lines) + "\n"


def keep(
    name: str,
    title: str,
    measured: Sequence[Measured],
    *,
    figure: str = "wall",
    note: str = "",
    quick: bool = False,
) -> str:
    """Write a result as Markdown and JSON under `bench/results`, and return the Markdown.

    A quick run is for looking at: it writes nothing.
    """
    text = table(title, measured, figure=figure)
    return _write(name, _noted(text, note), _as_json(title, measured), quick=quick)


def keep_table(name: str, sheet: Sheet, data: Mapping[str, Any], *, quick: bool = False) -> str:
    """Write a result that is no list of processes, and its figures as JSON, as `keep` does."""
    lines = [
        f"### {sheet.title}",
        "",
        f"| {' | '.join(sheet.header)} |",
        "|---" + "|---:" * (len(sheet.header) - 1) + "|",
        *(f"| {' | '.join(row)} |" for row in sheet.rows),
    ]
    text = _noted("\n".join(lines) + "\n", sheet.note)
    return _write(name, text, {"title": sheet.title, "machine": machine(), **data}, quick=quick)


def _noted(text: str, note: str) -> str:
    return f"{text}\n{note}\n" if note else text


def _write(name: str, text: str, data: Mapping[str, Any], *, quick: bool) -> str:
    text = f"{text}\n{machine()}\n"
    if not quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
        as_json = json.dumps(data, indent=2) + "\n"
        (RESULTS / f"{name}.json").write_text(as_json, encoding="utf-8")
    return text


def _as_json(title: str, measured: Sequence[Measured]) -> dict[str, Any]:
    return {
        "title": title,
        "machine": machine(),
        "contenders": [
            {
                "name": one.contender.name,
                "floor": one.contender.floor,
                "runs": [{"wall": r.wall, "cpu": r.cpu, "peak_mib": r.peak} for r in one.runs],
            }
            for one in measured
        ],
    }


def machine() -> str:
    """Say in a line on what and when this was measured."""
    model = platform.processor() or platform.machine()
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    day = datetime.now(tz=UTC).date().isoformat()
    return (
        f"Measured {day} on {os.cpu_count()} cores of {model} with {_memory():.0f} GiB of memory,"
        f" {platform.system()}, Python {platform.python_version()}."
    )


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
