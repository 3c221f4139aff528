"""The page of a comparison, as text: what stands on it when there is nothing, much, or too much."""

from __future__ import annotations

from itertools import pairwise

import pytest
from click.testing import CliRunner

from cli import main
from engine.read.load import load
from engine.read.source import Memory
from engine.report.diff_html import render
from engine.report.diff_page import page
from engine.report.diff_rows import table
from engine.report.flow import Stream, flow
from engine.review.comparison import compare
from engine.review.story import tell

SYNC = "bidirectional_calendar_sync"


def compared(old, new):
    """Compare two sets of one file."""
    sets = (load(Memory({"all.yaml": text.encode()})).valid() for text in (old, new))
    return compare(*sets)


def people(choice, number, group="", note=""):
    users = "".join(
        f"  - {{id: u{at:03}@x, toggles: {{{SYNC}: {choice}}}{group}}}\n" for at in range(number)
    )
    head = "kind: account\nid: acme\n---\nkind: group\nid: legal\n---\n"
    return f"{head}kind: users\n{note}users:\n{users}"


def paged(comparison, *, limit=1000):
    story = tell(comparison)
    rows = table(comparison, story, limit=limit)
    return page(comparison, story, rows, provenance=False)


def test_users_who_changed_alike_are_one_line_with_the_first_of_them():
    lines = paged(compared(people("on", 50), people("off", 50))).changes
    assert len(lines) == 1
    line = lines[0]
    assert line.numbers == "#1-50" and line.effect == "50 people"
    assert (line.said.old, line.said.new) == ("on", "off")
    assert len(line.owners) == 20 and line.more == 30
    assert line.owners[0].places == ["all.yaml:9"]


def test_few_have_a_line_each():
    lines = paged(compared(people("on", 3), people("off", 3))).changes
    assert [line.numbers for line in lines] == ["#1", "#2", "#3"]


def test_people_beyond_the_limit_are_counted_and_said_to_be_missing():
    comparison = compared(people("on", 50), people("off", 50))
    found = paged(comparison, limit=20)
    assert found.people_note.startswith("The table holds the first 20 of 50 people")
    assert found.tiles[0].number == 50
    assert sum(moved.users for moved in found.pictures[0].moves) == 50
    assert paged(comparison).people_note == ""
    assert found.pictures_note == ""


def test_one_person_gets_the_verbs_of_one():
    alone = people("on", 1)
    found = paged(compared(alone, people("off", 1)))
    assert (found.tiles[0].label, found.tiles[1].label) == ("of 1 person affected", "loses sync")
    both = alone + "  - {id: zoe@x}\n"
    told = paged(compared(both, both.replace(f"{SYNC}: on", f"{SYNC}: off"))).pictures_note
    assert told.startswith("The other person notices nothing.")
    three = both + "  - {id: zak@x}\n"
    told = paged(compared(three, three.replace(f"{SYNC}: on", f"{SYNC}: off"))).pictures_note
    assert told.startswith("The other 2 people notice nothing.")


def test_a_change_that_nobody_notices_stands_apart():
    found = paged(compared(people("on", 1), people("on", 1).replace("id: legal", "id: law")))
    assert not found.changes and len(found.others) == 2
    assert not found.people and not found.pictures


def test_of_lists_only_what_came_and_went_is_said():
    old = people("on", 1, ", groups: [legal]")
    new = old.replace("id: legal\n", "id: legal\n---\nkind: group\nid: ops\n")
    (line,) = [
        one
        for one in paged(compared(old, new.replace("[legal]", "[legal, ops]"))).others
        if one.said.field == "groups"
    ]
    assert (line.said.old, line.said.new) == (None, "ops")


def test_nothing_changed_is_a_page_too():
    comparison = compared(people("on", 2), people("on", 2))
    text = render(comparison, tell(comparison))
    assert "Nothing changes: both sides declare the same." in text
    assert 'id="table"' not in text


@pytest.mark.parametrize("users", [1, 10, 100_000])
def test_a_ribbon_can_be_seen_and_a_label_has_room(users):
    found = flow([Stream("on", "off", users), Stream("on", "idle", 1)], ["on", "idle", "off"])
    assert all(bar.height >= 3 for bar in (*found.left, *found.right))
    tops = [bar.middle for bar in found.right]
    assert all(below - above >= 46 for above, below in pairwise(tops))
    assert found.is_widened == (users > 1000)
    assert found.height < 400


def test_the_command_writes_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, choice in (("a", "on"), ("b", "off")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "all.yaml").write_text(people(choice, 2), encoding="utf-8")
    words = ["diff", "a", "b", "--format", "html", "--output", "page.html"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0 and done.output == ""
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and "2 people lose sync" in text
