"""How CPU seconds and memory grow with users, with groups and with files, and by which power."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench._people import people
from bench._repository import group
from bench.harness import Contender, Measured, Sheet, keep_table, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
CALSYNC = (sys.executable, str(ROOT / "cli.py"))


class Series(NamedTuple):
    """One thing that grows: what it is called, and the sizes that were measured."""

    name: str
    task: str
    sizes: tuple[int, ...]


def run(*, quick: bool = False) -> str:
    """Measure the three series; each figure is the median of its rounds."""
    last = 2 if quick else 0
    series = (
        Series("users", "evaluate, 1,000 groups", _powers(4, 7 - last)),
        Series("groups", "evaluate, 1,000,000 users", _powers(1, 5 - last)),
        Series("files", "validate", _powers(0, 4 - last)),
    )
    rounds = 1 if quick else 3
    rows: list[tuple[str, ...]] = []
    data: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        for one in series:
            contenders = [_contender(one, size, Path(name), quick=quick) for size in one.sizes]
            measured = measure(contenders, rounds=rounds)
            power = slope([*zip(one.sizes, (m.median("cpu") for m in measured), strict=True)])
            data[one.name] = _data(one, measured, power)
            rows += [
                (
                    f"{one.task}, {size:,} {one.name}",
                    f"{found.median('cpu'):.2f}",
                    f"{found.median('wall'):.2f}",
                    f"{found.median('peak'):.0f}",
                    f"{power:.2f}" if size == one.sizes[-1] else "",
                )
                for size, found in zip(one.sizes, measured, strict=True)
            ]
    note = (
        "The power is the slope, in a plot with logarithms on both axes, of CPU seconds over the"
        " largest two decades: 1 is linear; less than 1 means that what is fixed (the start, the"
        " policies) still counts."
    )
    header = ("what", "cpu s", "wall s", "peak MiB", "power")
    sheet = Sheet(title="Growth", note=note, header=header, rows=rows)
    return keep_table("growth", sheet, {"series": data}, quick=quick)


def _powers(first: int, last: int) -> tuple[int, ...]:
    return tuple(10**power for power in range(first, last + 1))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the line nearest to the logarithms of the last three points."""
    from math import log10
    from statistics import linear_regression

    tail = points[-3:]
    line = linear_regression([log10(x) for x, _ in tail], [log10(y) for _, y in tail])
    return float(line.slope)


def _contender(one: Series, size: int, folder: Path, *, quick: bool) -> Contender:
    if one.name == "files":
        place = _files(folder / f"files-{size}", size)
        return Contender(
            name=f"{size:,} files", command=(*CALSYNC, "validate"), cwd=place, ok=(0, 1)
        )
    million = 10_000 if quick else 1_000_000
    place = people(size, 1_000) if one.name == "users" else people(million, size)
    words = ("evaluate", "--format", "parquet", "--order", "table", "--output", "o.parquet")
    # Without the cache: that tables were found sound in an earlier round is not to count.
    command = (*CALSYNC, "--no-cache", *words, "--engine", "duckdb")
    return Contender(name=f"{size:,} {one.name}", command=command, cwd=place)


def _files(folder: Path, size: int) -> Path:
    """Write an account with a group in each further file."""
    rng = random.Random(7)
    for number in range(size):
        text = "kind: account\nid: acme\n" if number == 0 else group(rng, number)
        path = folder / "policies" / f"{number % 100:02}" / f"{number}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _data(one: Series, measured: Sequence[Measured], power: float) -> dict[str, object]:
    return {
        "task": one.task,
        "sizes": list(one.sizes),
        "cpu": [found.median("cpu") for found in measured],
        "peak_mib": [found.median("peak") for found in measured],
        "power": power,
    }
