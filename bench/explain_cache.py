"""One explained decision among 10,000 group files and 100,000 users, and on the example.

The program is started as an installed one is: without compiling `cli.py` each time. The first
answer, which reads everything and fills the cache, stands beside the later ones.
"""

from __future__ import annotations

import random
import shutil
import sys
import time
from typing import TYPE_CHECKING, Final

from bench import harness
from bench._repository import SYNC, group
from bench.validate_files import DATA, ROOT, people

if TYPE_CHECKING:
    from pathlib import Path

_CACHE: Final = DATA / "cache"
_CALSYNC: Final = (
    sys.executable,
    "-c",
    "from engine.commands.quick import main; main()",
)
_SCAN: Final = """
import os
ahead = ["policies"]
while ahead:
    with os.scandir(ahead.pop()) as entries:
        for entry in entries:
            if entry.is_dir():
                ahead.append(entry.path)
            else:
                entry.stat()
"""


def run() -> str:
    """Measure, and return the table as Markdown."""
    large, someone = many_groups(), "user-050000@acme.example"
    everywhere = {"PYTHONPATH": str(ROOT), "CALSYNC_CACHE": str(_CACHE)}

    def asked(name: str, folder: Path, *words: str, forgetting: bool = False) -> harness.Contender:
        return harness.Contender(
            name=name,
            command=(*_CALSYNC, *words),
            cwd=folder,
            env=everywhere,
            prepare=_forget if forgetting else None,
        )

    contenders = [
        harness.Contender(
            name="python -c pass", command=(sys.executable, "-c", "pass"), floor=True
        ),
        harness.Contender(
            name="scandir and stat of the 10,000 files",
            command=(sys.executable, "-c", _SCAN),
            cwd=large,
        ),
        asked(
            "explain in the example, no cache", ROOT, "--no-cache", "explain", "alice@acme.example"
        ),
        asked("explain in the example, warm cache", ROOT, "explain", "alice@acme.example"),
        asked("explain among 100,000, warm cache", large, "explain", someone),
    ]
    measured = harness.measure(contenders, rounds=15)
    first = harness.measure(
        [
            harness.Contender(
                name="python -c pass", command=(sys.executable, "-c", "pass"), floor=True
            ),
            asked("explain among 100,000, no cache", large, "--no-cache", "explain", someone),
            asked("explain among 100,000, empty cache", large, "explain", someone, forgetting=True),
        ],
        rounds=2,
    )
    title = "An explained decision"
    return harness.keep("explain_cache", title, [*measured, *first[1:]], figure="cpu")


def _forget() -> None:
    shutil.rmtree(_CACHE, ignore_errors=True)


def many_groups(groups: int = 10_000, users: int = 100_000) -> Path:
    """Return a valid set of so many group files, and a file of users, made when it isn't there."""
    folder = DATA / f"groups-{groups}"
    if (folder / "complete").exists():
        return folder
    rng = random.Random(7)
    for number in range(groups):
        path = folder / "policies" / "groups" / f"{number // 250:03d}" / f"g{number:05d}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(group(rng, number), encoding="utf-8")
    account = f"kind: account\nid: acme\ntoggles:\n  {SYNC}: on\n"
    (folder / "policies" / "account.yaml").write_text(account, encoding="utf-8")
    (folder / "policies" / "users.yaml").write_text(people(rng, users, groups), encoding="utf-8")
    (folder / "complete").touch()
    time.sleep(11)  # the cache believes no stat of a file that is younger than ten seconds
    return folder
