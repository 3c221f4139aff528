"""What calsync makes of its streams: closed, full, left early, in ASCII, narrow, coloured."""

from __future__ import annotations

import json
import unicodedata

import pytest

from tests.workplace import ACCOUNT

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
    assert acme.process("calsync validate", PYTHONIOENCODING="ascii").out.isascii()


@pytest.mark.parametrize(
    ("options", "environment", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "auto"], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": ""}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ],
    ids=str,
)
def test_colour_follows_the_option_then_no_color_then_force_color(
    acme, options, environment, coloured
):
    for words in (["explain", "account"], ["evaluate", "--user", "0001@acme.example"]):
        answer = acme.calsync(*options, *words, **environment)
        assert ("\x1b[" in answer.out) is coloured


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
