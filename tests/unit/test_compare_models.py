"""`calsync compare-models`: what a move to `group_priority` would change, for whom."""

from __future__ import annotations

import csv
import io
import json

import pytest

from engine.read import opening, tables
from engine.read.load import load
from engine.read.source import Memory
from engine.review.models import move
from tests.workplace import ROOT, Workplace

SYNC = "bidirectional_calendar_sync"
ACME = f"""kind: account
id: acme
name: Acme
toggles: {{{SYNC}: off}}
---
kind: group
id: legal
name: Legal
toggles: {{{SYNC}: {{state: off, locked: true}}}}
---
kind: group
id: sales
toggles: {{{SYNC}: {{state: on, locked: true}}}}
---
kind: group
id: desk
toggles: {{{SYNC}: on}}
---
kind: group
id: choir
---
kind: users
users:
  - {{id: amy@x, groups: [sales, legal]}}
  - {{id: bob@x, groups: [desk, legal, choir]}}
  - {{id: cy@x, groups: [choir, desk]}}
  - {{id: dee@x, groups: [sales]}}
"""
# Amy syncs by her main group's lock: Sales first. Bob is held: Legal before Desk. Cy's main group
# declares nothing, so the account's off is in effect, and Desk is heard in any order.


@pytest.fixture
def acme(tmp_path):
    return Workplace(tmp_path).write({"policies/acme.yaml": ACME})


def asked(place, *words):
    found = place.calsync("compare-models", *words, "--format", "json")
    assert found.code == 0, found.err
    return found.json


def order(found):
    return [group["id"] for group in found["order"]["groups"]]


# -- the order -----------------------------------------------------------------------------------


def test_without_priorities_the_best_order_is_proposed(acme):
    found = asked(acme)
    assert order(found) == ["sales", "legal", "desk"]
    assert found["order"]["source"] == "proposed"
    assert found["order"]["fewest"] == {
        "affected": 1,
        "exact": True,
        "order": ["sales", "legal", "desk"],
    }
    assert [row["user"] for row in found["users"]] == ["cy@x"]
    assert found["order"]["idle"] == ["choir"]
    assert (found["account"], found["reversible"]) == ("acme", False)


def test_the_order_that_is_given_is_the_one_compared(acme):
    found = asked(acme, "--order", "legal,desk,sales")
    assert (order(found), found["order"]["source"]) == (["legal", "desk", "sales"], "given")
    assert [row["user"] for row in found["users"]] == ["amy@x", "cy@x"]
    assert found["order"]["fewest"]["affected"] == 1
    assert [group["priority"] for group in found["order"]["groups"]] == [1, 2, 3]


def test_a_group_that_declares_nothing_may_be_named_and_keeps_its_place(acme):
    found = asked(acme, "--order", "choir, legal, desk, sales")
    assert order(found) == ["legal", "desk", "sales"]
    assert [group["priority"] for group in found["order"]["groups"]] == [2, 3, 4]


def test_priorities_of_the_policies_are_taken_as_they_are(acme):
    text = ACME
    for name, priority in (("legal", 30), ("sales", 20), ("desk", 40), ("choir", 20)):
        text = text.replace(f"id: {name}\n", f"id: {name}\npriority: {priority}\n")
    acme.write({"policies/acme.yaml": text})
    found = asked(acme)
    assert (order(found), found["order"]["source"]) == (["sales", "legal", "desk"], "declared")
    assert [group["priority"] for group in found["order"]["groups"]] == [20, 30, 40]
    changes = [(c["kind"], c["scope_id"], c["field"], c["new"]) for c in found["declared"]]
    assert changes == [
        ("account", "acme", "group_resolution", "group_priority"),
        ("group", "choir", "priority", 41),  # Sales has its own
    ]
    assert asked(acme, "--propose")["order"]["source"] == "proposed"


@pytest.mark.parametrize("priorities", [{"legal": 1}, {"legal": 1, "sales": 1, "desk": 2}])
def test_priorities_that_leave_a_question_open_are_no_order(acme, priorities):
    text = ACME
    for name, priority in priorities.items():
        text = text.replace(f"id: {name}\n", f"id: {name}\npriority: {priority}\n")
    found = asked(acme.write({"policies/acme.yaml": text}))
    assert found["order"]["source"] == "proposed"


def test_of_equally_good_orders_the_nearest_to_the_declared_priorities_is_proposed(acme):
    text = ACME.replace("id: desk\n", "id: desk\npriority: 7\n").replace(
        "  - {id: bob@x, groups: [desk, legal, choir]}\n", ""
    )
    found = asked(acme.write({"policies/acme.yaml": text}))
    assert order(found) == ["desk", "sales", "legal"]


def test_a_comma_may_be_part_of_an_id(acme):
    text = ACME.replace("id: legal\n", "id: 'legal, hr'\n").replace("legal", "'legal, hr'", 0)
    text = text.replace("[sales, legal]", "[sales, 'legal, hr']")
    text = text.replace("[desk, legal, choir]", "[desk, 'legal, hr', choir]")
    acme.write({"policies/acme.yaml": text.replace("'legal, hr'", "'legal,hr'")})
    assert order(asked(acme, "--order", "sales,legal,hr,desk")) == ["sales", "legal,hr", "desk"]


def test_a_toggle_limits_what_counts(acme):
    found = asked(acme, "--toggle", "calendar_and_contacts_integration")
    assert (order(found), found["users"], found["summary"]["affected"]) == ([], [], 0)
    assert found["order"]["idle"] == ["choir", "desk", "legal", "sales"]


def test_more_than_eight_groups_that_meet_are_not_called_exact():
    states = ("off", "on")
    groups = "".join(
        f"---\nkind: group\nid: g{n}\ntoggles: {{{SYNC}: {{state: {states[n % 2]},"
        f" locked: {str(n % 3 == 0).lower()}}}}}\n"
        for n in range(10)
    )

    def moved(number):
        people = "".join(f"  - {{id: u{n}@x, groups: [g{n}, g{n + 1}]}}\n" for n in range(number))
        text = f"kind: account\nid: acme\n{groups}---\nkind: users\nusers:\n{people}"
        policies = load(Memory({"all.yaml": text.encode()})).valid()
        return move(policies, policies.accounts["acme"])

    assert moved(7).fewest.exact  # g0 to g7 meet
    assert not moved(8).fewest.exact


def test_an_order_that_is_not_exact_says_so(acme):
    groups = "".join(f"---\nkind: group\nid: g{n}\ntoggles: {{{SYNC}: on}}\n" for n in range(9))
    people = f"---\nkind: user\nid: eve@x\ngroups: [{', '.join(f'g{n}' for n in range(9))}]\n"
    acme.write({"policies/more.yaml": (groups + people).removeprefix("---\n")})
    said = " ".join(acme.calsync("compare-models").out.split())
    assert "The order is a proposal: the best that was found." in said
    assert "not every order was tried" in said


# -- which account -------------------------------------------------------------------------------

SEVERAL = "tests/sets/several-accounts"


def in_several(*words):
    return Workplace(ROOT).calsync("-p", SEVERAL, "compare-models", *words)


def test_among_several_accounts_one_is_named():
    found = in_several()
    assert (found.code, found.out) == (2, "")
    assert "error: there are several accounts\n  hint: add one of `--in north`" in found.err
    found = in_several("--in", "north", "--format", "json")
    assert (found.code, found.json["account"]) == (0, "north")


def test_an_account_that_has_moved_is_refused():
    found = in_several("--in", "south")
    assert (found.code, found.out) == (2, "")
    assert "the account `south` resolves by group_priority already" in found.err


# -- questions that cannot be asked --------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--order", "legal,desk,slaes"), "unknown group `slaes`\n  hint: did you mean `sales`?"),
        (("--order", "legal,desk,legal,sales"), "the group `legal` stands twice in --order"),
        (("--order", "legal"), "--order does not name `desk`, `sales`, which declare settings"),
        (("--order", "legal,desk"), "--order does not name `sales`, which declares a setting"),
        (("--order", ""), "--order does not name `desk`, `legal`, `sales`"),
        (("--order", "legal,,desk,sales"), "unknown group ``"),
        (("--order", "legal,desk,sales", "--propose"), "--order and --propose exclude each other"),
        (("--in", "nowhere"), "unknown account `nowhere`"),
        (("--toggle", "nothing"), "unknown toggle `nothing`"),
        (("--max-affected", "many"), "`many` is no limit"),
        (("--format", "github"), "'github' is not one of"),
        (("--rev", "HEAD"), "git"),
    ],
)
def test_what_cannot_be_asked_ends_with_2(acme, words, message):
    found = acme.calsync("compare-models", *words)
    assert (found.code, found.out) == (2, "")
    assert message in found.err


def test_invalid_policies_end_with_2_and_their_findings(acme):
    found = acme.write({"policies/bad.yaml": "kind: group\nid: 7\n"}).calsync("compare-models")
    assert (found.code, found.out) == (2, "")
    assert "bad.yaml:2:5: [error]" in found.err


# -- gates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--exit-code",), 1),
        (("--exit-code", "--toggle", "calendar_and_contacts_integration"), 0),
        (("--max-affected", "1"), 0),
        (("--max-affected", "0"), 1),
        (("--max-affected", "25%"), 0),
        (("--forbid", "enabled"), 1),
        (("--forbid", "locked"), 0),
        (("--guardrails",), 0),
    ],
)
def test_gates_are_those_of_diff(acme, words, code):
    assert acme.calsync("compare-models", *words).code == code


def test_a_guardrail_that_the_move_breaks_is_told_and_is_a_gate(acme):
    rail = "{name: The desk is off, who: {groups: [desk]}, must_be: off}"
    rail = f"kind: guardrails\nguardrails:\n  - {rail}\n"
    found = acme.write({"policies/rails.yaml": rail}).calsync("compare-models", "--guardrails")
    assert found.code == 1
    assert (
        "Newly broken, by 1 person: the guardrail The desk is off (policies/rails.yaml:3)."
        in " ".join(found.out.split())
    )


# -- formats -------------------------------------------------------------------------------------


def test_text_is_a_table_for_the_meeting_then_the_story(acme):
    text = acme.calsync("compare-models", "--order", "legal,sales,desk").out
    head, table, who, idle, *story = text.split("\n\n")
    said = " ".join(head.split())
    assert head.splitlines()[0] == "Acme by the priorities of its groups"
    assert "1 person more than the fewest that any order changes (sales, legal and desk)." in said
    assert "2 of 4 people notice a difference." in said
    assert "migration to priorities cannot be undone" in said
    rows = [line.split() for line in table.splitlines()]
    assert rows[0][:5] == ["priority", "group", "declares", "members", "notice"]
    assert rows[2] == ["1", "Legal", "sync", "off,", "locked", "2", "1", "0", "1"]
    assert rows[4] == ["3", "desk", "sync", "on", "2", "1", "1", "0"]
    assert "Legal: 1 loses sync: amy@x" in who.splitlines()
    assert "desk: 1 gets sync: cy@x" in who.splitlines()
    assert idle == "choir declares nothing, so its priority does not matter."
    assert "by main group → by priority: 2 of 4 people affected" in story[-1]


def test_every_format_names_the_same_people(acme):
    words = ("compare-models", "--order", "legal,sales,desk")
    affected = {row["user"] for row in asked(acme, *words[1:])["users"]}
    rows = csv.DictReader(io.StringIO(acme.calsync(*words, "--format", "csv").out))
    assert affected == {row["user"] for row in rows} == {"amy@x", "cy@x"}
    markdown = acme.calsync(*words, "--format", "markdown").out
    assert markdown.startswith("<!-- calsync compare-models -->\n## Acme by the priorities of")
    assert "| 1 | Legal | sync off, locked | 2 | 1 |" in markdown
    assert all(f"`{user}`" in markdown for user in affected)
    html = acme.calsync(*words, "--format", "html").out
    assert '<td>1</td><th scope="row"><bdi>Legal</bdi></th><td><bdi>sync off, locked</bdi>' in html
    assert "cannot be undone" in html
    done = acme.calsync(*words, "-o", "parquet=moved.parquet", "-o", "json=moved.json")
    assert done.code == 0
    assert json.loads((acme.folder / "moved.json").read_text())["summary"]["affected"] == 2
    assert (acme.folder / "moved.parquet").read_bytes()[:4] == b"PAR1"


def test_what_cannot_be_shown_says_how_to_list_everybody(acme):
    people = "".join(f"  - {{id: n{n}@x, groups: [sales, legal]}}\n" for n in range(3000))
    acme.write({"policies/crowd.yaml": f"kind: users\nusers:\n{people}"})
    words = ("compare-models", "--order", "legal,sales,desk", "--format", "markdown")
    assert (
        "`calsync compare-models --order legal,sales,desk --format csv`" in acme.calsync(*words).out
    )


def test_a_hostile_name_is_only_a_name(acme):
    name = "<script>|`x`\u202e @all"
    acme.write({"policies/acme.yaml": ACME.replace("name: Legal", f"name: {json.dumps(name)}")})
    for form in ("markdown", "html", "text"):
        answer = acme.calsync("compare-models", "--format", form)
        told = answer.out
        assert (answer.code, "script" in told) == (0, True)
        assert form == "text" or "<script>|" not in told
        assert "\u202e" not in told


@pytest.mark.parametrize("limit", [10_000, -1], ids=["small", "large"])
def test_a_table_gives_the_same_as_yaml(acme, monkeypatch, limit):
    head, _, tail = ACME.partition("---\nkind: users\n")
    rows = "user,groups\namy@x,sales;legal\nbob@x,desk;legal;choir\ncy@x,choir;desk\ndee@x,sales\n"
    yaml = [asked(acme), asked(acme, "--order", "legal,sales,desk")]
    acme.write(
        {
            "policies/acme.yaml": f"{head}---\nkind: directory\nsource: people.csv\n",
            "policies/people.csv": rows,
        }
    )
    monkeypatch.setattr(tables, "SMALL_BYTES", limit)
    monkeypatch.setattr(opening, "SMALL_ROWS", limit)
    table = [asked(acme), asked(acme, "--order", "legal,sales,desk")]
    assert tail
    for key in ("order", "summary", "users"):
        assert [one[key] for one in table] == [one[key] for one in yaml]


def test_a_set_of_a_revision_is_compared_without_touching_the_working_tree(acme):
    git = "git -c user.name=A -c user.email=a@x"
    acme.process(f"git init -q . && git add -A && {git} commit -qm Begin")
    acme.write({"policies/acme.yaml": ACME.replace("  - {id: cy@x, groups: [choir, desk]}\n", "")})
    assert asked(acme)["summary"]["affected"] == 0
    assert asked(acme, "--rev", "HEAD")["summary"]["affected"] == 1
