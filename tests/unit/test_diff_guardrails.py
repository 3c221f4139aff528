"""`calsync diff` reports guardrails that the new side breaks and the old did not, everywhere."""

from __future__ import annotations

import csv
import io
from random import Random

import pytest

from engine.read.load import load
from engine.read.source import Memory
from engine.review.comparison import compare
from engine.review.fields import place_of
from tests.generator import generate, mutate, scramble
from tests.reference.choices import violations
from tests.reference.model import load as load_reference
from tests.workplace import Workplace

SYNC = "bidirectional_calendar_sync"
HELD = "{state: disabled, locked: true}"
PEOPLE = """kind: account
id: acme
---
kind: group
id: legal
toggles: {{{sync}: {setting}}}
---
kind: users
users:
  - {{id: gina@acme.example, groups: [legal]}}
  - {{id: hugo@acme.example, groups: [legal]}}
  - {{id: ines@acme.example}}
"""
RAILS = """kind: guardrails
guardrails:
  - name: Nobody syncs
    who: all
    must_be: disabled
  - name: Legal never syncs
    who: {groups: [legal]}
    must_be: disabled
    whatever_users_choose: true
"""


@pytest.fixture
def place(tmp_path):
    """Legal's hold is lifted; before, Ines alone broke a guardrail."""
    before = PEOPLE.format(sync=SYNC, setting=HELD)
    after = PEOPLE.format(sync=SYNC, setting="enabled")
    return Workplace(tmp_path).write(
        {"old/all.yaml": f"{before}---\n{RAILS}", "policies/all.yaml": f"{after}---\n{RAILS}"}
    )


def test_json_has_what_only_the_new_side_breaks_with_who_does(place):
    found = place.calsync("diff", "old", "--format", "json")
    (rail,) = found.json["guardrails"]
    assert (rail["name"], rail["file"], rail["line"]) == (
        "Legal never syncs",
        "policies/all.yaml",
        19,
    )
    assert (rail["passed"], rail["checked"]) == (False, 2)
    assert [one["user"] for one in rail["violations"]] == ["gina@acme.example", "hugo@acme.example"]
    assert found.code == 0


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("text", "Newly broken, by 2 people: the guardrail Legal never syncs ("),
        ("markdown", "**Newly broken, by 2 people: the guardrail `Legal never syncs` ("),
        ("html", "Legal never syncs"),
        ("github", "title=guardrail::Legal never syncs: broken now, and not before"),
    ],
)
def test_every_format_for_people_tells_of_it(place, form, said):
    told = place.calsync("diff", "old", "--format", form).out
    assert said in " ".join(told.split())
    assert "Nobody syncs" not in told


def test_csv_names_it_at_those_who_count_against_it(place):
    told = place.calsync("diff", "old", "--format", "csv").out
    rows = {(row["user"], row["guardrails"]) for row in csv.DictReader(io.StringIO(told))}
    assert rows == {(f"{who}@acme.example", "Legal never syncs") for who in ("gina", "hugo")}


def test_as_a_gate_it_ends_with_1_and_names_them(place):
    done = place.calsync("diff", "old", "--guardrails")
    message = (
        "gate broken: --guardrails: 1 guardrail is broken now and not before: `Legal never syncs`\n"
    )
    assert (done.code, done.err) == (1, message)
    assert place.calsync("diff", "policies", "old", "--guardrails").code == 0
    other = ("diff", "old", "--guardrails", "--toggle", "calendar_and_contacts_integration")
    assert place.calsync(*other).code == 0


def test_a_gate_that_names_a_guardrail_cannot_move_the_cursor(place):
    text = (place.folder / "policies/all.yaml").read_text()
    named = text.replace("Legal never syncs", r'"Legal\e[2J never syncs"')
    place.write({"policies/all.yaml": named})
    told = place.calsync("diff", "old", "--guardrails").err
    assert "Legal\\x1b[2J never syncs" in told


def test_a_guardrail_that_is_new_and_broken_is_broken_newly(place):
    text = (place.folder / "old/all.yaml").read_text()
    new = text + "  - {who: all, must_be: enabled}\n"
    place.write({"policies/all.yaml": new})
    (rail,) = place.calsync("diff", "old", "--format", "json").json["guardrails"]
    assert (rail["name"], rail["line"]) == (None, 23)


def test_one_without_a_name_is_known_by_what_it_says(place):
    text = (place.folder / "old/all.yaml").read_text()
    own = "  - {who: all, must_be: enabled}\n"
    place.write(
        {
            "old/all.yaml": text + own,
            "policies/all.yaml": text.replace("groups: [legal]}\n  - {id: ines", "}\n  - {id: ines")
            + own.replace("who: all, must_be: enabled", "must_be: on, who: all"),
        }
    )
    assert place.calsync("diff", "old", "--format", "json").json["guardrails"] == []


def test_many_are_counted_where_there_is_no_room_for_all(place):
    rails = [f"  - {{name: {'x' * 300} {n}, who: all, must_be: disabled}}\n" for n in range(400)]
    text = "kind: guardrails\nguardrails:\n" + "".join(rails)
    held = PEOPLE.format(sync=SYNC, setting=HELD).replace("  - {id: ines@acme.example}\n", "")
    free = held.replace(HELD, "enabled")
    place.write({"old/all.yaml": f"{held}---\n{text}", "policies/all.yaml": f"{free}---\n{text}"})
    comment = place.calsync("diff", "old", "--format", "markdown").out
    assert len(comment.encode()) < 65_536
    assert comment.count("**Newly broken, ") + 388 >= 400
    assert "more guardrails newly broken." in comment
    assert "and 388 more guardrails: --format json" in place.calsync("diff", "old").out
    assert len(place.calsync("diff", "old", "--format", "json").json["guardrails"]) == 400


def test_one_that_is_left_out_is_one(place):
    rails = [f"  - {{name: rail {n}, who: all, must_be: disabled}}\n" for n in range(13)]
    text = "kind: guardrails\nguardrails:\n" + "".join(rails)
    held = PEOPLE.format(sync=SYNC, setting=HELD).replace("  - {id: ines@acme.example}\n", "")
    free = held.replace(HELD, "enabled")
    place.write({"old/all.yaml": f"{held}---\n{text}", "policies/all.yaml": f"{free}---\n{text}"})
    assert "and 1 more guardrail: --format json" in place.calsync("diff", "old").out


def test_an_edit_tells_before_it_asks(place):
    place.write({"policies/all.yaml": (place.folder / "old/all.yaml").read_text()})
    told = place.calsync("set", "ines@acme.example", "off", "--dry-run").out
    assert told.count("Legal never syncs") == 0
    told = " ".join(place.calsync("unlock", "group:legal", "--dry-run").out.split())
    assert told.count("Newly broken, by 2 people: the guardrail Legal never syncs (") == 1


def test_hundreds_of_pairs_report_what_the_reference_finds_broken_on_one_side_alone():
    reported = 0
    for seed in range(300):
        rng = Random(seed)
        before = generate(rng, accounts=(1, 1), users=(2, 6), groups=(1, 3), expectations=False)
        after = before
        for _ in range(8):
            after = mutate(rng, after)
        sides = []
        for documents in (before, after):
            files = scramble(rng, documents)
            loaded = load(Memory({name: text.encode() for name, text in files.items()}))
            refset = load_reference(documents)
            rails = [
                rail
                for document in documents
                if document["kind"] == "guardrails"
                for rail in document["guardrails"]
                if rail.get("name") is not None
            ]
            failing = {rail["name"] for rail in rails if violations(refset, rail)}
            sides.append((loaded.valid(), failing))
        (old, failed), (new, fails) = sides
        found = compare(old, new).guardrails
        names = {verdict.guardrail.name for verdict in found} - {None}
        assert names == fails - failed, seed
        assert list(found) == sorted(found, key=lambda verdict: place_of(verdict.guardrail))
        reported += bool(names)
    assert reported > 10
