"""Draws the results that are kept, as SVG: decisions a second, CPU seconds, and growth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.harness import RESULTS
from bench.population import COUNTED, TOGGLES, US

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OURS, OTHERS = "#0b5cff", "#8a94a6"


def run() -> str:
    """Draw every plot whose result is there, and return their names."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "calsync", "svg.fonttype": "none", "font.size": 9, "axes.axisbelow": True}
    )
    drawn = [draw() for draw in (_decisions, _population, _growth)]
    return "drawn: " + ", ".join(name for name in drawn if name)


def _result(name: str) -> dict[str, Any] | None:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _save(figure: Any, name: str) -> str:
    figure.savefig(RESULTS / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
    return f"{name}.svg"


def _bars(axes: Axes, names: list[str], values: list[float], form: str) -> None:
    colours = [OURS if name.startswith("calsync") else OTHERS for name in names]
    bars = axes.barh(names, values, color=colours)
    axes.bar_label(bars, labels=[format(value, form) for value in values], padding=3)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)


def _decisions() -> str | None:
    """Engines by decisions a CPU second, on a logarithmic axis, with a whole population beside."""
    from matplotlib.figure import Figure

    found, whole = _result("single_decisions"), _result("population_decided")
    if found is None:
        return None
    speeds = dict(found["decisions_per_cpu_second"])
    if whole is not None:
        users = int(whole["title"].split()[1].replace(",", ""))
        for told, name, toggles in (
            ("calsync, a population's rows, files included", US, 1),
            (f"calsync, a population's {TOGGLES} toggles, counted", COUNTED, TOGGLES),
        ):
            speeds[told] = users * toggles / _median(whole, name, "cpu")
    ordered = sorted(speeds.items(), key=lambda item: -item[1])
    figure = Figure(figsize=(7, 3.4))
    axes = figure.add_subplot()
    _bars(axes, [name for name, _ in ordered], [value for _, value in ordered], ",.0f")
    axes.set_xscale("log")
    axes.set_xlim(right=max(speeds.values()) * 8)
    axes.set_xlabel("decisions a CPU second")
    axes.set_title("Who has calendar sync: the same answers, by engine", loc="left")
    return _save(figure, "single_decisions")


def _median(result: dict[str, Any], start: str, figure: str) -> float:
    from statistics import median

    one = next(c for c in result["contenders"] if c["name"].startswith(start))
    return float(median(run[figure] for run in one["runs"]))


def _population() -> str | None:
    """What is asked of ten million people, in CPU seconds."""
    from matplotlib.figure import Figure

    names = ("population_evaluate", "population_sorted", "population_questions")
    results = [found for name in names if (found := _result(name))]
    if not results:
        return None
    figure = Figure(
        figsize=(7, 1.5 * len(results) + 0.4 * sum(len(r["contenders"]) for r in results) / 2)
    )
    figure.subplots_adjust(hspace=0.7)
    for at, found in enumerate(results, 1):
        axes = figure.add_subplot(len(results), 1, at)
        contenders = [one["name"] for one in found["contenders"]]
        cpu = [_median(found, name, "cpu") for name in contenders]
        _bars(axes, contenders, cpu, ".1f")
        axes.set_title(found["title"], loc="left")
        axes.set_xlim(right=max(cpu) * 1.15)
    axes.set_xlabel("CPU seconds")
    return _save(figure, "population")


def _growth() -> str | None:
    """CPU seconds and memory over size, logarithms on both axes, with the fitted line."""
    from statistics import geometric_mean

    from matplotlib.figure import Figure

    found = _result("growth")
    if found is None:
        return None
    figure = Figure(figsize=(9, 2.9))
    figure.subplots_adjust(wspace=0.35)
    for at, (name, one) in enumerate(found["series"].items(), 1):
        axes = figure.add_subplot(1, len(found["series"]), at)
        sizes, cpu = one["sizes"], one["cpu"]
        axes.loglog(sizes, cpu, "o-", color=OURS, label="CPU seconds")
        tail, power = sizes[-3:], one["power"]
        centre, middle = geometric_mean(tail), geometric_mean(cpu[-3:])  # the line goes through it
        fitted = [middle * (size / centre) ** power for size in tail]
        axes.loglog(tail, fitted, "--", color=OTHERS, label=f"power {power:.2f}")
        axes.set_title(f"{one['task']}", loc="left", fontsize=9)
        axes.set_xlabel(name)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    return _save(figure, "growth")
