"""Tables that were found sound are not checked again, and those that differ in anything are."""

from __future__ import annotations

import os
from unittest.mock import patch
from weakref import WeakSet

import pytest

from engine.population import duck
from engine.read import opening, soundness, tables
from engine.read.cache import verdicts
from tests.workplace import Workplace

ACME = """\
kind: account
id: acme
---
{kind: group, id: legal, toggles: {bidirectional_calendar_sync: {state: off, locked: true}}}
---
{kind: group, id: sales}
---
{kind: directory, source: people.csv}
"""
PEOPLE = "user,groups,calendars\nal@c,legal,google\nbob@c,sales;legal,none\n"
ODD = PEOPLE + "cy@c, sales ;legal,google\n"
ROWS = ("evaluate", "--format", "csv", "--output", "rows.csv")
EVERYBODY = {
    "write": ROWS,
    "summary": ("evaluate", "--summary"),
    "validate": ("validate",),
    "diff": ("diff", "policies", "policies"),
}


@pytest.fixture
def acme(tmp_path, monkeypatch):
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    with (
        patch.object(tables, "SMALL_BYTES", -1),
        patch.object(opening, "SMALL_ROWS", -1),
        patch.object(soundness, "_SOUND", WeakSet()),
    ):
        yield Workplace(tmp_path).write({"policies/a.yaml": ACME, "policies/people.csv": PEOPLE})


def checks(acme, *words):
    """Return the answer, and how often rows were looked through for what is wrong with them."""
    asked = []
    soundness._SOUND.clear()  # a process of its own knows of no other's
    doubled, listed = soundness.may_be_doubled, soundness.listed
    with (
        patch.object(duck, "may_be_doubled", lambda one: asked.append(1) or doubled(one)),
        patch.object(soundness, "may_be_doubled", lambda one: asked.append(1) or doubled(one)),
        patch.object(soundness, "listed", lambda one: asked.append(1) or listed(one)),
    ):
        answer = acme.calsync(*words)
    return answer, len(asked)


@pytest.mark.parametrize("table", [PEOPLE, ODD], ids=["plain", "odd"])
@pytest.mark.parametrize("first", EVERYBODY.values(), ids=EVERYBODY)
def test_what_asks_about_everybody_checks_once_and_the_next_not_again(acme, first, table):
    acme.write({"policies/people.csv": table})
    answer, asked = checks(acme, *first)
    assert (answer.code, asked > 0) == (0, True), answer.err
    for words in EVERYBODY.values():
        before = acme.calsync("--no-cache", *words)
        rows = (acme.folder / "rows.csv").read_bytes() if words is ROWS else None
        answer, asked = checks(acme, *words)
        assert (answer, asked) == (before, 0)
        assert rows is None or rows == (acme.folder / "rows.csv").read_bytes()


@pytest.mark.parametrize(
    "words", ["--user al@c", "--group legal", "--where state=enabled", "--in acme --user al@c"]
)
def test_a_question_about_some_says_nothing_of_the_others(acme, words):
    acme.write({"policies/people.csv": PEOPLE + "not an id,,\n"})
    checks(acme, *ROWS, *words.split())
    answer, asked = checks(acme, *ROWS)
    assert (answer.code, asked > 0) == (2, True)
    assert "`not an id` is not a user id" in answer.err


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"people.csv": PEOPLE.replace("al@c", "al c")}, "`al c` is not a user id"),
        ({"people.csv": PEOPLE.replace("bob@c", "al@c ")[:-1].replace("al@c ", "al@c")}, "twice"),
        ({"a.yaml": ACME.replace("id: sales", "id: sale")}, "unknown group `sales`"),
        ({"b.yaml": "kind: user\nid: bob@c\n"}, "the user `bob@c` is declared "),
        ({"b.yaml": "kind: account\nid: b\n"}, "account"),
        ({"a.yaml": ACME.replace("people.csv", "p*.csv"), "p2.csv": PEOPLE}, "twice"),
    ],
    ids=["an id", "a double", "a group", "a user in yaml", "an account", "another file"],
)
def test_whatever_changes_is_checked(acme, files, told):
    assert acme.calsync(*ROWS).code == 0
    acme.write({f"policies/{name}": text for name, text in files.items()})
    answer = acme.calsync(*ROWS)
    assert answer.code == 2
    assert told in answer.err


def test_a_damaged_verdict_is_none(acme):
    assert acme.calsync(*ROWS).code == 0
    (kept,) = (acme.folder / "cache").glob("*.sound")
    whole = kept.read_bytes()
    for damaged in (b"", whole[:-1], whole[:20] + b"\xff" + whole[21:], os.urandom(40)):
        kept.write_bytes(damaged)
        answer, asked = checks(acme, *ROWS)
        assert (answer.code, asked > 0) == (0, True)


def test_without_a_cache_nothing_is_kept(acme):
    assert acme.calsync("--no-cache", *ROWS).code == 0
    assert not (acme.folder / "cache").exists()
    with patch.object(verdicts, "find", side_effect=AssertionError("not to be asked")):
        assert acme.calsync("--no-cache", *ROWS).code == 0


def test_a_full_disk_is_no_matter(acme):
    with patch("os.replace", side_effect=OSError("no space")):
        assert acme.calsync("evaluate", "--summary").code == 0
