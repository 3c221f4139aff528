"""`calsync history`, and `--at` wherever `--rev` is."""

from __future__ import annotations

import csv
import io
import json
import subprocess

import pytest
from click.testing import CliRunner

from cli import main
from engine.history import instants
from tests.repositories import START, Made, git, line, written

AMY = "amy@acme.example"
SYNC = "bidirectional_calendar_sync"
HOUR = 3_600


def at(hours):
    """An instant of the history, in ISO 8601."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(START + hours * HOUR, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def told(hours):
    """An instant as the text says it."""
    return f"{at(hours)[:16].replace('T', ' ')} UTC"


def policies(account="{kind: account, id: acme}", *more):
    return {"policies/all.yaml": "\n---\n".join([account, *more]) + "\n"}


def group(setting):
    return f"{{kind: group, id: legal, name: Legal, toggles: {{{SYNC}: {setting}}}}}"


def user(rest=""):
    return f"{{kind: user, id: {AMY}, name: Amy Adams{rest}}}"


ACME = "{kind: account, id: acme}"
GINA = "Gina Marchetti <gina@acme.example>"
OFF = "{state: off, locked: true}"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Amy is off, joins Legal, where a lock comes, and leaves altogether."""
    joined = ", groups: [legal]"
    files = [
        {"README.md": "to come"},
        policies("{kind: account, id: acme}", group("on"), user()),
        policies("{kind: account, id: acme}", group(OFF), user()),
        policies("{kind: account, id: acme}", "[", user()),
        policies("{kind: account, id: acme}", group(OFF), user(joined)),
        policies("{kind: account, id: acme}", group(OFF)),
    ]
    subjects = ("Begin", "Take it into git", "Hold", "Oops", "Amy joins Legal", "Amy leaves")
    commits = [
        Made(one, START + number * HOUR, author=GINA, subject=subject)
        for number, (one, subject) in enumerate(zip(files, subjects, strict=True))
    ]
    folder = tmp_path / "r"
    ids = written(folder, line(*commits))
    monkeypatch.chdir(folder)
    return ids


def calsync(*words):
    return CliRunner().invoke(main, list(words))


def as_json(*words):
    done = calsync("history", *words, "--format", "json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_json_has_exactly_the_keys_of_the_specification(repository):
    found = as_json(AMY)
    assert list(found) == ["format_version", "target", "toggle", "intervals", "skipped"]
    assert found["format_version"] == "1.0"
    assert (found["target"], found["toggle"]) == (AMY, SYNC)
    first, last = found["intervals"]
    assert first == {
        "from": at(1),
        "until": at(4),
        "state": "enabled",
        "locked": False,
        "sync": True,
        "reason": "default",
        "source_scope": "catalogue",
        "source_id": SYNC,
        "commit": repository[1],
        "author": GINA,
        "date": at(1),
        "subject": "Take it into git",
        "changes": first["changes"],
    }
    added = first["changes"][0]
    assert (added["action"], added["kind"], added["scope_id"]) == ("added", "user", AMY)
    assert last["until"] == at(5)
    assert (last["reason"], last["source_id"], last["sync"]) == (
        "primary_group_lock",
        "legal",
        False,
    )
    assert [one["commit"] for one in found["skipped"]] == [repository[3]]


@pytest.mark.usefixtures("repository")
def test_causes_are_counted_from_the_last_valid_commit():
    changes = as_json(AMY)["intervals"][1]["changes"]
    assert [(c["field"], c["old"], c["new"]) for c in changes] == [
        ("groups", [], ["legal"]),
    ]
    assert changes[0]["new_location"]["file"] == "policies/all.yaml"


def test_last_names_the_one_commit(repository):
    found = as_json("group:legal", "--last")["intervals"]
    assert [one["commit"] for one in found] == [repository[2]]
    assert found[0]["until"] is None


@pytest.mark.usefixtures("repository")
def test_since_and_until_keep_what_stood_in_between():
    assert len(as_json(AMY, "--since", at(4))["intervals"]) == 1
    assert len(as_json(AMY, "--since", at(3), "--until", at(3))["intervals"]) == 1
    assert len(as_json(AMY, "--until", at(4))["intervals"]) == 2
    assert as_json(AMY, "--since", at(5))["intervals"] == []
    assert as_json(AMY, "--until", at(0))["intervals"] == []
    assert as_json(AMY, "--since", at(4))["skipped"] == []


@pytest.mark.usefixtures("repository")
def test_a_stretch_that_ends_before_it_begins_is_a_wrong_question():
    done = calsync("history", AMY, "--since", at(4), "--until", at(3))
    assert done.exit_code == 2
    assert "--until is before --since" in done.stderr


def test_without_a_repository_or_a_commit_the_question_is_wrong_and_says_why(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["history", AMY], ["evaluate", "--at", at(0)]):
        done = calsync(*words)
        assert done.exit_code == 2
        assert "this is not a git repository" in done.stderr
        assert "compare" not in done.stderr
    git(tmp_path, "init", "--quiet")
    for words in (["history", AMY], ["evaluate", "--at", at(0)], ["evaluate", "--rev", "HEAD"]):
        done = calsync(*words)
        assert done.exit_code == 2
        assert "no commit yet" in done.stderr


@pytest.mark.usefixtures("repository")
def test_a_target_or_toggle_that_never_was_is_a_wrong_question():
    for words in (["bob@acme.example"], ["group:lego"], ["account:x"], [AMY, "--toggle", "x"]):
        done = calsync("history", *words)
        assert done.exit_code == 2, words
        assert "there never was" in done.stderr
    assert "did you mean `legal`?" in calsync("history", "group:lego").stderr


@pytest.mark.usefixtures("repository")
def test_a_target_that_is_gone_is_still_answered_and_the_text_says_who_took_it_away():
    done = calsync("history", AMY)
    assert done.exit_code == 0
    assert "gone since" in done.stdout
    assert "Amy leaves" in done.stdout
    assert "assumes that the portal followed" in done.stdout


@pytest.mark.usefixtures("repository")
def test_every_toggle_at_once_names_it_in_each_interval():
    found = as_json(AMY, "--all-toggles")
    assert found["toggle"] is None
    toggles = [one["toggle"] for one in found["intervals"]]
    assert toggles == [SYNC, SYNC, "calendar_and_contacts_integration"]
    assert "Calendar and contacts integration" in calsync("history", AMY, "--all-toggles").stdout


def test_csv_has_a_row_an_interval(repository):
    done = calsync("history", AMY, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["commit"] for row in rows] == [repository[1], repository[4]]
    assert "joins legal" in rows[1]["changes"]


def standing(folder, *steps):
    """The first line about Amy after steps, each an instant and what account and group say."""
    commits = []
    for hour, account, group in steps:
        said = f"{{kind: account, id: acme, toggles: {{{SYNC}: {account}}}}}"
        legal = f"{{kind: group, id: legal, toggles: {{{SYNC}: {group}}}}}" if group else ""
        amy = f"{{kind: user, id: {AMY}, groups: [{'legal' if group else ''}]}}"
        text = "\n---\n".join([said, *([legal] if legal else []), amy])
        commits.append(Made({"policies/a.yaml": text}, START + hour * HOUR))
    written(folder, line(*commits))
    heads = [
        " ".join(calsync("-C", str(folder), "history", AMY, *more).stdout.split("\n\n")[0].split())
        for more in ([], ["--last"])
    ]
    assert heads[0] == heads[1]  # --last hides intervals, not since when it stands
    return heads[0].partition(f"{AMY} ")[2]


def test_the_answer_is_since_when_it_stands_whatever_decided_in_between(tmp_path):
    lock = "{state: off, locked: true}"
    cases = {
        "reason": ([(0, "on", ""), (1, "off", ""), (2, "on", "off")], f"since {told(1)}."),
        "lock": (
            [(0, "on", ""), (1, "off", ""), (2, lock, ""), (3, lock, "off"), (4, "on", lock)],
            f"since {told(1)}, and locked since {told(2)}.",
        ),
        "unlock": (
            [(0, "on", ""), (1, lock, ""), (2, "off", "")],
            f"since {told(1)}, and no longer locked since {told(2)}.",
        ),
        "empty": ([(0, "off", ""), (1, "on", ""), (1, "off", "")], f"since {told(0)}."),
        "back": ([(0, "off", ""), (1, "on", ""), (2, "off", "")], f"since {told(2)}."),
    }
    for name, (steps, expected) in cases.items():
        assert standing(tmp_path / name, *steps) == expected, name


def test_no_line_is_wider_than_the_terminal(tmp_path, monkeypatch):
    calendars = ("google", "exchange_on_premises")
    commits = [
        Made(policies(ACME, f"{{kind: user, id: {AMY}, calendars: [{calendar}]}}"), START + number)
        for number, calendar in enumerate(calendars)
    ]
    for commit in commits:
        commit.author = f"{'Olga ' * 20}<olga@acme.example>"
    written(tmp_path, line(*commits))
    monkeypatch.chdir(tmp_path)
    text = calsync("history", AMY).stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "none of the calendars is supported" in text


def test_groups_of_one_name_want_to_be_told_apart(tmp_path, monkeypatch):
    two = [f"{{kind: group, id: g, account: {name}}}" for name in "ab"]
    accounts = [f"{{kind: account, id: {name}}}" for name in "ab"]
    both, one = policies(*accounts, *two), policies(*accounts, two[0])
    written(tmp_path / "r", line(Made(both), Made(one, START + 1), Made(both, START + 2)))
    monkeypatch.chdir(tmp_path / "r")
    done = calsync("history", "group:g")
    assert done.exit_code == 2
    assert "--in b" in done.stderr
    assert len(as_json("group:g", "--in", "b")["intervals"]) == 2
    assert len(as_json("group:g", "--rev", "main~1")["intervals"]) == 1  # only one is there
    assert calsync("history", "account").exit_code == 2
    assert len(as_json("account:b")["intervals"]) == 1
    assert calsync("history", "group:g", "--in", "c").exit_code == 2


@pytest.mark.usefixtures("repository")
def test_a_shallow_clone_is_refused_with_what_to_do(tmp_path):
    source = f"file://{tmp_path / 'r'}"
    git(tmp_path, "clone", "--quiet", "--depth", "2", source, "shallow")
    done = calsync("-C", str(tmp_path / "shallow"), "history", AMY)
    assert done.exit_code == 2
    assert "shallow" in done.stderr
    assert "--unshallow" in done.stderr
    whole = calsync("-C", str(tmp_path / "r"), "history", AMY)
    assert whole.exit_code == 0


@pytest.mark.usefixtures("repository")
def test_settings_of_git_do_not_alter_the_answer():
    before = calsync("history", AMY).stdout
    for name, value in (
        ("log.showSignature", "true"),
        ("diff.renames", "copies"),
        ("log.follow", "true"),
        ("core.quotePath", "true"),
        ("i18n.logOutputEncoding", "utf-16"),
        ("format.pretty", "raw"),
        ("color.ui", "always"),
        ("diff.orderFile", "nowhere"),
    ):
        git_config = ["git", "config", name, value]
        subprocess.run(git_config, check=True)
    assert calsync("history", AMY).stdout == before


def test_a_history_without_a_valid_set_is_a_wrong_question(tmp_path, monkeypatch):
    written(tmp_path / "r", line(Made({"policies/a.yaml": "["})))
    monkeypatch.chdir(tmp_path / "r")
    done = calsync("history", AMY)
    assert done.exit_code == 2
    assert "no commit of this history has valid policies" in done.stderr


# -- --at -----------------------------------------------------------------------------------


def decided(*words):
    done = calsync("explain", AMY, "--format", "json", *words)
    return json.loads(done.stdout)["reason"] if done.exit_code == 0 else done.stderr


@pytest.mark.usefixtures("repository")
def test_at_reads_the_policies_in_force_passing_over_those_that_are_not_valid():
    assert decided("--at", at(1)) == "default"
    assert decided("--at", at(3)) == "default"  # the commit then is broken
    assert decided("--at", at(4)) == "primary_group_lock"
    assert decided("--at", at(4)[:-1] + "+02:00") == "default"
    assert decided("--at", at(4), "--rev", "main~2") == "default"
    assert "unknown user" in decided("--at", at(99))


@pytest.mark.usefixtures("repository")
def test_at_before_the_first_commit_or_where_there_are_no_policies_is_a_wrong_question():
    early = calsync("evaluate", "--at", "2001-01-01")
    assert early.exit_code == 2
    assert "no policy was in force at `2001-01-01`" in early.stderr
    assert at(0) in early.stderr
    none = calsync("evaluate", "--at", at(0))
    assert none.exit_code == 2
    assert "no policy files" in none.stderr
    for wrong in ("yesterday", "2025-13-01", "", "99999999"):
        done = calsync("validate", "--at", wrong)
        assert done.exit_code == 2
        assert "ISO 8601" in done.stderr


def test_at_passes_over_a_commit_that_breaks_what_a_link_out_of_the_policies_leads_to(
    tmp_path, monkeypatch
):
    texts = ("{kind: account, id: acme}", f"{{kind: account, id: acme}}\n---\n{user()}", "[")
    commits = [
        Made({"outside.yaml": text}, START + n, links={"policies/a.yaml": "../outside.yaml"})
        for n, text in enumerate(texts)
    ]
    written(tmp_path / "r", line(*commits))
    monkeypatch.chdir(tmp_path / "r")
    assert decided("--at", at(1)) == "default"
    assert as_json(AMY)["intervals"][0]["commit"] == git(tmp_path / "r", "rev-parse", "main~1")[:-1]


def test_at_without_one_valid_set_until_then_is_a_wrong_question(tmp_path, monkeypatch):
    good = policies()
    written(tmp_path / "r", line(Made({"policies/a.yaml": "["}), Made(good, START + HOUR)))
    monkeypatch.chdir(tmp_path / "r")
    done = calsync("evaluate", "--at", at(0))
    assert done.exit_code == 2
    assert "no commit until then has valid policies" in done.stderr
    assert calsync("evaluate", "--at", at(1)).exit_code == 0


@pytest.mark.usefixtures("repository")
def test_history_at_an_instant_is_the_history_until_then():
    found = as_json(AMY, "--at", at(4))["intervals"]
    assert [one["until"] for one in found] == [at(4), None]
    assert as_json(AMY, "--rev", "main~1")["intervals"] == found
    assert as_json(AMY, "--rev", "main~2", "--at", at(99))["intervals"][0]["until"] is None


@pytest.mark.usefixtures("repository")
def test_a_user_is_looked_for_in_the_account_that_is_named():
    assert len(as_json(AMY, "--in", "acme")["intervals"]) == 2
    done = calsync("history", AMY, "--in", "other")
    assert done.exit_code == 2
    assert "is in the account `acme`, not `other`" in done.stderr


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("words", [["runbook"], ["authorize", "--actor", AMY]])
def test_every_command_of_two_sides_takes_an_instant_for_one(words):
    by_instant = calsync(*words, "main~4", "--at", at(3), "--format", "json")
    by_commit = calsync(*words, "main~4", "--rev", "main~3", "--format", "json")
    assert by_instant.exit_code == by_commit.exit_code < 2, by_instant.stderr
    assert by_instant.stdout == by_commit.stdout
    assert calsync(*words, "--at", "2001-01-01").exit_code == 2


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("option", ["--rev", "--at", "--since", "--until"])
def test_an_empty_word_is_not_an_option_left_out(option):
    done = calsync("history", AMY, option, "")
    assert (done.exit_code, done.stdout) == (2, "")


@pytest.mark.usefixtures("repository")
def test_an_account_is_looked_for_in_the_account_that_is_named():
    assert as_json("account:acme", "--in", "acme") == as_json("account:acme")
    done = calsync("history", "account:acme", "--in", "other")
    assert done.exit_code == 2
    assert "there never was an account `acme`" in done.stderr


@pytest.mark.usefixtures("repository")
def test_a_diff_with_the_policies_of_an_instant_stands_for_its_commit():
    done = calsync("diff", "main~4", "--at", at(3), "--format", "json")
    assert done.exit_code == 0, done.stderr
    declared = json.loads(done.stdout)["declared"]
    assert [(change["kind"], change["scope_id"]) for change in declared] == [("group", "legal")]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-62_135_596_800, "0001-01-01T00:00:00Z"),
        (-(10**12), "0001-01-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
        (10**12, "9999-12-31T23:59:59Z"),
    ],
)
def test_an_instant_that_no_calendar_has_is_the_nearest_there_is(seconds, said):
    assert instants.iso(seconds) == said
    assert instants.spoken(seconds) == said[:16].replace("T", " ") + " UTC"
