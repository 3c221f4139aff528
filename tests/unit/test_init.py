"""`init`: from an empty folder to a checked repository and a first diff."""

from __future__ import annotations

import os
import subprocess
import sys

import pexpect
import pytest
import yaml

from engine.begin.starters import Organisation, starter
from engine.read.load import load
from engine.read.source import Memory
from engine.review.check import check
from engine.review.testing import run
from tests.consumers.installed import ROOT, calsync, clean

STARTS = ("small", "groups", "large")
WHO = {
    f"GIT_{role}_{key}": text
    for role in ("AUTHOR", "COMMITTER")
    for key, text in (("NAME", "Olga"), ("EMAIL", "olga@acme.example"))
}


@pytest.fixture
def home(tmp_path):
    """An environment whose git knows nobody, and where `calsync` is this one."""
    tools = tmp_path / "bin"
    tools.mkdir()
    shim = tools / "calsync"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "cli.py"}" "$@"\n')
    shim.chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    nobody = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "PATH": path}
    return tmp_path, {**nobody, **WHO}


@pytest.mark.parametrize("start", STARTS)
def test_three_commands_lead_from_nothing_to_a_checked_repository(home, start):
    folder, environment = home
    made = calsync("init", "acme", "--start", start, cwd=folder, **environment)
    assert made.returncode == 0, made.stderr
    checked = subprocess.run(
        ["sh", "ci/check.sh"],
        cwd=folder / "acme",
        env=clean(**environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "all valid" in checked.stdout
    assert "all hold" in checked.stdout and "(100 %)" in checked.stdout
    assert calsync("diff", cwd=folder / "acme", **environment).stdout.startswith("Nothing")
    log = subprocess.run(
        ["git", "status", "--short"], cwd=folder / "acme", capture_output=True, check=True
    )
    assert log.stdout == b""


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("account", "owner"),
    [("7", "ann@x.example"), ("a: b # c", "on@x.example"), ("§ü {}", 'b"en@ü.example')],
)
def test_hostile_ids_are_spelled_so_that_they_are_read_back(start, account, owner):
    made = starter(start, "none", Organisation(account=account, name="No: thing", owner=owner))
    policies = {path: text.encode() for path, text in made.items() if path.startswith("policies/")}
    loaded = load(Memory({path.removeprefix("policies/"): text for path, text in policies.items()}))
    assert check(loaded) == []
    assert list(loaded.policies.accounts) == [account]
    assert owner in loaded.policies.users
    assert run(loaded.policies).failed == 0


def test_nothing_that_is_there_is_overwritten(home):
    folder, environment = home
    (folder / "README.md").write_text("mine")
    made = calsync("init", "--account", "acme", cwd=folder, **environment)
    assert made.returncode == 0
    assert "kept as it was: README.md" in made.stderr
    assert (folder / "README.md").read_text() == "mine"
    (folder / "policies" / "people.yaml").write_text("mine")
    again = calsync("init", "--account", "acme", cwd=folder, **environment)
    assert again.returncode == 2
    assert "init never overwrites" in again.stderr
    assert (folder / "policies" / "people.yaml").read_text() == "mine"


def test_a_repository_that_is_there_gets_no_commit(home):
    folder, environment = home
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    made = calsync("init", "--account", "acme", cwd=folder, **environment)
    assert "git add . && git commit" in made.stdout
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, check=False
    )
    assert head.returncode != 0


def test_on_a_terminal_it_asks_for_what_no_option_says(home):
    folder, environment = home
    child = pexpect.spawn(
        sys.executable,
        [str(ROOT / "cli.py"), "init", "ours", "--ci", "none"],
        cwd=str(folder),
        env=clean(**environment),
        encoding="utf-8",
        timeout=30,
    )
    for question, answer in (
        ("Which starting point", "groups"),
        ("The account's id", "acme"),
        ("The organisation's name", "Acme Corporation"),
        ("Who owns the account", "olga@acme.example"),
    ):
        child.expect(question)
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    account = yaml.safe_load((folder / "ours" / "policies" / "account.yaml").read_text())
    assert (account["id"], account["name"]) == ("acme", "Acme Corporation")
    assert not (folder / "ours" / ".github").exists()
