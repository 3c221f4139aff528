"""`validate --fix` takes away what decides nothing, and leaves what might be meant."""

import pytest
from click.testing import CliRunner

from cli import main
from engine.edit import fixes
from engine.edit.write import replace_file
from engine.errors import RefusedError

SET = """\
kind: account
id: acme
toggles:
  # the product's default is on as well
  bidirectional_calendar_sync: on   # so it says nothing
---
kind: group
id: legal
toggles: {bidirectional_calendar_sync: on, calendar_and_contacts_integration: off}
---
kind: user
id: amy@acme.example
groups: [legal]
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "policies").mkdir()
    path = tmp_path / "policies" / "all.yaml"
    path.write_text(SET)
    return path


def validate(file, *words):
    result = CliRunner().invoke(main, ["-C", str(file.parents[1]), "validate", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_what_is_redundant_goes_and_the_rest_stays_as_it_was(file):
    said = validate(file, "--fix")
    assert said.exit_code == 0
    assert "all valid" in said.stdout
    assert said.stderr.count("fixed policies/all.yaml:") == 2
    assert file.read_text() == SET.replace("toggles:\n  #", "  #").replace(
        "  bidirectional_calendar_sync: on   # so it says nothing\n", ""
    ).replace("{bidirectional_calendar_sync: on, calendar", "{calendar")


def test_without_fix_nothing_is_written(file):
    validate(file)
    assert file.read_text() == SET


def test_what_an_expectation_checks_is_left_and_said(file):
    expected = (
        "---\nkind: expectations\nexpectations:\n"
        "  - {user: amy@acme.example, source: 'group:legal'}\n"
    )
    file.write_text(SET + expected)
    said = validate(file, "--fix")
    assert "an expectation checks what it says" in said.stderr
    assert "{bidirectional_calendar_sync: on, calendar" in file.read_text()


def test_a_silenced_warning_is_left_alone(file):
    text = SET.replace(
        "# so it says nothing", "# calsync: ignore[redundant-setting,dead-setting] ok"
    )
    file.write_text(text)
    validate(file, "--fix")
    assert "bidirectional_calendar_sync: on   # calsync: ignore" in file.read_text()


def test_a_revision_cannot_be_fixed(file):
    said = validate(file, "--fix", "--rev", "HEAD")
    assert said.exit_code == 2
    assert "a revision cannot be fixed" in said.stderr


CLASH = """\
kind: account
id: acme
toggles: {bidirectional_calendar_sync: {state: off, locked: LOCKED}}
---
{kind: group, id: a, toggles: {bidirectional_calendar_sync: {state: off, locked: true}}}
---
{kind: group, id: b, toggles: {bidirectional_calendar_sync: {state: on, locked: true}}}
---
{kind: group, id: main}
---
{kind: user, id: amy@acme.example, groups: [main, a, b], primary_group: main}
"""


@pytest.mark.parametrize(("locked", "code"), [("true", 0), ("false", 1)])
def test_a_clash_of_locks_is_neither_brought_about_nor_settled(file, locked, code):
    kept = "locked: true}}}  # calsync: ignore[shadowed-lock] both are meant"
    text = CLASH.replace("LOCKED", locked).replace("locked: true}}}", kept)
    file.write_text(text)
    assert validate(file).exit_code == code
    said = validate(file, "--fix")
    assert said.exit_code == code
    assert "opposite locks meet there, and which is meant is open" in said.stderr or code
    assert file.read_text().count("locked: true") == text.count("locked: true")


def test_of_two_locks_that_clash_none_is_taken_away(file):
    text = CLASH.replace("LOCKED", "false")
    file.write_text(text)
    said = validate(file, "--fix")
    assert said.exit_code == 1
    assert "opposite locks meet there, and which is meant is open" in said.stderr
    assert file.read_text().count("locked: true") == 2


def test_where_one_of_several_files_cannot_be_written_none_is(file, monkeypatch):
    """One fix may be safe only with another made."""
    later = file.parent / "later.yaml"
    later.write_text("kind: group\nid: sales\ntoggles: {bidirectional_calendar_sync: on}\n")
    people = "---\nkind: user\nid: bob@acme.example\ngroups: [sales]\n"
    file.write_text(SET + people)

    def fails(path, before, after):
        if path.endswith("later.yaml"):
            raise RefusedError("another calsync is writing")
        replace_file(path, before, after)

    monkeypatch.setattr(fixes, "replace_file", fails)
    said = validate(file, "--fix")
    assert said.exit_code == 1
    assert "another calsync is writing" in said.stderr
    assert file.read_text() == SET + people
