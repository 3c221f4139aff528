"""A diff of a repository of 10,000 files in which one line changed, against reading both sides.

The floor reads every blob of both revisions in one batch each and parses it with PyYAML's
CSafeLoader: no schema, no references, no decisions. A second contender reads one side so. The diffs
know what each file of the old side declares, from the round that does not count, and the file that
changed unless the commit is new; the first of them knows nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from bench import harness

GIT: Final = shutil.which("git") or "git"
ROOT: Final = Path(__file__).parents[1]
DATA: Final = ROOT / "bench" / "data"
READ: Final = """
import subprocess, sys, yaml
for revision in sys.argv[1:]:
    listed = subprocess.run(["git", "ls-tree", "-r", revision], capture_output=True, text=True)
    names = [line.split()[2] for line in listed.stdout.splitlines()]
    asked = "".join(f"{name}\\n" for name in names).encode()
    said = subprocess.run(["git", "cat-file", "--batch"], input=asked, capture_output=True).stdout
    at = 0
    for _ in names:
        end = said.index(b"\\n", at)
        size = int(said[at:end].split()[2])
        list(yaml.load_all(said[end + 1 : end + 1 + size], Loader=yaml.CSafeLoader))
        at = end + size + 2
"""


def run() -> str:
    """Measure, and return the tables as Markdown."""
    return "\n".join(_measured(files) for files in (1_000, 10_000))


def _measured(files: int) -> str:
    folder = repository(files)
    plain = [sys.executable, "-c", READ]

    def calsync(name: str, *words: str, cache: str, forgetting: str = "") -> harness.Contender:
        kept = DATA / "outlines" / f"{files}-{cache}"
        return harness.Contender(
            name=name,
            command=[sys.executable, str(ROOT / "cli.py"), *words],
            cwd=folder,
            env={"CALSYNC_CACHE": str(kept)},
            prepare=partial(_forget, kept, forgetting) if forgetting else None,
        )

    measured = harness.measure(
        [
            harness.Contender(
                name="both sides read and parsed with CSafeLoader",
                command=[*plain, "HEAD~1", "HEAD"],
                floor=True,
                cwd=folder,
            ),
            harness.Contender(
                name="one side read and parsed with CSafeLoader",
                command=[*plain, "HEAD"],
                cwd=folder,
            ),
            harness.Contender(
                name="python -c pass", command=[sys.executable, "-c", "pass"], cwd=folder
            ),
            calsync("calsync diff HEAD~1 HEAD", "diff", "HEAD~1", "HEAD", cache="known"),
            calsync("calsync diff HEAD~1 (working tree)", "diff", "HEAD~1", cache="known"),
            calsync(
                "a commit that is new to the cache",
                *("diff", "HEAD~1", "HEAD"),
                cache="pushed",
                forgetting="*.leaf",
            ),
            calsync(
                "the first of them, empty cache",
                *("diff", "HEAD~1", "HEAD"),
                cache="new",
                forgetting="*",
            ),
            calsync("with --no-cache", "--no-cache", "diff", "HEAD~1", "HEAD", cache="none"),
            calsync("calsync validate --rev HEAD", "validate", "--rev", "HEAD", cache="none"),
        ],
        rounds=5,
    )
    title = f"A diff of {files:,} files, one line changed"
    return harness.keep(f"diff_repository_{files}", title, measured, figure="cpu")


def _forget(cache: Path, what: str) -> None:
    for path in cache.glob(what):
        path.unlink()


def repository(files: int) -> Path:
    """Return a repository of so many small policy files, made when it isn't there yet."""
    folder = DATA / f"repository-{files}"
    if (folder / ".git").exists():
        return folder
    policies = folder / "policies"
    rng = Random(7)
    groups = [f"g{number:05d}" for number in range(files // 2)]
    _write(policies / "account.yaml", "kind: account\nid: acme\n")
    for number, group in enumerate(groups):
        _write(policies / "groups" / f"{number // 250:03d}" / f"{group}.yaml", _group(group, rng))
    for number in range(files - len(groups) - 1):
        where = policies / "people" / f"{number // 250:03d}" / f"p{number:05d}.yaml"
        _write(where, _people(number, groups, rng))
    _git(folder, "init", "-q", "-b", "main")
    _commit(folder)
    changed = policies / "groups" / "000" / "g00001.yaml"
    _write(changed, changed.read_text(encoding="utf-8").replace("locked: false", "locked: true"))
    _commit(folder)
    return folder


def _group(group: str, rng: Random) -> str:
    return f"""\
# The team {group}
kind: group
id: {group}
name: Team {group}
admins: [lead-{group}@acme.example, deputy-{group}@acme.example]
note: |
  A team like many others, which has its own ideas about calendars
  and writes them down here for those who come after.
toggles:
  bidirectional_calendar_sync:
    state: {rng.choice(("enabled", "disabled"))}
    locked: false
"""


def _people(number: int, groups: list[str], rng: Random) -> str:
    lines = ["kind: users", "users:"]
    for user in range(number * 5, number * 5 + 5):
        lines += [
            f"  - id: user{user:06d}@acme.example",
            f"    name: Person {user}",
            f"    groups: [{', '.join(rng.sample(groups, 2))}]",
            f"    calendars: [{rng.choice(('google', 'office365', 'exchange'))}]",
        ]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@acme.example", "commit", "-q", "-m", "-")


def _git(folder: Path, *words: str) -> None:
    subprocess.run([GIT, *words], cwd=folder, check=True)
