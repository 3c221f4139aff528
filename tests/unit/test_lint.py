"""Warnings: where they point, what they name as the cause, and how comments silence them."""

from __future__ import annotations

import json
import subprocess
from textwrap import dedent

import pytest
from click.testing import CliRunner

from cli import main
from engine.read.comments import ignores
from engine.read.load import load
from engine.read.source import Memory
from engine.review.check import check

BASE = """
kind: account
id: acme
toggles:
  bidirectional_calendar_sync: {state: disabled, locked: true}
---
kind: group
id: sales
toggles:
  bidirectional_calendar_sync: {state: enabled, locked: true}
---
kind: user
id: amy@acme.example
groups: [sales]
"""


def found(text, **more):
    files = {"a.yaml": dedent(text).encode(), **{k: v.encode() for k, v in more.items()}}
    return check(load(Memory(files)))


def said(findings):
    return [(f.code, f.location.line, f.location.column) for f in findings]


def test_a_shadowed_lock_names_the_lock_that_comes_first():
    (finding,) = found(BASE)
    assert said([finding]) == [("shadowed-lock", 10, 3)]
    assert [(r.location.line, r.location.column) for r in finding.related] == [(5, 3)]
    assert finding.pointer == "/toggles/bidirectional_calendar_sync"
    assert finding.about == ("group", "acme", "sales", "bidirectional_calendar_sync")


def test_a_group_without_members_gets_one_warning_at_its_id_and_its_settings_none():
    text = BASE.replace("groups: [sales]", "name: Amy")
    assert said(found(text)) == [("empty-group", 8, 5)]


def test_settings_of_an_account_without_users_are_dead():
    text = "kind: account\nid: a\ntoggles: {bidirectional_calendar_sync: off}\n"
    (finding,) = found(text)
    assert said([finding]) == [("dead-setting", 3, 11)]
    assert finding.hint == "the account has no users: add them, or remove the setting"


def test_a_setting_that_everybody_overrides_by_choice_is_not_dead_since_choices_go():
    text = """
    kind: account
    id: a
    toggles: {bidirectional_calendar_sync: off}
    ---
    kind: user
    id: amy@a
    toggles: {bidirectional_calendar_sync: on}
    """
    assert found(text) == []


def test_a_redundant_setting_names_what_would_decide_instead():
    text = """
    kind: account
    id: a
    toggles: {bidirectional_calendar_sync: off}
    ---
    kind: group
    id: g
    toggles: {bidirectional_calendar_sync: off}
    ---
    kind: users
    users: [{id: amy@a, groups: [g]}, {id: bo@a}]
    """
    (finding,) = found(text)
    assert said([finding]) == [("redundant-setting", 8, 11)]
    assert [r.location.line for r in finding.related] == [4]


def test_a_contested_lock_is_reported_once_with_the_locks_it_beats():
    text = """
    kind: account
    id: a
    ---
    kind: group
    id: g
    toggles: {bidirectional_calendar_sync: {state: on, locked: true}}
    ---
    kind: group
    id: h
    toggles: {bidirectional_calendar_sync: {state: off, locked: true}}
    ---
    kind: users
    users:
      - {id: amy@a, groups: [g, h], primary_group: g}
      - {id: bo@a, groups: [g, h], primary_group: g}
      - {id: cy@a, groups: [h]}
    """
    (finding,) = found(text)
    assert said([finding]) == [("contested-lock", 7, 11)]
    assert "2 users, `amy@a` among them" in finding.message
    assert [r.location.line for r in finding.related] == [11]


TABLE = """
kind: account
id: a
---
kind: group
id: g
toggles: {bidirectional_calendar_sync: off}
---
kind: group
id: h
---
kind: directory
source: people.csv
"""


def test_an_implicit_primary_group_is_told_once_per_user_and_once_per_table():
    rows = "user,groups,primary_group\nb@a,g;h,\nc@a,h;g,\nd@a,g;h,g\ne@a,g,\n"
    text = f"{TABLE}---\nkind: user\nid: amy@a\ngroups: [h, g]\n"
    table, user = found(text, **{"people.csv": rows})
    assert said([table, user]) == [
        ("implicit-primary-group", 13, 9),
        ("implicit-primary-group", 16, 5),
    ]
    assert "2 users name no primary group" in table.message
    assert [(r.location.file, r.location.line) for r in table.related] == [("people.csv", 2)]
    (one,) = found(TABLE, **{"people.csv": "user,groups\nb@a,g;h\n"})
    assert one.message.startswith("1 user names no primary group, `b@a`, and another than")


def test_an_error_leaves_no_room_for_warnings_but_a_lock_conflict_does():
    assert said(found(f"{BASE}nickname: Amy\n")) == [("schema", 15, 1)]
    text = """
    kind: account
    id: a
    ---
    {kind: group, id: p}
    ---
    {kind: group, id: g, toggles: {bidirectional_calendar_sync: {state: on, locked: true}}}
    ---
    {kind: group, id: h, toggles: {bidirectional_calendar_sync: {state: off, locked: true}}}
    ---
    {kind: user, id: amy@a, groups: [p, g, h], primary_group: p}
    ---
    {kind: group, id: nobody}
    """
    codes = {f.code for f in found(text)}
    assert codes == {"lock-conflict", "shadowed-lock", "empty-group"}


# -- comments -------------------------------------------------------------------------------


def test_a_comment_on_the_line_silences_the_warning_that_it_names():
    quiet = BASE.replace(
        "true}\n---\nkind: user", "true}  # calsync: ignore[shadowed-lock] planned\n---\nkind: user"
    )
    assert found(quiet) == []
    wrong = quiet.replace("shadowed-lock", "dead-setting")
    assert said(found(wrong)) == [("shadowed-lock", 10, 3), ("unused-ignore", 10, 64)]
    several = quiet.replace("[shadowed-lock]", "[dead-setting, shadowed-lock]")
    (unused,) = found(several)
    assert unused.hint == "remove dead-setting from it"


@pytest.mark.parametrize(
    ("comment", "hint"),
    [
        ("# calsync: ignore[shadowed-locks] x", "did you mean `shadowed-lock`?"),
        ("# calsync: ignore[schema] x", "`schema` is an error, and errors cannot be silenced"),
        ("# calsync: ignore[quux] x", "there is no code `quux`"),
        ("# calsync: ignore", "write `# calsync: ignore[code] reason`"),
        ("# calsync: ignore[empty-group] x", "remove it"),
    ],
)
def test_a_comment_that_silences_nothing_is_itself_a_warning(comment, hint):
    (finding,) = found(f"kind: account  {comment}\nid: a\n")
    assert said([finding]) == [("unused-ignore", 1, 16)]
    assert finding.hint == hint


def test_an_error_cannot_be_silenced():
    text = "kind: account\nid: 7  # calsync: ignore[schema] because\n"
    assert said(found(text)) == [("schema", 2, 5)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_only_real_comments_count(end):
    text = """\
    a: "quoted # calsync: ignore[no]"  # calsync: ignore[one] r
    b: |  # calsync: ignore[two]
      text
      # calsync: ignore[no]

    # calsync: ignore[three] r
    c: >-
      folded
        # calsync: ignore[no]
    d: plain#calsync:ignore[no]
    e: 'over
      # calsync: ignore[no]
      lines'  # why # calsync: ignore[ four , five ]
    é: x # calsync: ignore[six]
    f: |
      last # calsync: ignore[no]
    """
    comments = ignores(dedent(text).replace("\n", end), "f")
    assert [(c.line, c.column, c.codes) for c in comments] == [
        (1, 36, ("one",)),
        (2, 7, ("two",)),
        (6, 1, ("three",)),
        (13, 17, ("four", "five")),
        (14, 6, ("six",)),
    ]


# -- only what is new -----------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    who = ("-c", "user.name=t", "-c", "user.email=t@t")

    def git(*words):
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    def commit(**files):
        for name, text in files.items():
            (tmp_path / "policies" / f"{name}.yaml").write_text(text, encoding="utf-8")
        git("add", "-A")
        git("commit", "-q", "--allow-empty", "-m", "x")

    git("init", "-q")
    return commit


def new_since(*words):
    done = CliRunner().invoke(main, ["validate", "--format", "json", "--new-since", *words])
    return done.exit_code, [
        (d["code"], d["line"])
        for d in json.loads(done.stdout or '{"diagnostics": []}')["diagnostics"]
    ]


def test_old_trouble_is_not_told_again_wherever_its_lines_have_moved(repository, tmp_path):
    repository(all=BASE + "---\nkind: user\nid: bo@acme.example\ngroups: [nowhere]\n")
    user = "---\nkind: user\nname: Bo\nid: bo@acme.example\ngroups: [nowhere]\n"
    moved = f"# a comment more\n\n{BASE}{user}"
    (tmp_path / "policies" / "all.yaml").unlink()
    (tmp_path / "policies" / "moved.yaml").write_text(moved, encoding="utf-8")
    assert new_since("HEAD") == (0, [])
    worse = moved.replace("[nowhere]", "[elsewhere, nowhere]")
    (tmp_path / "policies" / "moved.yaml").write_text(worse, encoding="utf-8")
    assert new_since("HEAD") == (1, [("unknown-group", 21)])


def test_old_warnings_do_not_look_new_when_an_error_is_mended(repository, tmp_path):
    repository(all=BASE + "---\nkind: user\nid: bo@acme.example\ngroups: [nowhere]\n")
    (tmp_path / "policies" / "all.yaml").write_text(BASE, encoding="utf-8")
    assert new_since("HEAD", "--strict") == (0, [])


def test_of_two_mistakes_alike_the_second_is_new(repository, tmp_path):
    repository(all=BASE + "---\nkind: nonsense\n")
    (tmp_path / "policies" / "all.yaml").write_text(
        BASE + "---\nkind: nonsense\n---\nkind: nonsense\n", encoding="utf-8"
    )
    code, found = new_since("HEAD")
    assert (code, [name for name, _ in found]) == (1, ["unknown-kind"])


def test_before_there_were_policies_everything_is_new(repository, tmp_path):
    repository()
    (tmp_path / "policies" / "all.yaml").write_text(BASE, encoding="utf-8")
    assert new_since("HEAD", "--strict") == (1, [("shadowed-lock", 10)])
    assert new_since("nowhere")[0] == 2
