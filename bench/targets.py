"""The targets, and what was measured: reads the results that are kept, and measures nothing."""

from __future__ import annotations

import json
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.harness import RESULTS, Sheet, keep_table
from bench.population import COUNTED, DIFF, ROWS, TOGGLES, US

if TYPE_CHECKING:
    from collections.abc import Callable


class Target(NamedTuple):
    """What is aimed at, in which result it stands, and how it is read there; None is not known."""

    what: str
    commit: str
    aim: str
    result: str
    read: Callable[[dict[str, Any]], str]


def _figure(result: dict[str, Any], start: str, figure: str) -> float:
    found = next((one for one in result["contenders"] if one["name"].startswith(start)), None)
    if found is None:
        raise KeyError(start)
    return float(median(run[figure] for run in found["runs"]))


def _times(one: str, other: str, figure: str = "cpu") -> Callable[[dict[str, Any]], str]:
    """Return how many times what `other` took `one` took."""
    return lambda result: f"{_figure(result, one, figure) / _figure(result, other, figure):.2f} x"


def _peak(one: str) -> Callable[[dict[str, Any]], str]:
    return lambda result: f"{_figure(result, one, 'peak_mib'):.0f} MiB"


def _against_peers(result: dict[str, Any], start: str) -> str:
    """Return decisions of a population against the fastest engines; plain Python is no engine."""
    peers = RESULTS / "single_decisions.json"
    if not peers.exists():
        return "not yet"
    speeds = json.loads(peers.read_text(encoding="utf-8"))
    engines = {
        name: speed
        for name, speed in speeds["decisions_per_cpu_second"].items()
        if name != "plain Python" and not name.startswith("calsync")
    }
    users = int(result["title"].split()[1].replace(",", ""))
    ours = users * (TOGGLES if start == COUNTED else 1) / _figure(result, start, "cpu")
    told = (
        f"{ours / speed:.1f} x {name}"
        for name, speed in sorted(engines.items(), key=lambda e: -e[1])
    )
    return ", ".join(list(told)[:2])


TARGETS = (
    Target(
        "evaluate, CPU against DuckDB alone that writes words as text",
        *("1.6 x", "1.25 x", "population_evaluate", _times(US, ROWS)),
    ),
    Target(
        "the same, where the tables were checked before",
        *("", "", "population_evaluate", _times(f"{US}, tables checked before", ROWS)),
    ),
    Target(
        "the same against DuckDB alone that writes coded words",
        *("", "", "population_evaluate", _times(US, "DuckDB alone, words coded")),
    ),
    Target(
        "evaluate in order, against DuckDB alone that sorts",
        *("", "", "population_sorted", _times("calsync evaluate", ROWS)),
    ),
    Target("peak memory of evaluate", "300 MB", "200 MB", "population_evaluate", _peak(US)),
    Target(
        "with 60 % of the groups locking",
        *("700 MB", "400 MB", "population_evaluate", _peak("calsync evaluate --order table, 60 %")),
    ),
    Target(
        "in order, with --memory 200MB",
        *("", "", "population_sorted", _peak("calsync evaluate --memory")),
    ),
    Target(
        f"decisions a CPU second, files included, {TOGGLES} toggles counted, against the fastest",
        *("10 x", "20 x", "population_decided", partial(_against_peers, start=COUNTED)),
    ),
    Target(
        "the same, of one toggle, each written as a row",
        *("", "", "population_decided", partial(_against_peers, start=US)),
    ),
    Target(
        "rows a CPU second of DuckDB alone, which decides nothing, likewise",
        *("", "", "population_decided", partial(_against_peers, start=ROWS)),
    ),
    Target(
        "diff, 1 % of the groups changed, CPU against reading the columns",
        *(
            "2.5 x",
            "1.5 x",
            "population_questions",
            _times(f"{DIFF}, asked before", "DuckDB alone"),
        ),
    ),
    Target(
        "the same, asked once before: a census is taken",
        *("", "", "population_questions", _times(f"{DIFF}, asked once", "DuckDB alone")),
    ),
    Target(
        "the same, where the tables were never checked",
        *("", "", "population_questions", _times(DIFF, "DuckDB alone")),
    ),
    Target(
        "validate 10,000 files, check-jsonschema's wall time against ours",
        *("8 x", "20 x", "validate_many", _times("check-jsonschema", "calsync", "wall")),
    ),
    Target(
        "validate one file of 100,000 users, likewise",
        *("8 x", "20 x", "validate_one", _times("check-jsonschema", "calsync", "wall")),
    ),
    Target(
        "explain among 10,000 group files and 100,000 users, warm, CPU against `python -c pass`",
        *("8 x", "5 x", "explain_cache", _times("explain among 100,000, warm", "python")),
    ),
    Target(
        "explain in the example, no cache, likewise",
        *("12 x", "6 x", "explain_cache", _times("explain in the example, no", "python")),
    ),
    Target(
        "diff, one of 10,000 files changed, CPU of parsing both sides in full against ours",
        *("30 x", "150 x", "diff_repository_10000", _times("both sides", "calsync diff HEAD~1 H")),
    ),
    Target(
        "the same, for a commit that is new to the cache",
        *("", "", "diff_repository_10000", _times("both sides", "a commit that is new")),
    ),
    Target(
        "explain one of ten million, CPU against reading the columns",
        *("", "", "population_questions", _times("calsync explain", "DuckDB alone")),
    ),
)


def run() -> str:
    """Write the table of targets from the results that are there."""
    rows = [(one.what, one.commit, one.aim, _measured(one)) for one in TARGETS]
    sheet = Sheet(
        title="Targets, and what was measured",
        note="Written from the results beside it by `make bench NAMES=targets`.",
        header=("what", "commit", "aim", "measured"),
        rows=rows,
    )
    return keep_table("targets", sheet, {"measured": {row[0]: row[3] for row in rows}})


def _measured(target: Target) -> str:
    path = RESULTS / f"{target.result}.json"
    if not path.exists():
        return "not yet"
    try:
        return target.read(json.loads(path.read_text(encoding="utf-8")))
    except KeyError:
        return "not yet"
