"""Checking files: 10,000 small ones, and one of 100,000 users, with every rule between files on.

The floor drains libyaml's events from the same bytes and makes nothing of them. The peer is
check-jsonschema with calsync's own schema: it knows no rule between documents, and no files of
several documents, so that of the second set it is given the file of users alone.
"""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path
from typing import Final

from bench import harness
from bench._repository import SYNC, group, user

ROOT: Final = Path(__file__).parents[1]
DATA: Final = ROOT / "bench" / "data"
SCHEMA: Final = ROOT / "schema" / "bundle.json"
_PEER: Final = """
import sys
from pathlib import Path
from check_jsonschema import main
main([*sys.argv[2:], *map(str, sorted(Path("policies").rglob(sys.argv[1])))])
"""
_EVENTS: Final = """
import gc
from pathlib import Path
from yaml._yaml import CParser
gc.disable()
for path in sorted(Path("policies").rglob("*.yaml")):
    parser = CParser(path.read_bytes())
    while parser.get_event() is not None:
        pass
    parser.dispose()
"""


def run() -> str:
    """Measure both, and return the tables as Markdown."""
    many = _measured("validate_many", "Validating 10,000 files", many_files(), "*.yaml", rounds=3)
    one = _measured("validate_one", "Validating 100,000 users", one_file(), "users.yaml", rounds=1)
    return f"{many}\n{one}"


def _measured(name: str, title: str, folder: Path, files: str, *, rounds: int) -> str:
    contenders = [
        harness.Contender(
            name="libyaml's events alone", command=(sys.executable, "-c", _EVENTS), floor=True
        ),
        harness.Contender(
            name="calsync validate", command=(sys.executable, str(ROOT / "cli.py"), "validate")
        ),
        harness.Contender(
            name="check-jsonschema (no rules between files)",
            command=(sys.executable, "-c", _PEER, files, "--schemafile", str(SCHEMA)),
        ),
    ]
    measured = harness.measure([_in(folder, one) for one in contenders], rounds=rounds)
    peer, ours = (measured[at].median("wall") for at in (2, 1))
    cpu, our_cpu = (measured[at].median("cpu") for at in (2, 1))
    said = f"{title}: check-jsonschema takes {peer / ours:.1f} times as long, and"
    return harness.keep(name, f"{said} {cpu / our_cpu:.1f} times the CPU", measured)


def _in(folder: Path, one: harness.Contender) -> harness.Contender:
    return harness.Contender(name=one.name, command=one.command, floor=one.floor, cwd=folder)


def many_files(files: int = 10_000) -> Path:
    """Return a valid set of so many files, a tenth of them groups, made when it isn't there yet."""
    folder = DATA / f"files-{files}"
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    rng, groups = random.Random(7), files // 10
    _write(folder / "policies" / "account.yaml", _account("group_resolution: group_priority\n"))
    for number in range(groups):
        path = folder / "policies" / "groups" / str(number % 50) / f"g{number}.yaml"
        _write(path, group(rng, number))
    for number in range(files - groups - 1):
        path = folder / "policies" / "people" / str(number % 100) / f"u{number}.yaml"
        _write(path, user(rng, number, groups))
    _write(folder / "complete", "")
    return folder


def one_file(users: int = 100_000, groups: int = 1_000) -> Path:
    """Return a valid set of two files: so many users, and the groups that they are in."""
    folder = DATA / f"users-{users}"
    if (folder / "complete").exists():
        return folder
    rng = random.Random(7)
    above = [_account(""), *(group(rng, number) for number in range(groups))]
    _write(folder / "policies" / "account.yaml", "---\n".join(above))
    _write(folder / "policies" / "users.yaml", people(rng, users, groups))
    _write(folder / "complete", "")
    return folder


def people(rng: random.Random, users: int, groups: int) -> str:
    """Return a document of many users, a line each."""
    lines = ["kind: users\naccount: acme\nusers:\n"]
    for number in range(users):
        one, other = rng.sample(range(groups), 2)
        lines.append(
            f"  - {{id: user-{number:06}@acme.example, groups: [group-{one:05}, group-{other:05}],"
            f" primary_group: group-{one:05}, calendars: [google]}}\n"
        )
    return "".join(lines)


def _account(more: str) -> str:
    return f"kind: account\nid: acme\n{more}toggles:\n  {SYNC}: on\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
