"""What calsync makes of its streams: closed, full, left early, in ASCII, narrow, coloured."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import unicodedata

import pytest

from tests.workplace import ACCOUNT, ROOT

FILES = {
    "policies/acme.yaml": ACCOUNT + "name: Ünïcode GmbH 😀\n",
    "policies/people.yaml": "kind: users\nusers:\n"
    + "".join(f"- {{id: {n:04}@acme.example}}\n" for n in range(3000)),
}


@pytest.fixture
def acme(place):
    return place.write(FILES)


def test_a_reader_that_leaves_early_changes_no_exit_code(acme):
    for words in (
        "evaluate --format csv",
        "evaluate --format csv --engine duckdb",
        "evaluate --format json",
        "validate --explain schema",
    ):
        answer = acme.process(f"calsync {words} | head -c 5; exit ${{PIPESTATUS[0]}}")
        assert (answer.code, len(answer.out), answer.err) == (0, 5, "")


def test_a_reader_that_leaves_early_still_leaves_the_answer_no(acme):
    acme.write({"policies/acme.yaml": f"{ACCOUNT}nam: x\n"})
    answer = acme.process("calsync validate | head -c 0; exit ${PIPESTATUS[0]}")
    assert (answer.code, answer.err) == (1, "")


@pytest.mark.parametrize("words", ["evaluate", "validate", "explain account", "schema"])
def test_a_closed_standard_output_is_no_crash(acme, words):
    answer = acme.process(f"calsync {words} >&-")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_closed_streams_leave_the_exit_code(acme):
    assert acme.process("calsync explain nobody >&- 2>&- <&-").code == 2


def test_a_closed_standard_input_is_no_terminal_to_ask_on(acme):
    answer = acme.process("calsync set account off <&-")
    assert answer.code == 1
    assert answer.err.startswith("error: there is no terminal to ask on")


@pytest.mark.parametrize("words", ["evaluate", "--help", "--version", "schema", "explain account"])
def test_a_full_disk_is_told(acme, words):
    answer = acme.process(f"calsync {words} > /dev/full")
    assert answer.code == 2
    assert answer.err == "error: cannot read or write the output: No space left on device\n"


def test_a_full_standard_error_leaves_the_exit_code(acme):
    assert acme.process("calsync explain nobody 2> /dev/full").code == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin1", "utf-8"])
@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_what_programs_read_is_utf_8_whatever_the_locale(place, encoding, form):
    user = "müller-Ω-😀@acme.example"
    place.write({"policies/acme.yaml": f"{ACCOUNT}---\nkind: user\nid: {user}\n"})
    answer = place.process(f"calsync evaluate --format {form}", PYTHONIOENCODING=encoding)
    assert user in answer.out
    if form == "json":
        assert answer.json["decisions"][0]["user"] == user


def test_text_that_a_terminal_cannot_show_is_escaped(acme):
    answer = acme.process("calsync explain account", PYTHONIOENCODING="ascii")
    assert answer.code == 0
    assert "\\xdcn\\xefcode" in answer.out
    assert answer.out.isascii()


def test_an_ascii_terminal_gets_ascii_signs(acme):
    acme.write({"policies/acme.yaml": f"{ACCOUNT}nam: x\n"})
    told = acme.process("calsync validate", PYTHONIOENCODING="ascii").out
    assert "  3 | nam: x\n    | ^\n" in told
    assert "\\u" not in told  # nothing had to be escaped
    assert "  3 │ nam: x\n" in acme.process("calsync validate", PYTHONIOENCODING="utf-8").out


ALWAYS, NEVER, AUTO = ("--color", "always"), ("--color", "never"), ("--color", "auto")


@pytest.mark.parametrize(
    ("options", "environment", "on_a_terminal", "in_a_pipe"),
    [
        ((), {}, True, False),
        (AUTO, {}, True, False),
        ((), {"TERM": "dumb"}, False, False),
        # the option goes before all else
        (ALWAYS, {}, True, True),
        (ALWAYS, {"NO_COLOR": "1", "TERM": "dumb"}, True, True),
        (NEVER, {}, False, False),
        (NEVER, {"FORCE_COLOR": "1"}, False, False),
        # NO_COLOR, unless it is empty, whatever it says
        ((), {"NO_COLOR": "1"}, False, False),
        ((), {"NO_COLOR": "0"}, False, False),
        ((), {"NO_COLOR": ""}, True, False),
        ((), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ((), {"NO_COLOR": "", "FORCE_COLOR": "1"}, True, True),
        # FORCE_COLOR, unless it is empty or 0: then it is as if it were not there
        ((), {"FORCE_COLOR": "1"}, True, True),
        ((), {"FORCE_COLOR": "3", "TERM": "dumb"}, True, True),
        (AUTO, {"FORCE_COLOR": "true"}, True, True),
        ((), {"FORCE_COLOR": ""}, True, False),
        ((), {"FORCE_COLOR": "0"}, True, False),
        ((), {"FORCE_COLOR": "0", "TERM": "dumb"}, False, False),
        ((), {"FORCE_COLOR": "0", "NO_COLOR": "1"}, False, False),
    ],
    ids=str,
)
def test_colour_follows_the_option_then_no_color_then_force_color(
    place, options, environment, on_a_terminal, in_a_pipe
):
    place.write({"policies/acme.yaml": f"{ACCOUNT}---\nkind: user\nid: ann@acme.example\n"})
    for words in (["explain", "ann@acme.example"], ["evaluate"]):
        answer = place.calsync(*options, *words, **environment)
        assert ("\x1b[" in answer.out) is in_a_pipe
        shown = on_terminal(place, *options, *words, **environment)
        assert "ann@acme.example" in shown
        assert ("\x1b[" in shown) is on_a_terminal


def on_terminal(place, *words, **environment):
    """Return what calsync writes to a terminal."""
    master, terminal = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if "COLOR" not in name}
    command = [sys.executable, str(ROOT / "cli.py"), *words]
    with os.fdopen(terminal, "wb") as stream:
        subprocess.run(
            command,
            cwd=place.folder,
            env={**clean, "TERM": "xterm", **environment},
            stdout=stream,
            check=True,
        )
    with os.fdopen(master, "rb") as screen:
        return screen.read1().decode()


def test_an_error_is_coloured_on_a_terminal_though_the_output_is_piped(acme):
    acme.write({"policies/acme.yaml": f"{ACCOUNT}nam: x\n"})
    master, terminal = pty.openpty()
    with os.fdopen(terminal, "wb") as stream:
        done = subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), "evaluate"],
            cwd=acme.folder,
            env={**os.environ, "TERM": "xterm"},
            stdout=subprocess.PIPE,
            stderr=stream,
            check=False,
        )
    with os.fdopen(master, "rb") as screen:
        assert "\x1b[31m" in screen.read1().decode()
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize(
    "words",
    [["evaluate", "--summary"], ["history", "account"], ["validate"]],
    ids=lambda words: words[0],
)
def test_a_dash_for_a_file_is_standard_output_in_every_respect(acme, words):
    acme.process("git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm a")
    plain = acme.calsync("--color", "always", *words)
    assert acme.calsync("--color", "always", *words, "--output", "-") == plain
    assert "\x1b[" in plain.out


def test_json_is_never_coloured(acme):
    assert acme.calsync("--color", "always", "explain", "account", "--format", "json").json


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize(
    "name", ["Legal", "法務部 第一 課 グループ の 人々", "e\u0301e\u0301 " * 20]
)
def test_text_keeps_to_the_width(acme, columns, name):
    group = {
        "kind": "group",
        "id": "legal",
        "name": name,
        "admins": ["gina@acme.example"],
        "toggles": {
            "bidirectional_calendar_sync": {"state": "off", "locked": True, "note": name * 2}
        },
    }
    ann = {
        "kind": "user",
        "id": "ann@acme.example",
        "name": name,
        "groups": ["legal"],
        "calendars": [],
        "toggles": {"bidirectional_calendar_sync": "on"},
    }
    acme.write({"policies/legal.yaml": json.dumps(group), "policies/ann.yaml": json.dumps(ann)})
    for words in (["explain", "ann@acme.example"], ["explain", "group:legal"], ["validate"]):
        answer = acme.calsync(*words, COLUMNS=str(columns))
        assert answer.code == 0
        assert max(map(_cells, answer.out.splitlines())) <= columns


def _cells(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in line)
    return len(line) + wide - sum(unicodedata.combining(c) > 0 for c in line)


@pytest.mark.parametrize("columns", ["0", "1", "-5", "many", ""])
def test_a_width_that_is_none_is_no_crash(acme, columns):
    assert acme.calsync("explain", "account", COLUMNS=columns).code == 0
