"""`import`: exports as administrators have them become a set that validates."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.begin import documents, exports
from engine.begin.imported import gather
from engine.begin.spelling import scalar
from engine.model import Setting, State
from engine.read.load import load
from engine.read.parse import parse
from engine.read.source import Memory, WorkingTree
from tests.consumers.installed import calsync

USERS = """\
\ufeffEmail,First Name,Last Name,Department,User Group,Calendar Integration
ann@x.example,Ann,Moreau,IT,Legal;Engineering,Google Calendar
ben@x.example,Ben,"O'Neil",IT,"Sales, EMEA",Office 365
broken,,,,,
ann@x.example,Ann,Moreau,IT,Third,Palm Pilot
cleo@x.example,,,,7,none
"""
GROUPS = 'Group Name;Priority;Admins\n"Sales, EMEA";1;ann@x.example\nLegal;x;\n'
SETTINGS = """\
scope,id,toggle,state,locked
account,,Bi-directional calendar sync,on,
group,Legal,bidirectional_calendar_sync,off,yes
user,ann@x.example,bidirectional_calendar_sync,ON,true
group,nope,bidirectional_calendar_sync,on,
user,ben@x.example,fax,on,
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in (("users", USERS), ("groups", GROUPS), ("settings", SETTINGS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def imported(folder, *words):
    files = [w for name in ("users", "groups", "settings") for w in (f"--{name}", f"{name}.csv")]
    return calsync("import", "portal", *files, *words, cwd=folder)


def test_plain_columns_are_found_and_the_result_validates(folder):
    done = imported(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "portal: account acme, 5 groups, 3 users, 3 settings\n"
    assert calsync("-p", "portal", "validate", cwd=folder).returncode == 0
    policies = load(Memory(read(folder / "portal"))).policies
    ann = policies.users["ann@x.example"]
    assert (ann.name, ann.groups, ann.calendars) == (
        "Ann Moreau",
        ("Legal", "Engineering", "Third"),
        ("google",),
    )
    assert policies.users["ben@x.example"].groups == ("Sales, EMEA",)
    assert policies.users["cleo@x.example"].calendars == ()
    assert policies.groups["acme", "Legal"].settings == {
        "bidirectional_calendar_sync": Setting(State.DISABLED, locked=True)
    }
    assert policies.groups["acme", "Sales, EMEA"].priority == 1


def read(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_could_not_be_mapped_is_told_with_its_place(folder):
    assert imported(folder).stderr.splitlines() == [
        "not mapped: groups.csv:3: the priority `x` is not a whole number from 1",
        "not mapped: users.csv:1: the column `Department` has no place in a policy",
        "not mapped: users.csv:4: `broken` cannot be a user's id",
        "not mapped: users.csv:5: `Palm Pilot` is no calendar that calsync knows",
        "not mapped: settings.csv:4: no lock at user scope: `ann@x.example` is declared unlocked",
        "not mapped: settings.csv:5: no group `nope` to declare it",
        "not mapped: settings.csv:6: unknown toggle `fax`",
    ]


def test_a_column_that_is_not_plain_is_named_by_the_person(folder):
    text = USERS.replace("Email,", "Kennung,")
    (folder / "users.csv").write_text(text, encoding="utf-16")
    refused = imported(folder)
    assert refused.returncode == 2
    assert "no column of `users.csv` is plainly the user" in refused.stderr
    assert imported(folder, "--column", "user=Kennung").returncode == 0


def test_it_never_overwrites(folder):
    assert imported(folder).returncode == 0
    before = read(folder / "portal")
    again = imported(folder)
    assert again.returncode == 2
    assert "import never overwrites" in again.stderr
    assert read(folder / "portal") == before


def test_opposite_locks_in_the_portal_are_told_not_hidden(folder):
    (folder / "settings.csv").write_text(
        "scope,id,toggle,state,locked\n"
        "group,Engineering,bidirectional_calendar_sync,on,yes\n"
        "group,Third,bidirectional_calendar_sync,off,yes\n",
        encoding="utf-8",
    )
    done = imported(folder)
    assert done.returncode == 1
    assert "(lock-conflict)" in done.stderr


def users(folder, text, *words):
    """Import one export of users."""
    (folder / "u.csv").write_text(text, encoding="utf-8", newline="")
    return calsync("import", "made", "--users", "u.csv", *words, cwd=folder)


def test_a_doubled_column_is_told(tmp_path):
    done = users(tmp_path, "Email,Groups,Groups\na@x,g1,g2\n")
    assert "u.csv:1: the column `Groups` stands here again, and is left out" in done.stderr


def test_a_row_with_more_cells_than_the_header_is_told_and_not_guessed_at(tmp_path):
    done = users(tmp_path, "Email,Name,Groups\na@x,Doe, John,g1\nb@x,B,g2,,\n")
    assert "u.csv:2: more cells than the header has names: the row is left out" in done.stderr
    assert "a@x" not in (tmp_path / "made" / "people.yaml").read_text()
    assert "groups: [g2]" in (tmp_path / "made" / "people.yaml").read_text()


def test_what_is_told_cannot_move_the_cursor(tmp_path):
    done = users(tmp_path, 'Email,Groups\na\x1b[31m,g\nb@x,"one\ntwo"\n')
    assert "u.csv:2: `a\\x1b[31m` cannot be a user's id" in done.stderr
    assert "u.csv:3: `one\\ntwo` cannot be a group's id" in done.stderr


@pytest.mark.parametrize("group", ["a\u00a0b", "m\u200cn", "\N{FAMILY}\u200d\N{BOY}"])
def test_whatever_may_be_an_id_is_one(tmp_path, group):
    done = users(tmp_path, f"Email,Groups\na@x,{group}\n")
    assert done.stderr == ""
    (person,) = load(WorkingTree(str(tmp_path / "made"))).policies.users.values()
    assert person.groups == (group,)


@pytest.mark.parametrize("account", ["", " x", "a\nb", "y" * 255])
def test_an_account_that_cannot_be_one_is_asked_for_before_anything_is_written(tmp_path, account):
    done = users(tmp_path, "Email\na@x\n", "--account", account)
    assert done.returncode == 2
    assert "cannot be an account's id" in done.stderr
    assert not (tmp_path / "made").exists()


def test_what_a_table_has_no_column_for_is_told(tmp_path):
    rows = "".join(f"u{n}@x,Name {n}\n" for n in range(1001))
    (tmp_path / "s.csv").write_text(
        "scope,id,toggle,state,note\nuser,u1@x,bidirectional_calendar_sync,off,why\n"
    )
    done = users(tmp_path, f"Email,Name\n{rows}", "--settings", "s.csv")
    assert done.returncode == 0
    assert "not mapped: names (1,001): a directory table" in done.stderr
    assert "not mapped: notes of settings (1): a directory table" in done.stderr


@given(st.text(min_size=1, max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_text_is_spelled_so_that_yaml_reads_it_back(text):
    spelled = f"kind: account\nid: {scalar(text)}\n".encode("utf-8", "surrogatepass")
    documents_ = parse(spelled, "x.yaml").documents
    assert documents_[0].value["id"] == text


WORDS = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
EXPORTED = st.lists(
    st.tuples(WORDS, st.lists(WORDS, max_size=3), st.sampled_from(["", "google", "none", "fax"])),
    max_size=8,
)


@given(EXPORTED, st.booleans())
@settings(max_examples=100, deadline=None)
def test_whatever_is_exported_the_result_validates(tmp_path_factory, rows, in_table):
    file = tmp_path_factory.getbasetemp() / "export.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["Email", "Name", "Groups", "Calendars"])
        for name, groups, calendar in rows:
            writer.writerow([f"{name}@x.example", name, ";".join(groups), calendar])
    found = gather("acme", {"users": exports.read("users", str(file), {})}, separator=None)
    most = documents.MOST_IN_YAML
    documents.MOST_IN_YAML = -1 if in_table else most
    try:
        made = documents.files(found)
    finally:
        documents.MOST_IN_YAML = most
    loaded = load(Memory({path: text.encode() for path, text in made.items()}))
    assert [f for f in loaded.findings if f.severity == "error"] == []
    assert set(loaded.policies.users) == set(found.users)
    for name, person in found.users.items():
        assert set(loaded.policies.users[name].groups) == set(person.groups)
