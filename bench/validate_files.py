"""Checking files: 10,000 small ones, and one of 100,000 users, with every rule between files on.

The floor drains libyaml's events from the same bytes and makes nothing of them. The peers are
check-jsonschema and ajv-cli with calsync's own schema, and yamllint, which knows no schema. None
knows a rule between documents; and since ajv-cli takes no file of several documents, all are given
the file of users alone of the second set. Before anything is timed, mistakes are planted in a
set of files, one at a time, and each program must find those that it can know of, and no other.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bench import harness
from bench._repository import SYNC, group, user

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).parents[1]
DATA: Final = ROOT / "bench" / "data"
SCHEMA: Final = ROOT / "schema" / "bundle.json"
_AJV: Final = ROOT / "bench" / "node_modules" / "ajv-cli" / "dist" / "index.js"
_PEER: Final = """
import sys
from pathlib import Path
from check_jsonschema import main
main([*sys.argv[2:], *map(str, sorted(Path("policies").rglob(sys.argv[1])))])
"""
_LINT: Final = """
import sys
from pathlib import Path
from yamllint.cli import run
run([*sys.argv[2:], *map(str, sorted(Path("policies").rglob(sys.argv[1])))])
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


_RULES: Final = "{extends: relaxed, rules: {line-length: disable}}"
"""For yamllint: what is an error in calsync too; 100,000 warnings would have to be written."""


class _Checker(NamedTuple):
    """A program that checks files, how it is asked to, and the planted mistakes it can know of."""

    name: str
    command: Callable[[str], Sequence[str]]
    finds: frozenset[str]


class _Fault(NamedTuple):
    """A mistake to plant: what it is, and how it is written."""

    name: str
    text: str


_SYNTAX: Final = _Fault("a list without an end", "kind: group\nid: [\n")
_DOUBLED: Final = _Fault("a key twice", "kind: group\nid: g\nname: One\nname: Two\n")
_STATE: Final = _Fault("a state that is none", f"kind: group\nid: h\ntoggles: {{{SYNC}: maybe}}\n")
_KEY: Final = _Fault("a key nobody knows", "kind: group\nid: i\nadmin: [gina@acme.example]\n")
_NOBODY: Final = _Fault("a group that is not there", "kind: user\nid: a@b\ngroups: [nowhere]\n")
_FAULTS: Final = (_SYNTAX, _DOUBLED, _STATE, _KEY, _NOBODY)
_BY_SCHEMA: Final = frozenset({_SYNTAX.name, _DOUBLED.name, _STATE.name, _KEY.name})
US: Final = _Checker(
    "calsync validate",
    lambda _: (sys.executable, str(ROOT / "cli.py"), "validate"),
    frozenset(fault.name for fault in _FAULTS),
)
PEERS: Final = (
    _Checker(
        "check-jsonschema",
        lambda files: (sys.executable, "-c", _PEER, files, "--schemafile", str(SCHEMA)),
        _BY_SCHEMA,
    ),
    _Checker(
        "ajv-cli",
        lambda files: (
            *("node", str(_AJV), "validate", "--spec=draft2020", "--strict=false"),
            *("-s", str(SCHEMA), "-d", f"policies/**/{files}"),
        ),
        _BY_SCHEMA,
    ),
    _Checker(
        "yamllint, no schema",
        lambda files: (sys.executable, "-c", _LINT, files, "-f", "parsable", "-d", _RULES),
        frozenset({_SYNTAX.name, _DOUBLED.name}),
    ),
)


def run(*, quick: bool = False) -> str:
    """See that all find the same, measure both, and return the tables as Markdown."""
    files, users = (500, 5_000) if quick else (10_000, 100_000)
    keep = partial(_measured, rounds=1 if quick else 3, quick=quick)
    parts = [
        _agreement(quick=quick),
        keep("validate_many", f"Validating {files:,} files", many_files(files), "*.yaml"),
        keep("validate_one", f"Validating {users:,} users", one_file(users), "users.yaml"),
    ]
    return "\n".join(parts)


def _measured(name: str, title: str, folder: Path, files: str, *, rounds: int, quick: bool) -> str:
    floor = harness.Contender(
        name="libyaml's events alone",
        command=(sys.executable, "-c", _EVENTS),
        floor=True,
        cwd=folder,
    )
    contenders = [
        floor,
        *(
            harness.Contender(name=one.name, command=one.command(files), cwd=folder)
            for one in (US, *PEERS)
        ),
    ]
    _, ours, peer, *_ = measured = harness.measure(contenders, rounds=rounds, warm=not quick)
    wall, cpu = (peer.median(figure) / ours.median(figure) for figure in ("wall", "cpu"))
    said = f"{title}: check-jsonschema takes {wall:.1f} times as long, and {cpu:.1f} times the CPU"
    note = "The peers know no rule between files; yamllint knows no schema either."
    return harness.keep(name, said, measured, note=note, quick=quick)


def _agreement(*, quick: bool) -> str:
    """Plant each mistake in a file of its own; every program must find what it can, and no more."""
    shutil.rmtree(DATA / "planted", ignore_errors=True)
    folder = shutil.copytree(many_files(100), DATA / "planted")
    checkers = (US, *PEERS)
    for checker in checkers:
        if _complains(checker, folder):
            raise SystemExit(f"{checker.name} finds a mistake where there is none")
    rows = []
    for number, fault in enumerate(_FAULTS):
        planted = folder / "policies" / "groups" / f"planted-{number}.yaml"
        _write(planted, fault.text)
        found = [_complains(checker, folder) for checker in checkers]
        planted.unlink()
        for checker, complains in zip(checkers, found, strict=True):
            if complains != (fault.name in checker.finds):
                raise SystemExit(f"{checker.name} and {fault.name}: found is {complains}")
        rows.append((fault.name, *("found" if one else "no" for one in found)))
    sheet = harness.Sheet(
        title="The same mistakes, found by each",
        note="Each stood in a file of its own beside 100 in which all programs find nothing.",
        header=("planted", *(checker.name for checker in checkers)),
        rows=rows,
    )
    data = {"found": {checker.name: sorted(checker.finds) for checker in checkers}}
    return harness.keep_table("validate_agreement", sheet, data, quick=quick)


def _complains(checker: _Checker, folder: Path) -> bool:
    """Tell by its exit code whether a program finds mistakes; ajv-cli gives up on some with 2."""
    command = checker.command("*.yaml")
    code = subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode
    if code not in {0, 1} and (code, checker.name) != (2, "ajv-cli"):
        raise SystemExit(f"{checker.name} ended with {code}")
    return code != 0


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
