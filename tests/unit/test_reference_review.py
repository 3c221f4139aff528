"""The reference compares and reviews sets as the specification's sentences say (SPEC §4, R8)."""

from __future__ import annotations

import pytest

from tests.reference.authority import verdict
from tests.reference.build import AMY, CONTACTS, FIRST, OFF, ON, SECOND, G, H, b, one, parsed
from tests.reference.choices import lint, maps_of_choices, violations
from tests.reference.diffs import declared, effective
from tests.reference.model import TOGGLE, RefSet, load

# --- diff -----------------------------------------------------------------------------------


def named(old: RefSet, new: RefSet) -> list[str]:
    return [
        " ".join(str(change[key]) for key in ("action", "kind", "scope_id", "toggle", "field"))
        for change in declared(old, new)
    ]


def causes(old: RefSet, new: RefSet, rows_of: str = "users") -> dict[str, list[str]]:
    """By user and toggle, the causes of each row, named."""
    names, diff = named(old, new), effective(old, new)
    found = diff["provenance_only"]["rows"] if rows_of != "users" else diff["users"]
    return {f"{r['user']} {r['toggle'][0]}": [names[i - 1] for i in r["causes"]] for r in found}


def test_a_change_is_one_field_of_one_entity_in_the_order_of_ids() -> None:
    old = one("name: A", "id: g\nid: h", "groups: [g, h]")
    new = one(b("{state: on, note: why}"), "id: g, priority: 1\nid: k", "groups: [h, g]")
    new.owners = ["olga@a"]
    assert named(old, new) == [
        "removed account a None name",
        f"added account a {TOGGLE} note",
        f"added account a {TOGGLE} setting",
        "added group g None priority",
        "removed group h None None",
        "added group k None None",
        f"changed user {AMY} None primary_group",
        "changed role None None owners",
    ]


def test_users_of_a_table_are_one_change_per_directory_and_field() -> None:
    text = "{kind: account, id: a}\n---\n{kind: directory, source: p.csv}\n"
    old = parsed(text, {"p.csv": [{"user": f"{n}@a", "calendars": None} for n in range(3)]})
    rows_now = [{"user": f"{n}@a", "calendars": ["google"]} for n in range(1, 5)]
    new = parsed(text, {"p.csv": rows_now})
    assert [(c["field"], c["action"], c["users"]) for c in declared(old, new)] == [
        ("calendars", "added", 2),
        ("users", "changed", 3),
    ]
    in_yaml = parsed("{kind: account, id: a}\n--- {kind: user, id: x@a}\n")
    in_table = parsed(text, {"p.csv": [{"user": "x@a"}]})
    assert named(in_yaml, in_table) == ["added directory p.csv None None"]


def test_a_cause_is_what_would_take_the_change_back() -> None:
    old = one("", "id: g", "groups: [g], name: x")
    new = one("", G.format(b(OFF)), "groups: [g], name: y")
    assert causes(old, new) == {f"{AMY} b": [f"added group g {TOGGLE} setting"]}


def test_where_none_alone_takes_it_back_a_cause_is_what_alone_brings_it() -> None:
    old = one("", "id: g\nid: h", "groups: [g, h]")
    new = one("", f"{G.format(b(OFF))}\n{H.format(b(OFF))}", "groups: [g, h], calendars: [google]")
    settings = [f"added group {group} {TOGGLE} setting" for group in "gh"]
    assert causes(old, new) == {f"{AMY} b": settings}


def test_where_none_alone_does_either_every_change_that_may_matter_is_a_cause() -> None:
    def catalogue(p: str, q: str, default: str, calendars: str) -> RefSet:
        return parsed(f"""
            {{kind: account, id: a, name: {default}}}
            --- {{kind: user, id: {AMY}, calendars: [{calendars}]}}
            ---
            kind: catalogue
            toggles:
              B: {{requires: [p, q], title: {default}}}
              p: {{default: on, requires: [{p}]}}
              q: {{default: on, requires: [{q}]}}
              x: {{default: {default}}}
              y: {{default: {default}}}
              z: {{default: {default}}}
        """)

    old, new = catalogue("", "", "on", "google"), catalogue("x", "y", "off", "exchange")
    assert causes(old, new)[f"{AMY} b"] == [
        f"changed user {AMY} None calendars",
        "changed toggle p None requires",
        "changed toggle q None requires",
        "changed toggle x None default",
        "changed toggle y None default",
    ]


def test_a_row_that_differs_in_its_source_alone_is_provenance_only() -> None:
    old = one(b("off"), "id: g", "groups: [g]")
    new = one(b("off"), G.format(b("off")), "groups: [g]")
    assert causes(old, new) == {}
    assert causes(old, new, "provenance") == {f"{AMY} b": [f"added group g {TOGGLE} setting"]}


def test_users_who_come_or_go_are_affected_by_that_change_alone() -> None:
    old = one(b("off"), "id: g")
    new = parsed("{kind: account, id: a}\n--- {kind: user, id: new@a}\n")
    diff = effective(old, new, [TOGGLE])
    assert [(row["action"], row["user"]) for row in diff["users"]] == [
        ("removed", AMY),
        ("added", "new@a"),
    ]
    assert diff["summary"]["affected"] == 0
    assert causes(old, new)["new@a b"] == ["added user new@a None None"]


# --- guardrails and lint --------------------------------------------------------------------


def test_a_guardrail_is_broken_by_the_smallest_choices() -> None:
    rule = {"who": "all", "must_be": "disabled", "whatever_users_choose": True}
    broken = violations(one(b("off")), rule)
    assert [row["choices"] for row in broken] == [{TOGGLE: "enabled"}]
    assert violations(one(b("off")), {**rule, "whatever_users_choose": False}) == []
    assert violations(one(b(OFF), user=b("on")), rule) == []
    assert violations(one(), rule)[0]["choices"] == {}
    assert violations(one(), {**rule, "who": {"groups": ["g"]}}) == []


def test_a_choice_changes_what_is_declared() -> None:
    assert maps_of_choices(one(user=b("on")), AMY, [TOGGLE]) == [{}, {TOGGLE: "disabled"}]
    assert len(maps_of_choices(one(), AMY, [TOGGLE, CONTACTS])) == 9


MEMBER = "groups: [g, h], primary_group: g"
LINT_CASES = [
    (one("", "id: g"), {"empty-group group:g None"}),
    (one("", G.format(b(OFF))), {"empty-group group:g None"}),
    (
        one("", f"{G.format(b(OFF))}\n{H.format(b(ON))}", MEMBER),
        {"contested-lock group:g b", "shadowed-lock group:h b"},
    ),
    (one(b(ON), G.format(b(OFF)), "groups: [g]"), {"shadowed-lock group:g b"}),
    (one("", f"id: g\n{H.format(b('off'))}", MEMBER), {"dead-setting group:h b"}),
    (one(b("off"), user=b("on")), set()),  # Amy might take her choice away
    (one(b("on")), {"redundant-setting account:a b"}),
    (
        one(b("off"), G.format(b("off")), "groups: [g]"),
        {"dead-setting account:a b", "redundant-setting group:g b"},
    ),
    (one("toggles: {C: off}"), set()),
    (
        one("", f"{G.format(b('off'))}\nid: h", "groups: [g, h]"),
        {f"implicit-primary-group user:{AMY} None"},
    ),
    (one("", f"{G.format(b(OFF))}\nid: h", "groups: [g, h]"), set()),
    (
        one("", f"{FIRST.format(b('off'))}\n{SECOND.format(b(ON))}", MEMBER, by="group_priority"),
        {"dead-setting group:h b"},
    ),
]


@pytest.mark.parametrize(("refset", "expected"), LINT_CASES)
def test_lint_warns_of_what_changes_nothing_whatever_users_choose(
    refset: RefSet, expected: set[str]
) -> None:
    warned = lint(refset)
    assert {f"{w[0]} {w[2]}:{w[3]} {w[4] and w[4][0]}" for w in warned} == expected


# --- R8 -------------------------------------------------------------------------------------

ROLES = {
    "roles": [
        {"name": key, "privileges": [f"{key}:Edit"], "members": [f"{key}@r"]}
        for key in ("AccountSetting", "Group", "User", "Role")
    ]
}


def ruled(old: RefSet, new: RefSet, actor: str) -> dict[str, tuple[str, list[str]]]:
    """By the name of each change, why the actor may or may not, and what would do."""
    with_roles = load([{"kind": "roles", "owners": ["olga@a"], **ROLES}])
    for refset in (old, new):
        refset.roles = with_roles.roles
        refset.owners = refset.owners or with_roles.owners
    found = {}
    for change in declared(old, new):
        allowed, because, needed, holders = verdict(old, new, change, actor)
        assert allowed == (because not in ("locked_above", "not_permitted"))
        assert allowed == (actor in holders)
        found[f"{change['kind']} {change['field']}"] = (because, needed)
    return found


EDITED = (
    one("", "id: g, admins: [gina@a]\nid: h, admins: [gina@a, hal@a]", "groups: [g]"),
    one(
        "name: A",
        "id: g, admins: [gina@a], priority: 4, name: G\nid: h, admins: [gina@a, hal@a]\nid: n",
        f"groups: [g, h], primary_group: h, calendars: [google], {b('on')}",
    ),
)
FULL = {
    "account name": "AccountSetting:Edit",
    "group name": "Group:Edit group_admin",
    "group priority": "Group:Edit",
    "group None": "Group:Edit",
    "user calendars": "User:Edit",
    "user groups": "User:Edit Group:Edit group_admin",
    "user primary_group": "User:Edit Group:Edit group_admin",
    "user setting": "User:Edit self",
}


def test_r8_names_what_would_do() -> None:
    needed = {name: needs for name, (_, needs) in ruled(*EDITED, "olga@a").items()}
    assert needed == {name: ["owner", *needs.split()] for name, needs in FULL.items()}


@pytest.mark.parametrize(
    ("actor", "because", "names"),
    [
        ("olga@a", "owner", list(FULL)),
        ("AccountSetting@r", "privilege", ["account name"]),
        ("User@r", "privilege", [name for name in FULL if name.startswith("user")]),
        ("gina@a", "group_admin", ["group name", "user groups", "user primary_group"]),
        ("hal@a", "group_admin", ["user groups"]),
        (AMY, "self", ["user setting"]),
        ("nobody@a", "owner", []),
    ],
)
def test_r8_permits_by_the_first_that_holds(actor: str, because: str, names: list[str]) -> None:
    found = ruled(*EDITED, actor)
    assert {name for name, (why, _) in found.items() if why == because} == set(names)
    assert {why for why, _ in found.values()} <= {because, "not_permitted"}


def test_r8_refuses_a_state_that_a_lock_masks_whoever_asks() -> None:
    old = one(b(OFF), "id: g", "groups: [g]")
    new = one(b(OFF), G.format(b("off")), f"groups: [g], {b('on')}")
    assert ruled(old, new, "olga@a") == {
        "group setting": ("locked_above", []),
        "user setting": ("locked_above", []),
    }
    assert {why for why, _ in ruled(new, old, "olga@a").values()} == {"owner"}
    nothing = parsed("{kind: account, id: a, toggles: {B: {state: off, locked: on}}}")
    found = ruled(nothing, new, "olga@a")
    assert {why for why, _ in found.values()} == {"locked_above"}


def test_r8_judges_a_directory_by_its_rows_and_a_note_as_its_setting() -> None:
    text = "{kind: account, id: a, toggles: {B: {state: off, locked: on}}}\n---\n"
    table = text + "{kind: directory, source: p.csv}\n"
    free, masked = ({"p.csv": [{"user": AMY, TOGGLE: cell}]} for cell in (None, "on"))
    bare = parsed(text)
    assert ruled(bare, parsed(table, free), "User@r")["directory None"][0] == "privilege"
    assert ruled(bare, parsed(table, masked), "olga@a")["directory None"][0] == "locked_above"
    found = ruled(parsed(table, free), parsed(table, masked), "olga@a")
    assert found == {"directory setting": ("locked_above", [])}
    old, new = one(b(OFF), user=b("on")), one(b(OFF), user=b("{state: on, note: why}"))
    assert ruled(old, new, AMY) == {"user note": ("locked_above", [])}
    old, new = one(user=b("on")), one(user=b("{state: on, note: why}"))
    assert ruled(old, new, AMY) == {"user note": ("self", ["owner", "User:Edit", "self"])}


def test_r8_reads_owners_from_the_old_set() -> None:
    old, new = one(), one()
    new.owners = ["olga@a"]
    change = declared(old, new)[0]
    assert verdict(old, new, change, "olga@a") == (False, "not_permitted", ["owner"], [])
