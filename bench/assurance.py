"""`validate` and `test` over people in groups at random, who have nearly as many profiles.

Two guardrails are kept: one about what is declared, and one whatever users choose. The floor reads
the same columns of the same table with DuckDB alone.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench._people import LOCKING, SYNC, people, policies, same_people
from bench.harness import Contender, keep, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
ROUNDS: Final = {1_000_000: 3, 10_000_000: 1}
"""How often each size is measured: the large one takes minutes."""
GROUPS: Final = 10_000
SMALL: Final = (200_000, 1_000)
GUARDRAILS: Final = f"""\
kind: guardrails
guardrails:
  - {{name: Half may sync, who: all, toggle: {SYNC}, must_be: enabled, at_least: 50%}}
  - name: Some sync for good
    who: all
    toggle: {SYNC}
    must_be: enabled
    at_least: 5%
    whatever_users_choose: true
"""


def run(*, quick: bool = False) -> str:
    """Measure, and return the tables as Markdown."""
    if quick:
        return _measured(*SMALL, rounds=1, quick=True)
    return "\n".join(_measured(users, GROUPS, rounds=often) for users, often in ROUNDS.items())


def _measured(users: int, groups: int, *, rounds: int, quick: bool = False) -> str:
    measured = measure(list(_contenders(users, groups)), rounds=rounds, warm=False)
    title = f"Validate and test {users:,} users in {groups:,} groups at random"
    return keep(f"assurance_{users}", title, measured, figure="cpu", quick=quick)


def _contenders(users: int, groups: int) -> Iterator[Contender]:
    text = f"{policies(groups, LOCKING)}---\n{GUARDRAILS}"
    folder = same_people(people(users, groups), "assured", text)
    table = folder / "policies" / "people" / "1.parquet"
    scan = (sys.executable, "-m", "bench._floors", "scan", str(table))
    yield Contender(name="DuckDB alone, the columns read", command=scan, floor=True, cwd=ROOT)
    calsync = (sys.executable, str(ROOT / "cli.py"), "--no-cache")
    # Where groups lock at random some people meet two locks that disagree: `validate` says so.
    found = (*calsync, "validate")
    yield Contender(name="calsync validate", command=found, cwd=folder, ok=(0, 1))
    yield Contender(name="calsync test, two guardrails", command=(*calsync, "test"), cwd=folder)
