"""The history of a decision over 2,000 commits and 10,000 files."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench._repository import GIT, repository
from bench.harness import Contender, keep, measure

ROOT = Path(__file__).parents[1]
COMMITS, FILES = 2_000, 10_000
FLOOR = (
    f"{GIT} log --first-parent --raw -z --no-abbrev --no-renames --format=%ct main -- policies"
    r" | tr '\0' '\n' | sed -n 's/^:[0-9]* [0-9]* [0-9a-f]* \([0-9a-f]*\) .*/\1/p'"
    f" | {GIT} cat-file --batch > /dev/null"
)
"""Git alone: what each commit changes, and every blob of it, with nothing parsed."""


def run() -> str:
    """Time a history against git's floor, and against reading one commit whole."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repository(folder, COMMITS, FILES)
        calsync = (sys.executable, str(ROOT / "cli.py"), "-C", name)
        one = "user-00007@acme.example"
        asked = {
            "history of a user": ("history", one, "--format", "json"),
            "history of a group": ("history", "group:group-00007", "--format", "json"),
            "history of the account": ("history", "account", "--format", "json"),
            "one commit of them from scratch": ("evaluate", "--rev", "main~3", "--user", one),
        }
        contenders = [
            Contender(
                name="git log and blobs", command=("sh", "-c", FLOOR), cwd=folder, floor=True
            ),
            *(
                Contender(name=what, command=(*calsync, *words), cwd=folder)
                for what, words in asked.items()
            ),
        ]
        title = f"History over {COMMITS:,} commits and {FILES:,} files"
        return keep("history_commits", title, measure(contenders, rounds=3), figure="cpu")
