"""`authorize`: one actor over a diff, or each commit by whoever made it."""

import json
import subprocess

import pytest
from click.testing import CliRunner

from cli import main
from engine.read import opening, tables

ACCOUNT = "kind: account\nid: acme\n"
ROLES = """\
kind: roles
owners: [olga@x]
roles:
  - {name: Groups, privileges: ["Group:Edit"], members: [dana@x]}
  - {name: Roles, privileges: ["Role:Edit"], members: [ravi@x]}
"""
LEGAL = "kind: group\nid: legal\nname: Legal\nadmins: [gina@x]\n"
SYNC = "toggles: {bidirectional_calendar_sync: off}\n"
AMY = "kind: user\nid: amy@x\n"
START = {"account.yaml": ACCOUNT, "roles.yaml": ROLES, "legal.yaml": LEGAL, "amy.yaml": AMY}


class Repository:
    def __init__(self, folder):
        self.folder = folder
        (folder / "policies").mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit("olga@x", **START)
        self.git("tag", "start")

    def git(self, *words, who="olga@x", by="robot@x"):
        names = ["-c", f"user.email={by}", "-c", "user.name=x", "-c", f"author.email={who}"]
        done = subprocess.run(
            ["git", *names, *words], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, **files):
        for name, text in files.items():
            (self.folder / "policies" / name).write_text(text)

    def commit(self, who, **files):
        self.write(**files)
        self.git("add", "-A")
        self.git("commit", "-qm", "change", "--allow-empty", who=who)
        return self.git("rev-parse", "HEAD")

    def calsync(self, *words):
        result = CliRunner().invoke(main, ["-C", str(self.folder), *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def authorize(self, *words):
        said = self.calsync("authorize", *words, "--format", "json")
        return said.exit_code, json.loads(said.stdout)


@pytest.fixture
def repo(tmp_path):
    return Repository(tmp_path)


def judged(answer):
    return [
        (v["actor"], v["change"]["kind"], v["change"]["field"], v["because"])
        for v in answer["verdicts"]
    ]


def test_an_actor_is_judged_over_the_working_tree(repo):
    repo.write(**{"legal.yaml": LEGAL + SYNC, "amy.yaml": AMY + SYNC})
    code, answer = repo.authorize("--actor", "gina@x")
    assert code == 1
    assert (answer["format_version"], answer["actor"], answer["allowed"]) == (
        "1.0",
        "gina@x",
        False,
    )
    assert judged(answer) == [
        ("gina@x", "group", "setting", "group_admin"),
        ("gina@x", "user", "setting", "not_permitted"),
    ]
    refused = answer["verdicts"][1]
    assert refused["needs"] == ["owner", "User:Edit", "self"]
    assert refused["holders"] == ["amy@x", "olga@x"]
    assert list(refused) == [
        "change",
        "actor",
        "allowed",
        "needs",
        "because",
        "message",
        "holders",
    ]
    assert repo.authorize("--actor", "olga@x")[0] == 0


def test_nobody_promotes_themselves_in_the_change_that_needs_it(repo):
    mine = ROLES.replace("[dana@x]", "[dana@x, eve@x]")
    repo.write(**{"roles.yaml": mine, "legal.yaml": LEGAL + SYNC})
    _, answer = repo.authorize("--actor", "eve@x")
    assert {v["because"] for v in answer["verdicts"]} == {"not_permitted"}


def test_what_is_locked_above_is_refused_whoever_asks(repo):
    locked = "toggles: {bidirectional_calendar_sync: {state: on, locked: true}}\n"
    repo.write(**{"account.yaml": ACCOUNT + locked, "legal.yaml": LEGAL + SYNC})
    _, answer = repo.authorize("--actor", "olga@x")
    assert judged(answer)[1] == ("olga@x", "group", "setting", "locked_above")
    verdict = answer["verdicts"][1]
    assert (verdict["needs"], verdict["holders"]) == ([], [])
    assert "the account acme locks bidirectional_calendar_sync" in verdict["message"]


@pytest.mark.usefixtures("large")
def test_a_note_that_a_table_cannot_hold_declares_no_masked_state(repo):
    kept = "toggles: {bidirectional_calendar_sync: {state: on, note: mine}}\n"
    hold = "toggles: {bidirectional_calendar_sync: {state: off, locked: true}}\n"
    table = "kind: directory\nsource: people.csv\n"
    rows = "user,groups,bidirectional_calendar_sync\nben@x,,{}\n"
    amy = AMY + "groups: [legal]\n" + kept
    start = {"legal.yaml": LEGAL + hold, "amy.yaml": amy, "people.yaml": table}
    repo.commit("olga@x", **start, **{"people.csv": rows.format("on")})
    moved = rows.format("off") + "amy@x,legal,on\n"
    repo.write(**{"amy.yaml": "", "people.csv": moved})
    _, answer = repo.authorize("--actor", "olga@x")
    assert judged(answer) == [
        ("olga@x", "directory", "note", "owner"),
        ("olga@x", "directory", "setting", "owner"),
    ]


def test_nothing_changed_is_nothing_to_refuse(repo):
    code, answer = repo.authorize("--actor", "nobody@x")
    assert (code, answer["allowed"], answer["verdicts"]) == (0, True, [])
    assert "Nothing to judge" in repo.calsync("authorize", "--actor", "nobody@x").stdout


def test_each_commit_is_judged_by_its_author(repo):
    first = repo.commit("gina@x", **{"legal.yaml": LEGAL + SYNC})
    second = repo.commit("gina@x", **{"amy.yaml": AMY + SYNC})
    code, answer = repo.authorize("start", "--actor-from-git")
    assert code == 1
    assert answer["actor"] is None
    assert judged(answer) == [
        ("gina@x", "group", "setting", "group_admin"),
        ("gina@x", "user", "setting", "not_permitted"),
    ]
    assert [v["commit"] for v in answer["verdicts"]] == [first, second]
    assert repo.authorize("start..HEAD", "--actor-from-git") == (code, answer)


def test_a_commit_without_an_address_is_nobodys(repo):
    repo.write(**{"legal.yaml": LEGAL + SYNC})
    repo.git("commit", "-qam", "change", "--author", "x <>")
    _, answer = repo.authorize("start", "--actor-from-git")
    assert judged(answer) == [("", "group", "setting", "not_permitted")]
    assert answer["verdicts"][0]["message"].startswith("somebody without an address may not:")


def test_or_by_its_committer(repo):
    repo.commit("gina@x", **{"legal.yaml": LEGAL + SYNC})
    _, answer = repo.authorize("start", "--actor-from-git", "--by", "committer")
    assert judged(answer) == [("robot@x", "group", "setting", "not_permitted")]


def test_a_role_given_on_the_way_does_not_count_yet(repo):
    repo.commit("ravi@x", **{"roles.yaml": ROLES.replace("[dana@x]", "[dana@x, eve@x]")})
    repo.commit("eve@x", **{"legal.yaml": LEGAL + SYNC})
    _, answer = repo.authorize("start", "--actor-from-git")
    assert judged(answer) == [
        ("ravi@x", "role", "members", "privilege"),
        ("eve@x", "group", "setting", "not_permitted"),
    ]


def test_a_merge_answers_only_for_what_it_says_unlike_its_parents(repo):
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("gina@x", **{"legal.yaml": LEGAL + SYNC})
    repo.git("checkout", "-q", "main")
    repo.commit("amy@x", **{"amy.yaml": AMY + SYNC})
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "topic", who="eve@x")
    _, answer = repo.authorize("start", "--actor-from-git")
    assert sorted(judged(answer)) == [
        ("amy@x", "user", "setting", "self"),
        ("gina@x", "group", "setting", "group_admin"),
    ]


def test_a_merge_that_slips_something_in_is_judged(repo):
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("gina@x", **{"legal.yaml": LEGAL + SYNC})
    repo.git("checkout", "-q", "main")
    repo.commit("amy@x", **{"amy.yaml": AMY + SYNC})
    repo.git("merge", "-q", "--no-commit", "--no-ff", "topic")
    repo.commit("eve@x", **{"account.yaml": ACCOUNT + SYNC})
    _, answer = repo.authorize("start", "--actor-from-git")
    assert ("eve@x", "account", "setting", "not_permitted") in judged(answer)
    assert len(answer["verdicts"]) == 3


HELD = "toggles: {bidirectional_calendar_sync: {state: off, locked: true}}\n"


def branched(repo, theirs, ours, *, who="eve@x"):
    """A topic and main that went their ways, with main about to be merged into the topic."""
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit(who, **theirs)
    repo.git("checkout", "-q", "main")
    repo.commit("olga@x", **ours)
    repo.git("checkout", "-q", "topic")


def test_a_merge_that_undoes_what_one_side_alone_changed_is_judged_for_that(repo):
    branched(repo, {"eve.yaml": "# nothing\n"}, {"legal.yaml": LEGAL + HELD})
    repo.git("merge", "-q", "-s", "ours", "-m", "merge", "main", who="eve@x")
    code, answer = repo.authorize("main..topic", "--actor-from-git")
    assert (code, judged(answer)) == (1, [("eve@x", "group", "setting", "not_permitted")])
    assert answer["verdicts"][0]["change"]["action"] == "removed"


def test_a_merge_that_alters_what_one_side_added_is_judged_for_that_alone(repo):
    added = {"sales.yaml": "kind: group\nid: sales\n"}
    branched(repo, {"eve.yaml": "# nothing\n"}, added)
    repo.git("merge", "-q", "--no-commit", "--no-ff", "main")
    repo.commit("eve@x", **{"sales.yaml": added["sales.yaml"] + HELD})
    _, answer = repo.authorize("main..topic", "--actor-from-git")
    assert judged(answer) == [("eve@x", "group", "setting", "not_permitted")]


def test_who_takes_one_of_two_changes_in_a_merge_is_judged_for_it(repo):
    branched(repo, {"legal.yaml": LEGAL + SYNC}, {"legal.yaml": LEGAL + HELD}, who="gina@x")
    repo.git("merge", "-q", "-s", "ours", "-m", "merge", "main", who="eve@x")
    _, answer = repo.authorize("main..topic", "--actor-from-git")
    assert judged(answer) == [
        ("gina@x", "group", "setting", "group_admin"),
        ("eve@x", "group", "setting", "not_permitted"),
    ]


def test_what_a_merge_removes_though_one_side_had_edited_it_is_its_own(repo):
    branched(repo, {"legal.yaml": ""}, {"legal.yaml": LEGAL + HELD}, who="dana@x")
    repo.git("merge", "-q", "-s", "ours", "-m", "merge", "main", who="eve@x")
    _, answer = repo.authorize("main..topic", "--actor-from-git")
    assert judged(answer) == [
        ("dana@x", "group", None, "privilege"),
        ("eve@x", "group", None, "not_permitted"),
    ]


def test_an_invalid_merge_still_answers_for_both_its_sides(repo):
    branched(repo, {"eve.yaml": "# nothing\n"}, {"legal.yaml": LEGAL + HELD})
    repo.git("merge", "-q", "--no-commit", "-s", "ours", "main")
    repo.commit("eve@x", **{"eve.yaml": "oops: 1\n"})
    repo.commit("eve@x", **{"eve.yaml": ""})
    _, answer = repo.authorize("main..topic", "--actor-from-git")
    assert judged(answer) == [("eve@x", "group", "setting", "not_permitted")]


ROWS = ["user,bidirectional_calendar_sync", *(f"u{n}@x,on" for n in range(9)), ""]


def tabled(*edits):
    """The table's text with some lines replaced."""
    lines = list(ROWS)
    for number, line in edits:
        lines[number] = line
    return {"people.csv": "\n".join(lines)}


@pytest.fixture(params=[False, True], ids=["small", "large"])
def large(request, monkeypatch):
    """Tables as they are, or each read as one of millions of rows is."""
    if request.param:
        monkeypatch.setattr(tables, "SMALL_BYTES", -1)
        monkeypatch.setattr(opening, "SMALL_ROWS", -1)


@pytest.mark.usefixtures("large")
def test_rows_of_one_table_that_two_sides_changed_are_merged_by_nobody(repo):
    start = {"people.yaml": "kind: directory\nsource: people.csv\n", **tabled()}
    repo.commit("olga@x", **start)
    branched(repo, tabled((1, "u0@x,off"), (2, "new@x,off")), tabled((8, "u7@x,off")))
    repo.git("merge", "-q", "-m", "merge", "main", who="amy@x")
    _, answer = repo.authorize("main..topic", "--actor-from-git")
    assert [(v["actor"], v["change"]["field"]) for v in answer["verdicts"]] == [
        ("eve@x", "users"),
        ("eve@x", "setting"),
    ]


@pytest.mark.usefixtures("large")
def test_rows_that_a_merge_changes_are_its_own(repo):
    start = {"people.yaml": "kind: directory\nsource: people.csv\n", **tabled()}
    repo.commit("olga@x", **start)
    branched(repo, tabled((1, "u0@x,off")), tabled((8, "u7@x,off")))
    repo.git("merge", "-q", "--no-commit", "--no-ff", "main")
    repo.commit("amy@x", **tabled((1, "u0@x,off"), (8, "u7@x,off"), (5, "u4@x,off")))
    _, answer = repo.authorize("main..topic", "--actor-from-git")
    assert {(v["actor"], v["change"]["field"], v["allowed"]) for v in answer["verdicts"]} == {
        ("eve@x", "setting", False),
        ("amy@x", "setting", False),
    }


def test_histories_without_a_common_commit_merge_cleanly(repo):
    repo.git("checkout", "-q", "--orphan", "other")
    repo.git("rm", "-rfq", ".")
    (repo.folder / "policies").mkdir(exist_ok=True)
    repo.commit("eve@x", **{"notes.yaml": "# nothing\n"})
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--allow-unrelated-histories", "-m", "merge", "other", who="eve@x")
    assert repo.authorize("start", "--actor-from-git") == (
        0,
        {"format_version": "1.0", "actor": None, "allowed": True, "verdicts": []},
    )


def test_what_an_invalid_commit_changed_is_judged_for_those_behind_it_and_its_repair(repo):
    repo.commit("eve@x", **{"legal.yaml": LEGAL + SYNC + "oops: 1\n"})
    repo.commit("ann@x", **{"../README": "not about policies"})
    repo.commit("olga@x", **{"legal.yaml": LEGAL + SYNC})
    _, answer = repo.authorize("start", "--actor-from-git")
    assert judged(answer) == [
        ("eve@x", "group", "setting", "not_permitted"),
        ("olga@x", "group", "setting", "owner"),
    ]


def test_the_first_commit_is_judged_against_nothing(repo):
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit("olga@x", **{"account.yaml": ACCOUNT + SYNC})
    _, answer = repo.authorize("start", "--actor-from-git")
    assert {v["actor"] for v in answer["verdicts"]} == {"olga@x"}
    assert answer["allowed"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "either --actor or --actor-from-git"),
        (("--actor", "a@x", "--actor-from-git"), "either --actor or --actor-from-git"),
        (("--actor", ""), "either --actor or --actor-from-git"),
        (("--actor-from-git",), "a side is none"),
        (("start", "policies", "--actor-from-git"), "a side is none"),
        (("nowhere", "--actor", "a@x"), "unknown revision `nowhere`"),
        (("--actor", "a@x", "--toggle", "nope"), "unknown toggle `nope`"),
    ],
)
def test_what_cannot_be_asked_ends_with_two(repo, words, message):
    said = repo.calsync("authorize", *words)
    assert said.exit_code == 2
    assert message in said.stderr


def test_a_range_that_ends_invalid_cannot_be_judged(repo):
    repo.commit("olga@x", **{"legal.yaml": LEGAL + "oops: 1\n"})
    assert repo.calsync("authorize", "start", "--actor-from-git").exit_code == 2


def test_only_the_toggles_asked_for(repo):
    both = "toggles: {bidirectional_calendar_sync: off, calendar_and_contacts_integration: off}\n"
    repo.write(**{"legal.yaml": LEGAL + both})
    key = "calendar_and_contacts_integration"
    _, answer = repo.authorize("--actor", "eve@x", "--toggle", key)
    assert [v["change"]["toggle"] for v in answer["verdicts"]] == [key]


def test_the_formats_for_people_and_services(repo):
    repo.write(**{"legal.yaml": LEGAL + SYNC, "amy.yaml": AMY + SYNC})
    text = repo.calsync("authorize", "--actor", "gina@x").stdout
    assert text.startswith("Refused: 1 of 2 changes is not for gina@x to make.\n")
    assert text.index("refused  amy@x") < text.index("allowed  the group Legal")
    github = repo.calsync("authorize", "--actor", "gina@x", "--format", "github").stdout
    assert github.startswith("::error file=policies/amy.yaml,line=3,col=11,title=authorize::")
    markdown = repo.calsync("authorize", "--actor", "gina@x", "--format", "markdown").stdout
    assert "| **refused** |" in markdown
    assert "@x" not in markdown
