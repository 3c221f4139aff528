"""Ten million people in 10,000 groups: all that is asked of everybody, against DuckDB alone."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench._people import DATA, LOCKING, people, policies, same_people
from bench.harness import Contender, keep, measure, once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[1]
CALSYNC = (sys.executable, str(ROOT / "cli.py"))
USERS, GROUPS = 10_000_000, 10_000
SMALL = (200_000, 1_000)


def run(*, quick: bool = False) -> str:
    """Time evaluations, and what else is asked of everybody, each against its floor."""
    users, groups = SMALL if quick else (USERS, GROUPS)
    folder = people(users, groups)
    heavy = same_people(folder, "heavy", policies(groups, 0.6))
    edited = same_people(folder, "edited", policies(groups, LOCKING, edited=0.01))
    rounds = 1 if quick else 3
    many = same_people(folder, "many", policies(groups, LOCKING, more=MORE))
    told = f"{users:,} users, {groups:,} groups"
    parts = [
        _kept(
            "evaluate",
            f"Evaluate {told}, Parquet to Parquet",
            _evaluate(folder, heavy),
            rounds,
        ),
        _kept("decided", f"Decide {told}, as rows and as counts", _decided(folder, many), rounds),
        _kept("sorted", f"Evaluate {told} in order", _sorted(folder), rounds),
        _kept("forms", f"Evaluate {told} into text", _forms(folder), rounds),
        _kept("questions", f"Ask about {told}", _questions(folder, edited), rounds),
    ]
    return "\n".join(parts)


def _kept(name: str, title: str, contenders: Sequence[Contender], rounds: int) -> str:
    quick = rounds == 1
    measured = measure(contenders, rounds=rounds, warm=quick)
    return keep(f"population_{name}", title, measured, figure="cpu", quick=quick)


def _floor(folder: Path, name: str, what: str, out: str = "", *, floor: bool = True) -> Contender:
    words = (sys.executable, "-m", "bench._floors", what, str(folder / _TABLE))
    out = out and str(folder / out)
    command = (*words, out) if out else words
    return Contender(name=name, command=command, floor=floor, cwd=ROOT)


_TABLE = "policies/people/1.parquet"
_CACHE = DATA / "population"


def _us(
    folder: Path, name: str, *words: str, prepare: Callable[[], None] | None = None
) -> Contender:
    return Contender(
        name=name,
        command=(*CALSYNC, *words),
        cwd=folder,
        env={"CALSYNC_CACHE": str(_CACHE)},
        prepare=prepare,
        # Where groups lock at random some people meet two locks that disagree: `validate` says so.
        ok=(0, 1),
    )


ROWS = "DuckDB alone, words as text"
US = "calsync evaluate --order table"
MORE = 7
"""Toggles of an account beside the two that everybody has."""
TOGGLES = MORE + 2
COUNTED = f"calsync evaluate --summary --all-toggles, {TOGGLES} toggles"
DIFF = "calsync diff, 1 % of the groups changed, as Parquet"
_UNSORTED = ("--format", "parquet", "--output", "o.parquet", "--order", "table")


def _evaluate(folder: Path, heavy: Path) -> list[Contender]:
    return [
        _floor(folder, ROWS, "rows", "f.parquet"),
        _floor(folder, "DuckDB alone, words coded", "words", "f.parquet", floor=False),
        _us(folder, US, "--no-cache", "evaluate", *_UNSORTED),
        _us(folder, f"{US}, tables checked before", "evaluate", *_UNSORTED),
        _us(heavy, f"{US}, 60 % of the groups lock", "--no-cache", "evaluate", *_UNSORTED),
    ]


def _decided(folder: Path, many: Path) -> list[Contender]:
    """Return who decides most a CPU second: whose rows are written, and whose are only counted."""
    summary = ("--no-cache", "evaluate", "--summary")
    return [
        _floor(folder, ROWS, "rows", "f.parquet"),
        _us(folder, US, "--no-cache", "evaluate", *_UNSORTED),
        _us(folder, "calsync evaluate --summary", *summary),
        _us(many, COUNTED, *summary, "--all-toggles"),
    ]


def _sorted(folder: Path) -> list[Contender]:
    out = ("--format", "parquet", "--output", "o.parquet")
    return [
        _floor(folder, "DuckDB alone, words as text, sorted", "sorted", "f.parquet"),
        _us(folder, "calsync evaluate", "--no-cache", "evaluate", *out),
        _us(
            folder,
            "calsync evaluate --memory 200MB",
            *("--no-cache", "evaluate", *out, "--memory", "200MB"),
        ),
    ]


def _forms(folder: Path) -> list[Contender]:
    order = ("--order", "table")
    return [
        _floor(folder, "DuckDB alone, CSV", "rows", "f.csv"),
        _us(folder, "calsync, CSV", "evaluate", "--format", "csv", "--output", "o.csv", *order),
        _floor(folder, "DuckDB alone, NDJSON", "rows", "f.ndjson", floor=False),
        _us(
            folder,
            "calsync, NDJSON",
            "evaluate",
            "--format",
            "ndjson",
            "--output",
            "o.ndjson",
            *order,
        ),
    ]


def _questions(folder: Path, edited: Path) -> list[Contender]:
    old, new = str(folder / "policies"), str(edited / "policies")
    some = "user-00004000@acme.example"
    out = ("--format", "parquet", "--output", "d.parquet")
    asked = ("diff", old, new, *out)
    known = _us(folder, f"{DIFF}, asked before", *asked)
    return [
        _floor(folder, "DuckDB alone, the columns read", "scan"),
        _us(folder, DIFF, "--no-cache", *asked),
        replace(known, prepare=lambda: _ask(known)),
        _us(folder, f"{DIFF}, asked once before", *asked, prepare=lambda: _ask(known, keep=False)),
        _us(folder, "calsync explain, one of them", "explain", some),
    ]


def _ask(known: Contender, *, keep: bool = True) -> None:
    """Ask until all is kept that the next answer can use, or all but the census of the table."""
    while not list(_CACHE.glob("*.census")):
        once(known)
    for census in _CACHE.glob("*.census"):
        if not keep:
            census.unlink()
