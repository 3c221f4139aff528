"""The reference reads the rules as their sentences say, and the generator keeps to the format."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from hypothesis import given

from tests.generator import generate, mutate, policy_sets, scramble
from tests.reference.build import AMY, CONTACTS, FIRST, OFF, ON, SECOND, G, H, J, b, one, parsed
from tests.reference.decisions import conflicts, decide, rows, scope_decision, targets
from tests.reference.diffs import declared
from tests.reference.model import TOGGLE, RefSet, load
from tests.reference.timeline import intervals, meetings
from tests.reference.yaml_core import read


def summary(row: Any) -> str:
    lock = "locked" if row["locked"] else "free"
    return f"{row['reason']} {row['state']} {lock} {row['source_scope']}:{row['source_id']}"


# --- R1 to R6, R10 --------------------------------------------------------------------------

PAIR = "groups: [g, h, j], primary_group: h"

R4_CASES = [
    (one(b(OFF), H.format(b(ON)), f"{PAIR}, {b('on')}"), "account_lock disabled locked account:a"),
    (
        one("", f"{H.format(b(OFF))}\n{G.format(b(ON))}\nid: j", f"{PAIR}, {b('on')}"),
        "primary_group_lock disabled locked group:h",
    ),
    (
        one("", f"{J.format(b(ON))}\n{G.format(b(ON))}\n{H.format(b('off'))}", PAIR),
        "group_lock enabled locked group:g",
    ),
    (
        one("", f"{G.format(b(ON))}\n{J.format(b(OFF))}\nid: h", PAIR),
        "group_lock_conflict disabled locked group:j",
    ),
    (
        one(b("off"), f"{H.format(b('off'))}\n{G.format(b('off'))}\nid: j", f"{PAIR}, {b('on')}"),
        f"user_choice enabled free user:{AMY}",
    ),
    (
        one(b("on"), f"{H.format(b('off'))}\n{G.format(b('on'))}\nid: j", PAIR),
        "primary_group disabled free group:h",
    ),
    (one(b("off"), f"id: h\n{G.format(b('on'))}\nid: j", PAIR), "account disabled free account:a"),
    (one("", "id: h\nid: g\nid: j", PAIR), f"default enabled free catalogue:{TOGGLE}"),
]

BOTH = "groups: [g, h], primary_group: h"
five = partial(one, by="group_priority")

R5_CASES = [
    (five(b(ON), FIRST.format(b(OFF)), "groups: [g]"), "account_lock enabled locked account:a"),
    (
        five("", f"{SECOND.format(b(ON))}\n{FIRST.format(b(OFF))}", f"{BOTH}, {b('on')}"),
        "group_lock disabled locked group:g",
    ),
    (
        five("", f"{SECOND.format(b(ON))}\n{FIRST.format(b('off'))}", f"{BOTH}, {b('on')}"),
        f"user_choice enabled free user:{AMY}",
    ),
    (
        five(b("on"), f"{SECOND.format(b(ON))}\n{FIRST.format(b('off'))}", BOTH),
        "group disabled free group:g",
    ),
    (
        five(b("on"), f"{SECOND.format(b(ON))}\nid: g, priority: 1", BOTH),
        "group_lock enabled locked group:h",
    ),
    (five(b("off"), "id: g, priority: 1", "groups: [g]"), "account disabled free account:a"),
    (five("", "id: g, priority: 1", "groups: [g]"), f"default enabled free catalogue:{TOGGLE}"),
]


@pytest.mark.parametrize(("refset", "expected"), R4_CASES)
def test_r4_decides_by_its_first_row_that_applies(refset: RefSet, expected: str) -> None:
    assert summary(decide(refset, AMY, TOGGLE)) == expected


@pytest.mark.parametrize(("refset", "expected"), R5_CASES)
def test_r5_asks_the_managing_group_alone(refset: RefSet, expected: str) -> None:
    assert summary(decide(refset, AMY, TOGGLE)) == expected


@pytest.mark.parametrize(
    ("user", "catalogue", "expected"),
    [
        (b("off"), "", "toggle_disabled"),
        ("calendars: [], toggles: {C: off}", "", "required_toggle_disabled"),
        ("calendars: []", "", "no_calendar"),
        ("calendars: [exchange_on_premises]", "", "unsupported_calendar"),
        ("calendars: [exchange_on_premises, exchange]", "", "active"),
        ("name: untracked", "", "active"),
        ("name: deep", "C: {requires: [x]}, x: {default: off}", "required_toggle_disabled"),
        ("calendars: [google]", "B: {supported_calendars: [exchange]}", "unsupported_calendar"),
    ],
)
def test_r6_gives_the_first_reason_that_applies(user: str, catalogue: str, expected: str) -> None:
    text = f"{{kind: account, id: a}}\n---\n{{kind: user, id: {AMY}, {user}}}\n"
    if catalogue:
        text += f"---\nkind: catalogue\ntoggles: {{{catalogue}}}\n"
    row = decide(parsed(text), AMY, TOGGLE)
    assert (row["sync"], row["sync_reason"]) == (expected == "active", expected)


def test_r6_targets_follow_the_catalogue_and_other_toggles_have_none() -> None:
    refset = one(user="calendars: [exchange, exchange_on_premises, google]")
    assert targets(refset, AMY, TOGGLE) == ["web_portal", "client", "google", "exchange"]
    assert targets(one(user="calendars: []"), AMY, TOGGLE) == []
    assert targets(refset, AMY, CONTACTS) is None
    assert decide(refset, AMY, CONTACTS)["sync"] is None


def test_r10_a_scope_decides_for_itself() -> None:
    def own(refset: RefSet, scope: str, scope_id: str) -> str:
        return summary(scope_decision(refset, scope, scope_id, "a", TOGGLE))

    group = "id: g, " + b(OFF)
    assert own(one(b(ON), group), "group", "g") == "account_lock enabled locked account:a"
    assert own(one(b("on"), group), "group", "g") == "group disabled locked group:g"
    assert own(one(b("off"), "id: g"), "group", "g") == "account disabled free account:a"
    assert own(one(), "account", "a") == f"default enabled free catalogue:{TOGGLE}"
    assert own(one(b(OFF)), "account", "a") == "account_lock disabled locked account:a"
    assert own(one(b("off")), "account", "a") == "account disabled free account:a"


def test_r4_reports_a_conflict_once_per_set_of_locking_groups() -> None:
    refset = parsed(f"""
        {{kind: account, id: a}}
        --- {{kind: group, id: g, toggles: {{B: {ON}}}}}
        --- {{kind: group, id: h, toggles: {{B: {OFF}}}}}
        --- {{kind: group, id: p}}
        ---
        kind: users
        users:
        - {{id: x@a, groups: [p, g, h]}}
        - {{id: y@a, groups: [p, h, g]}}
        - {{id: z@a, groups: [g, h]}}
    """)
    assert conflicts(refset) == [("a", TOGGLE, ("g", "h"), "h", 2)]


def test_rows_are_ordered_by_code_point() -> None:
    refset = parsed("""
        {kind: account, id: a}
        --- {kind: users, users: [{id: "😀@a"}, {id: "～@a"}, {id: "b@a"}, {id: "B@a"}]}
    """)
    assert [row["user"] for row in rows(refset, [TOGGLE])] == ["B@a", "b@a", "～@a", "😀@a"]


def test_a_half_way_set_declares_nothing_where_something_is_missing() -> None:
    groups = f"{G.format(b(ON))}\n{H.format(b(OFF))}"
    refset = one(groups=groups, user="groups: [g, h], primary_group: g")
    user = refset.users[AMY]
    user["groups"] = ["gone", "h"]
    assert summary(decide(refset, AMY, TOGGLE)) == "group_lock disabled locked group:h"
    user["groups"], user["primary_group"] = ["g", "h"], None
    assert decide(refset, AMY, TOGGLE)["reason"] == "group_lock_conflict"
    refset.accounts["a"]["group_resolution"] = "group_priority"
    assert summary(decide(refset, AMY, TOGGLE)) == "group_lock enabled locked group:g"
    refset.groups["a", "h"]["priority"] = 9
    assert summary(decide(refset, AMY, TOGGLE)) == "group_lock disabled locked group:h"
    user["account"] = "gone"
    assert decide(refset, AMY, TOGGLE)["reason"] == "default"
    refset.catalogue[CONTACTS]["requires"] = ["gone", TOGGLE]
    assert decide(refset, AMY, TOGGLE)["sync"]


# --- documents ------------------------------------------------------------------------------


def test_every_spelling_means_the_same() -> None:
    plain = one("", G.format(b("{state: disabled, locked: true}")), "groups: [g], " + b("enabled"))
    other = one(
        "", G.format(b('{locked: "YES", state: "oFF"}')), "groups: [g], " + b("{state: On}")
    )
    assert plain == other


def test_a_row_of_a_table_is_a_user_and_null_is_absent() -> None:
    row = {"user": AMY, "groups": ["g", "h"], "calendars": [], TOGGLE: "Off", CONTACTS: None}
    text = "{kind: account, id: a}\n---\n{kind: directory, source: p.csv}\n"
    user = parsed(text, {"p.csv": [row]}).users[AMY]
    assert (user["groups"], user["primary_group"]) == (["g", "h"], "g")
    assert (user["calendars"], user["settings"]) == ([], {TOGGLE: {"state": "disabled"}})


@pytest.mark.parametrize("seed", range(60))
def test_scrambled_files_mean_what_was_scrambled(seed: int) -> None:
    rng = random.Random(seed)
    documents = generate(rng)
    assert load(read(scramble(rng, documents))) == load(documents)
    edited = mutate(rng, documents)
    assert load(read(scramble(rng, edited))) == load(edited)


@given(policy_sets(conflicts=False))
def test_sets_drawn_without_conflicts_have_none(documents: list[Any]) -> None:
    assert not conflicts(load(documents))


def test_an_edit_changes_the_set_more_often_than_not() -> None:
    changed = 0
    for seed in range(100):
        rng = random.Random(seed)
        documents = generate(rng, users=(1, 5), groups=(1, 4))
        changed += bool(declared(load(documents), load(mutate(rng, documents, conflicts=False))))
    assert changed > 70


# --- R7 and history -------------------------------------------------------------------------


def test_r7_a_meeting_is_as_the_policy_was_at_its_last_touch() -> None:
    on, off = one(), one(b("off"))
    commits = [(10, on), (5, None), (8, off), (30, on), (40, off)]

    def asked(*events: str) -> tuple[Any, str, Any]:
        table = []
        for text in events:
            user, event, at, by = text.split()
            table.append({"meeting": "m", "user": user, "event": event, "at": int(at), "by": by})
        row = meetings(commits, table)[0]
        return row["synced"], row["reason"], row["now_sync"]

    assert asked(f"{AMY} created 35 user") == (True, "synced_before_disabled", False)
    assert asked(f"{AMY} created 35 user", f"{AMY} updated 45 user") == (
        False,
        "toggle_disabled",
        False,
    )
    assert asked(f"{AMY} created 35 user", f"{AMY} updated 45 system")[0] is True
    assert asked(f"{AMY} created 10 user")[0] is False  # of equal instants the last commit counts
    assert asked(f"{AMY} created 9 user") == (None, "no_policy_in_force", False)
    assert asked("x@a created 35 user") == (None, "unknown_user", None)
    assert asked(f"{AMY} created 35 system") == (None, "no_touch", False)
    commits.append((50, on))
    assert asked(f"{AMY} created 45 user") == (False, "not_touched_since_enabled", True)
    assert asked(f"{AMY} created 35 user") == (True, "synced", True)


def test_history_begins_an_interval_where_the_decision_changes() -> None:
    commits = [
        (10, load([])),
        (20, one("name: x")),
        (25, None),
        (30, one(b("off"))),
        (35, one(b("off"), user="name: y")),
        (40, load([])),
    ]
    found = intervals(commits, ("user", AMY))
    spans = [(i["from"], i["until"], i["reason"], i["commit"]) for i in found["intervals"]]
    assert spans == [(20, 30, "default", 1), (30, 40, "account", 3)]
    fields = [[(c["kind"], c["field"]) for c in i["changes"]] for i in found["intervals"]]
    assert fields == [[("user", None)], [("account", "setting")]]
    assert found["skipped"] == [2]
    own = intervals(commits, ("account", "a"))["intervals"]
    assert [(i["from"], i["until"], i["sync"]) for i in own] == [(20, 30, None), (30, 40, None)]
