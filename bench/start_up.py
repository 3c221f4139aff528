"""How long a question takes from nothing, in multiples of `python -c pass`."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.harness import Contender, keep, measure

ROOT = Path(__file__).parents[1]


def run() -> str:
    """Time the commands that people wait for on the example organisation."""
    calsync = (sys.executable, str(ROOT / "cli.py"))
    asked = {
        "calsync --version": ("--version",),
        "calsync explain alice@acme.example": ("explain", "alice@acme.example"),
        "calsync validate": ("validate",),
        "calsync evaluate --format csv": ("evaluate", "--format", "csv"),
    }
    contenders = [
        Contender(name="python -c pass", command=(sys.executable, "-c", "pass"), floor=True),
        Contender(name="import click", command=(sys.executable, "-c", "import click")),
        *(
            Contender(name=name, command=(*calsync, *words), cwd=ROOT)
            for name, words in asked.items()
        ),
    ]
    return keep("start_up", "Start-up, on the example organisation", measure(contenders, rounds=15))
