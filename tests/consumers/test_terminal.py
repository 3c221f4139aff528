"""The terminal: three real shells complete ids; progress is for those who watch."""

from __future__ import annotations

import subprocess
import sys

import pexpect
import pytest

from tests.consumers.installed import ROOT, calsync, clean, program

WATCHED = (
    "import time\nfrom engine.commands.progress import working\n"
    "with working('reading'):\n    time.sleep(1.7)\nprint('done')\n"
)


@pytest.fixture
def shell(tmp_path):
    """An environment in which `calsync` is this one, and no shell has settings of its own."""
    tools = tmp_path / "bin"
    tools.mkdir()
    shim = tools / "calsync"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "cli.py"}" "$@"\n')
    shim.chmod(0o755)
    path = f"{tools}:/usr/local/bin:/usr/bin:/bin"
    return clean(PATH=path, HOME=str(tmp_path), ZDOTDIR=str(tmp_path), PS1="$ ", TERM="dumb")


def completed(command, setup, words, environment):
    """Type into a shell that runs on a terminal, press Tab, and wait for what it becomes."""
    child = pexpect.spawn(
        command[0],
        command[1:],
        cwd=str(ROOT),
        env=environment,
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 200),
    )
    child.sendline(f"{setup}; echo rea''dy")
    child.expect("ready")
    for typed, wanted in words:
        child.send(f"{typed}\t")
        child.expect_exact(wanted)
        child.sendcontrol("u")
    child.sendline("exit")
    child.close()


WORDS = [
    ("calsync expl", "explain "),
    ("calsync explain gina@", "acme.example"),  # bash draws the sign before it anew
    ("calsync explain group:leg", "group:legal"),
    ("calsync explain user:nad", "user:nadia@acme.example"),
    ("calsync evaluate --group hum", "human-resources"),
    ("calsync validate --explain lock-c", "lock-conflict"),
    ("calsync schema guard", "guardrails"),
    ("calsync compare-models --order legal,eng", "legal,engineering"),
    ("calsync compare-models --prop", "--propose"),
    ("calsync diff --guard", "--guardrails"),
    ("calsync authorize --actor rav", "ravi@acme.example"),
]


@pytest.mark.slow
def test_bash_completes_ids_with_the_signs_at_which_it_parts_words(shell):
    setup = "source <(calsync completion bash)"
    completed([program("bash"), "--norc", "-i"], setup, WORDS, shell)


@pytest.mark.slow
def test_zsh_completes_ids(shell):
    setup = "autoload -Uz compinit; compinit -u -D; source <(calsync completion zsh)"
    completed([program("zsh"), "-f", "-i"], setup, WORDS, shell)


@pytest.mark.slow
def test_fish_completes_ids(shell):
    """`complete -C` is what fish itself asks when Tab is pressed."""
    asked = "; ".join(f"complete -C '{typed}'" for typed, _ in WORDS)
    done = subprocess.run(
        [program("fish"), "--no-config", "-c", f"calsync completion fish | source; {asked}"],
        cwd=ROOT,
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )
    for _, wanted in WORDS:
        assert wanted.strip() in done.stdout, done.stdout + done.stderr


def test_a_set_that_cannot_be_read_completes_nothing_and_says_nothing(tmp_path):
    done = calsync(cwd=tmp_path, LINE="calsync explain a", _CALSYNC_COMPLETE="bash_complete")
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_progress_is_shown_to_who_watches_and_to_nobody_else():
    piped = subprocess.run(
        [sys.executable, "-c", WATCHED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (piped.stdout, piped.stderr) == ("done\n", "")
    child = pexpect.spawn(
        sys.executable, ["-c", WATCHED], cwd=str(ROOT), encoding="utf-8", timeout=30
    )
    child.expect("reading, 1 s")
    child.expect("done")
    child.expect(pexpect.EOF)
    child.close()


def test_quiet_says_nothing_where_all_is_well_and_everything_where_it_is_not():
    for command in ("validate", "test"):
        done = calsync("--quiet", command, cwd=ROOT)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    loud = calsync("-p", "tests/sets/conflict", "validate", cwd=ROOT)
    quiet = calsync("-q", "-p", "tests/sets/conflict", "validate", cwd=ROOT)
    assert quiet.stdout == loud.stdout != ""


def test_verbose_adds_timings_on_standard_error_only():
    plain = calsync("validate", cwd=ROOT)
    told = calsync("--verbose", "validate", cwd=ROOT)
    assert told.stdout == plain.stdout
    parts = [line.rpartition(":")[0] for line in told.stderr.splitlines()]
    assert parts == ["reading the policies", "checking the policies", "all"]
    assert all(line.endswith(" ms") for line in told.stderr.splitlines())


def test_a_name_of_several_lines_breaks_no_shells_list(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.yaml").write_text(
        "kind: account\nid: acme\n---\nkind: user\nid: a@b\n"
        'name: "plain\\n\\nOne\\e[31m"\n---\nkind: roles\nowners: [olga@b]\n'
    )
    words = {"COMP_WORDS": "calsync set a@b on --as ", "COMP_CWORD": "5"}
    done = calsync(cwd=tmp_path, _CALSYNC_COMPLETE="zsh_complete", **words)
    lines = done.stdout.splitlines()
    assert lines[1::3] == ["a@b", "olga@b"]
    assert lines[2::3] == ["plain\\n\\nOne\\x1b[31m", "_"]
