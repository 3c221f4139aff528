"""`set`, `lock` and `unlock`: what they show, ask, refuse and write."""

import os
import pty
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from engine.commands import editing
from engine.edit import carry
from engine.errors import RefusedError

ROOT = Path(__file__).parents[2]
SET = """\
kind: account
id: acme
name: Acme Corporation
---
kind: group
id: legal
name: Legal
admins: [gina@acme.example]
toggles:
  bidirectional_calendar_sync: {state: disabled, locked: true}   # hold
---
kind: group
id: sales
---
kind: users
users:
  - {id: amy@acme.example, groups: [legal], toggles: {bidirectional_calendar_sync: on}}
  - {id: bob@acme.example, groups: [sales]}
  - {id: cy@acme.example, groups: [sales]}
---
kind: roles
owners: [olga@acme.example]
roles:
  - {name: Settings, privileges: ["AccountSetting:Edit"], members: [dana@acme.example]}
---
kind: guardrails
guardrails:
  - {name: Sales always syncs, who: {groups: [sales]}, must_be: enabled}
"""


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / "policies"
    folder.mkdir()
    path = folder / "all.yaml"
    path.write_bytes(SET.encode())
    return path


def calsync(file, *words, answer=None):
    directory = str(file.parents[1])
    result = CliRunner().invoke(main, ["-C", directory, *words], input=answer)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_yes_writes_one_line_and_says_what_is_left_to_do_in_the_portal(file):
    said = calsync(file, "set", "group:sales", "off", "--yes")
    assert said.exit_code == 0
    assert file.read_text() == SET.replace(
        "id: sales\n", "id: sales\ntoggles:\n  bidirectional_calendar_sync: disabled\n"
    )
    assert "2 people lose sync" in said.stdout
    assert "Newly broken, by 2 people: the guardrail Sales always syncs" in said.stdout
    assert "Wrote policies/all.yaml" in said.stdout
    assert "In the portal, 1 step:" in said.stdout


def test_set_keeps_a_lock_and_the_opposite_gives_back_the_bytes(file):
    assert calsync(file, "set", "group:legal", "on", "--yes").exit_code == 0
    changed = SET.replace("{state: disabled, locked: true}", "{state: enabled, locked: true}")
    assert file.read_text() == changed
    assert calsync(file, "set", "group:legal", "off", "--yes").exit_code == 0
    assert file.read_text() == SET


def test_inherit_takes_the_whole_setting_away(file):
    assert calsync(file, "set", "group:legal", "inherit", "-y").exit_code == 0
    assert file.read_text() == SET.replace(
        "toggles:\n  bidirectional_calendar_sync: {state: disabled, locked: true}   # hold\n", ""
    )


def test_lock_writes_the_state_that_is_in_effect_and_unlock_takes_the_lock_only(file):
    assert calsync(file, "lock", "group:sales", "-y").exit_code == 0
    line = "  bidirectional_calendar_sync: {state: enabled, locked: true}\n"
    assert f"id: sales\ntoggles:\n{line}" in file.read_text()
    assert calsync(file, "unlock", "group:sales", "-y").exit_code == 0
    assert line.replace("true", "false") in file.read_text()


def test_set_with_lock_does_both(file):
    assert calsync(file, "set", "account", "off", "--lock", "-y").exit_code == 0
    assert "  bidirectional_calendar_sync: {state: disabled, locked: true}\n---" in file.read_text()


def test_what_is_there_already_is_nothing_to_do(file):
    for words in (("set", "group:legal", "off"), ("lock", "group:legal"), ("unlock", "account")):
        said = calsync(file, *words)
        assert said.exit_code == 0
        assert "nothing to do" in said.stderr
    assert file.read_text() == SET


def test_what_is_locked_above_is_greyed_out_with_the_scope_and_the_people(file):
    said = calsync(file, "set", "amy@acme.example", "off", "--yes")
    assert said.exit_code == 1
    assert "greyed out for amy@acme.example: the group Legal locks" in said.stderr
    assert "`group:legal`" in said.stderr
    assert "gina@acme.example" in said.stderr
    assert file.read_text() == SET


def test_taking_away_a_masked_choice_is_allowed(file):
    assert calsync(file, "set", "amy@acme.example", "inherit", "--yes").exit_code == 0
    assert ", toggles: {bidirectional_calendar_sync: on}" not in file.read_text()


def test_under_a_locked_account_a_group_cannot_even_be_unlocked(file):
    assert calsync(file, "lock", "account", "--yes").exit_code == 0
    for words in (("unlock", "group:legal"), ("lock", "group:sales"), ("set", "group:sales", "on")):
        said = calsync(file, *words, "--yes")
        assert said.exit_code == 1
        assert "the account Acme Corporation locks" in said.stderr
        assert "dana@acme.example" in said.stderr


def test_without_a_terminal_and_without_yes_it_refuses_and_writes_nothing(file):
    said = calsync(file, "set", "group:sales", "off")
    assert said.exit_code == 1
    assert "there is no terminal to ask on" in said.stderr
    assert file.read_text() == SET


def test_a_dry_run_prints_a_patch_that_git_takes(file):
    said = calsync(file, "set", "group:sales", "off", "--dry-run")
    assert said.exit_code == 0
    assert "2 people lose sync" in said.stdout
    assert file.read_text() == SET
    subprocess.run(
        ["git", "apply"], input=said.stdout_bytes, cwd=file.parents[1], check=True, text=False
    )
    assert "id: sales\ntoggles:\n  bidirectional_calendar_sync: disabled\n" in file.read_text()


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("tail", ["", "\n"])
@pytest.mark.parametrize("name", ["all.yaml", "Team one.yaml", 'say "é\\so".yaml'])
def test_so_it_is_whatever_the_file_is_like(file, ending, tail, name):
    file.unlink()
    path = file.parent / name
    text = f"kind: account{ending}id: acme{tail and ending}"
    path.write_bytes(text.encode())
    said = calsync(path, "set", "account", "off", "--dry-run")
    subprocess.run(["git", "apply"], input=said.stdout_bytes, cwd=path.parents[1], check=True)
    patched = path.read_bytes()
    path.write_bytes(text.encode())
    assert calsync(path, "set", "account", "off", "--yes").exit_code == 0
    assert path.read_bytes() == patched != text.encode()


@pytest.mark.parametrize(
    "words", [(), ("--file", "policies/new.yaml"), ("--file", "policies/0.yaml")]
)
@pytest.mark.parametrize("below", [False, True])
def test_a_patch_fits_at_the_top_of_the_repository_and_where_it_was_made(file, words, below):
    top = file.parents[1]
    inner = top / "organisation one"
    inner.mkdir()
    policies = file.parent.rename(inner / "policies")
    (policies / "0.yaml").write_bytes(b"")
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    target = "new@acme.example" if words else "group:sales"
    said = calsync(policies / "x", "set", target, "off", *words, "--dry-run")
    where = inner if below else top
    subprocess.run(["git", "apply"], input=said.stdout_bytes, cwd=where, check=True)
    patched = {path.name: path.read_bytes() for path in policies.iterdir()}
    for path in policies.iterdir():
        path.unlink()
    (policies / "0.yaml").write_bytes(b"")
    (policies / "all.yaml").write_text(SET)
    assert calsync(policies / "x", "set", target, "off", *words, "--yes").exit_code == 0
    assert {path.name: path.read_bytes() for path in policies.iterdir()} == patched


@pytest.mark.parametrize("in_git", [False, True])
def test_a_patch_names_what_a_symbolic_link_leads_to(file, in_git):
    top = file.parents[1]
    if in_git:
        subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    file.parent.rename(top / "real")
    (top / "policies").symlink_to("real")
    said = calsync(file, "set", "group:sales", "off", "--dry-run")
    assert "\n--- a/real/all.yaml\n" in said.stdout
    subprocess.run(["git", "apply"], input=said.stdout_bytes, cwd=top, check=True)
    assert "sales\ntoggles:\n  bidirectional_calendar_sync: disabled\n" in file.read_text()


def test_an_actor_is_judged_and_nobody_is_without_one(file):
    said = calsync(file, "set", "group:legal", "on", "--yes", "--as", "dana@acme.example")
    assert said.exit_code == 1
    assert "dana@acme.example may not: it takes an owner or Group:Edit" in said.stderr
    assert file.read_text() == SET
    words = ("set", "group:legal", "on", "--yes", "--as", "gina@acme.example")
    assert calsync(file, *words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("lock", "bob@acme.example"), "there is no lock at user scope"),
        (("unlock", "bob@acme.example"), "there is no lock at user scope"),
        (("set", "bob@acme.example", "on", "--lock"), "there is no lock at user scope"),
        (("set", "account", "inherit", "--lock"), "what inherits has no lock"),
        (("set", "account", "maybe"), "`maybe` is no state"),
        (("set", "group:nowhere", "on"), "unknown group `nowhere`"),
        (("set", "account", "on", "--toggle", "nope"), "unknown toggle `nope`"),
        (("set", "bob@acme.example", "on", "--file", "policies/x.yaml"), "is declared already"),
        (("set", "bbo@acme.example", "on"), "declared nowhere yet"),
        (("set", "new@acme.example", "inherit"), "unknown user"),
    ],
)
def test_what_cannot_be_asked_ends_with_two(file, words, message):
    said = calsync(file, *words, "--yes")
    assert said.exit_code == 2
    assert message in said.stderr
    assert file.read_text() == SET


def test_a_user_who_is_declared_nowhere_gets_an_entry_in_the_file_that_is_named(file):
    words = ("set", "new@acme.example", "off", "--yes", "--file")
    assert calsync(file, *words, "policies/all.yaml").exit_code == 0
    entry = "  - {id: new@acme.example, toggles: {bidirectional_calendar_sync: off}}\n"
    assert f"[sales]}}\n{entry}---" in file.read_text()


def test_a_file_that_ends_without_a_line_break_goes_on_doing_so(file):
    text = "kind: account\nid: acme"
    file.write_text(text)
    words = ("set", "new@acme.example", "off", "--yes", "--file", "policies/all.yaml")
    assert calsync(file, *words).exit_code == 0
    entry = "kind: user\nid: new@acme.example\ntoggles:\n  bidirectional_calendar_sync: off"
    assert file.read_text() == f"{text}\n---\n{entry}"


def test_or_a_file_of_their_own(file):
    words = ("set", "new@acme.example", "off", "--yes", "--file", "policies/new.yaml")
    assert calsync(file, *words).exit_code == 0
    text = "kind: user\nid: new@acme.example\ntoggles:\n  bidirectional_calendar_sync: off\n"
    assert (file.parent / "new.yaml").read_text() == text


@pytest.mark.parametrize("name", ["elsewhere.yaml", "policies/x.txt", "policies/.x.yaml"])
def test_a_file_that_holds_no_policies_is_refused(file, name):
    said = calsync(file, "set", "new@acme.example", "off", "--yes", "--file", name)
    assert said.exit_code == 2
    assert "would not be a policy file" in said.stderr


def test_a_user_in_a_table_is_refused_with_the_reason(file):
    (file.parent / "people.csv").write_text("user,groups\ntess@acme.example,sales\n")
    (file.parent / "people.yaml").write_text("kind: directory\nsource: people.csv\n")
    said = calsync(file, "set", "tess@acme.example", "off", "--yes")
    assert said.exit_code == 1
    assert "stands in a table, at policies/people.csv:2:1" in said.stderr


def test_a_shared_anchor_is_refused(file):
    text = SET.replace("toggles: {bidirectional_calendar_sync: on}", "toggles: &a {x: on}").replace(
        "x: on", "calendar_and_contacts_integration: on"
    )
    text = text.replace("bob@acme.example, groups: [sales]", "bob@acme.example, toggles: *a")
    file.write_text(text)
    words = ("--yes", "--toggle", "calendar_and_contacts_integration")
    said = calsync(file, "set", "amy@acme.example", "off", *words)
    assert said.exit_code == 1
    assert "would also change the alias of `bob@acme.example`" in said.stderr
    assert file.read_text() == text


def test_a_set_that_is_not_valid_is_not_edited(file):
    (file.parent / "broken.yaml").write_text("kind: nothing\n")
    said = calsync(file, "set", "account", "off", "--yes")
    assert said.exit_code == 2
    assert "unknown kind" in said.stderr


def test_what_turns_out_invalid_is_put_back(file, monkeypatch):
    monkeypatch.setattr(carry, "_wrong", lambda _: "somebody broke another file meanwhile")
    said = calsync(file, "set", "account", "off", "--yes")
    assert said.exit_code == 1
    assert "would not be valid: somebody broke" in said.stderr
    assert file.read_text() == SET


def test_a_new_file_that_turns_out_invalid_is_taken_away(file, monkeypatch):
    monkeypatch.setattr(carry, "_wrong", lambda _: "somebody broke another file meanwhile")
    words = ("set", "new@acme.example", "off", "--yes", "--file", "policies/new.yaml")
    assert calsync(file, *words).exit_code == 1
    assert os.listdir(file.parent) == ["all.yaml"]


def test_what_is_wrong_on_the_disk_afterwards_is_found(file):
    from engine.edit.plan import Action, Request, plan
    from engine.model import SYNC_TOGGLE, State
    from engine.read.source import WorkingTree

    request = Request(action=Action.SET, target="account", toggle=SYNC_TOGGLE, state=State.DISABLED)
    made = plan(WorkingTree(str(file.parent)), request, lambda paths: paths[0])
    (file.parent / "broken.yaml").write_text("kind: nothing\n")
    with pytest.raises(RefusedError, match="unknown kind"):
        carry.carry_out(made)
    assert file.read_text() == SET


# -- the dialog ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("set", "group:sales", "off"), "Disable for 2 people?"),
        (("set", "group:legal", "on"), "Enable for 1 person?"),
        (
            ("set", "group:sales", "on"),
            "Enable for sales, where it alters nothing for anybody now?",
        ),
        (("set", "bob@acme.example", "off"), "Disable for bob@acme.example?"),
        (("set", "amy@acme.example", "inherit"), "Let amy@acme.example inherit, which alters"),
        (("lock", "group:sales"), "Lock for everyone in sales?"),
        (("unlock", "group:legal"), "Unlock for everyone in Legal?"),
        (("set", "account", "off", "--lock"), "Disable and lock for everyone in Acme Corporation?"),
    ],
)
def test_the_question_is_the_dialogs_and_no_is_the_default(file, monkeypatch, words, question):
    monkeypatch.setattr(editing, "is_terminal", lambda: True)
    said = calsync(file, *words, answer="\n")
    assert question in said.stderr
    assert "Nothing was changed." in said.stderr
    assert said.exit_code == 1
    assert file.read_text() == SET


def test_a_masked_choice_is_taken_away_without_effect_on_anybody(file, monkeypatch):
    monkeypatch.setattr(editing, "is_terminal", lambda: True)
    said = calsync(file, "set", "amy@acme.example", "inherit", answer="\n")
    assert "Let amy@acme.example inherit, which alters nothing for anybody now?" in said.stderr


def test_it_asks_where_to_declare_a_user(file, monkeypatch):
    monkeypatch.setattr(editing, "is_terminal", lambda: True)
    said = calsync(file, "set", "new@acme.example", "off", answer="1\ny\n")
    assert said.exit_code == 0
    assert "policies/all.yaml" in said.stderr
    assert "new@acme.example" in file.read_text()


def test_who_chooses_no_file_changes_nothing(file, monkeypatch):
    monkeypatch.setattr(editing, "is_terminal", lambda: True)
    said = calsync(file, "set", "new@acme.example", "off", answer="")
    assert said.exit_code == 1
    assert said.stderr.endswith("error: no file was chosen: nothing was changed\n")
    assert file.read_text() == SET


def test_declaring_a_user_where_they_are_declared_so_is_nothing_to_do(file):
    words = ("set", "new@acme.example", "off", "--file", "policies/all.yaml", "--yes")
    assert calsync(file, *words).exit_code == 0
    said = calsync(file, *words)
    assert (said.exit_code, said.stderr) == (
        0,
        "policies/all.yaml says so already: nothing to do\n",
    )


def test_expectations_that_would_fail_are_named_before_anybody_is_asked(file):
    entries = [f"  - {{name: Sales {n}, user: bob@acme.example, state: on}}\n" for n in range(7)]
    entries.append("  - {name: wrong already, user: bob@acme.example, state: off}\n")
    text = SET + "---\nkind: expectations\nexpectations:\n" + "".join(entries)
    file.write_text(text)
    said = calsync(file, "set", "group:sales", "off", "--dry-run").stdout
    first = 1 + text[: text.index("  - {name: Sales 0")].count("\n")
    assert "Expectations that hold now and would fail (7)\n" in said
    assert f"Sales 4 (policies/all.yaml:{first + 4}:5)\n" in said
    assert "Sales 5" not in said
    assert "and 2 more: `calsync test` names them all\n" in said
    assert "wrong already" not in said
    assert "would fail" not in calsync(file, "set", "group:legal", "on", "--dry-run").stdout


def on_a_terminal(file, words, answer):
    """Run calsync on a terminal of its own, and answer when it asks; None is Ctrl-C."""
    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "-C", str(file.parents[1]), *words],
        stdin=child,
        stdout=child,
        stderr=child,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "200"},
    ) as process:
        os.close(child)
        said, answered, silent = b"", False, 0
        while silent < 60:
            if not select.select([parent], [], [], 1)[0]:
                silent += 1
                if answered and answer is None:  # the first came just before it read
                    process.send_signal(signal.SIGINT)
                continue
            try:
                said += os.read(parent, 4096)
            except OSError:  # it has left
                break
            if b"[y/N]" in said and not answered:
                answered = True
                if answer is None:
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(parent, answer)
        if silent == 60:
            process.kill()
        code = process.wait(60)
    os.close(parent)
    return code, said.decode()


def test_on_a_real_terminal_yes_is_taken_for_an_answer(file):
    code, said = on_a_terminal(file, ("set", "group:legal", "on"), b"y\r")
    assert code == 0, said
    assert "state: enabled, locked: true" in file.read_text()


def test_ctrl_c_at_the_question_changes_nothing(file):
    code, said = on_a_terminal(file, ("set", "group:legal", "on"), None)
    assert code == 1
    ends = [f"[y/N]: {echo}\r\nNothing was changed.\r\n" for echo in ("", "^C")]
    assert said.endswith(tuple(ends))
    assert file.read_text() == SET
    assert os.listdir(file.parent) == ["all.yaml"]


# -- two at once -----------------------------------------------------------------------------------


def test_of_two_at_once_one_wins_and_the_other_says_so(file):
    results = []

    def edit(state):
        command = [sys.executable, str(ROOT / "cli.py"), "-C", str(file.parents[1])]
        command += ["set", "group:sales", state, "--yes"]
        results.append(
            (state, subprocess.run(command, capture_output=True, text=True, check=False))
        )

    threads = [threading.Thread(target=edit, args=(state,)) for state in ("on", "off")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = file.read_text()
    won = [state for state, done in results if done.returncode == 0]
    words = {"on": "enabled", "off": "disabled"}
    assert won
    assert any(f"bidirectional_calendar_sync: {words[state]}\n" in written for state in won)
    for _, done in results:
        if done.returncode:
            assert "has changed since" in done.stderr or "another calsync" in done.stderr
    assert os.listdir(file.parent) == ["all.yaml"]
