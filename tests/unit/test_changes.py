"""Declared changes say what differs in meaning, field by field, and where it stands (SPEC §4)."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from engine.read.load import load
from engine.read.source import Memory
from engine.review.changes import DeclaredChange, declared

if TYPE_CHECKING:
    from engine.model import PolicySet

ACCOUNT = "kind: account\nid: acme\n"


def policies(files: str | dict[str, str]) -> PolicySet:
    """The set that files declare; one text is one file beside an account."""
    if isinstance(files, str):
        files = {"account.yaml": ACCOUNT, "all.yaml": files}
    loaded = load(
        Memory({path: dedent(text).encode() for path, text in files.items()}), empty_is_fine=True
    )
    return loaded.valid()


def changes(old: str | dict[str, str], new: str | dict[str, str]) -> list[DeclaredChange]:
    return declared(policies(old), policies(new))


def named(found: list[DeclaredChange]) -> list[str]:
    return [
        " ".join(str(v) for v in (c.action, c.kind, c.scope_id, c.toggle, c.field)) for c in found
    ]


TABLE = {
    "account.yaml": ACCOUNT,
    "people/all.yaml": "kind: directory\nsource: all.csv\n",
    "people/all.csv": "user,calendars\na@x,google\nb@x,google\nc@x,\n",
}


def test_a_setting_is_one_value_and_its_note_another_field() -> None:
    found = changes(
        """
        kind: group
        id: legal
        toggles:
          bidirectional_calendar_sync: on
        """,
        """
        kind: group
        id: legal
        toggles:
          bidirectional_calendar_sync: {state: "OFF", locked: "yes", note: hold}
        """,
    )
    assert named(found) == [
        "added group legal bidirectional_calendar_sync note",
        "changed group legal bidirectional_calendar_sync setting",
    ]
    assert [change.id for change in found] == [1, 2]
    setting = found[1]
    assert setting.account == "acme"
    assert setting.old == {"state": "enabled", "locked": False}
    assert setting.new == {"state": "disabled", "locked": True}
    assert (str(setting.old_location), str(setting.new_location)) == (
        "all.yaml:5:3",
        "all.yaml:5:3",
    )
    assert found[0].old_location is None
    assert str(found[0].new_location) == "all.yaml:5:62"


def test_another_spelling_order_or_file_is_no_change() -> None:
    old = {
        "account.yaml": ACCOUNT,
        "a.yaml": "kind: group\nid: g\nadmins: [x@x, y@x]\n---\nkind: user\nid: u@x\ngroups: [g]\n",
    }
    new = {
        "everything.yml": "{kind: users, users: [{groups: [g], primary_group: g, id: u@x}]}\n"
        "---\n# a comment\n{kind: group, id: g, account: acme, admins: [y@x, x@x]}\n---\n"
        + ACCOUNT,
    }
    assert changes(old, new) == []


def test_the_implicit_primary_group_is_filled_in() -> None:
    groups = "kind: group\nid: g\n---\nkind: group\nid: h\n---\n"
    found = changes(
        f"{groups}kind: user\nid: u@x\ngroups: [g, h]\n",
        f"{groups}kind: user\nid: u@x\ngroups: [h, g]\n",
    )
    assert [(c.field, c.old, c.new) for c in found] == [("primary_group", "g", "h")]
    assert str(found[0].new_location) == "all.yaml:9:1"  # of the groups that it follows from


def test_a_group_that_changes_account_goes_and_comes() -> None:
    two = f"{ACCOUNT}---\nkind: account\nid: zeta\n---\n"
    found = changes(
        {"all.yaml": f"{two}kind: group\nid: g\naccount: acme\n"},
        {"all.yaml": f"{two}kind: group\nid: g\naccount: zeta\n"},
    )
    assert [(c.action, c.account, c.scope_id) for c in found] == [
        ("removed", "acme", "g"),
        ("added", "zeta", "g"),
    ]
    assert found[0].new_location is None
    assert str(found[1].new_location) == "all.yaml:8:5"


def test_a_user_who_moves_has_the_account_of_the_new_side() -> None:
    two = f"{ACCOUNT}---\nkind: account\nid: zeta\n---\n"
    found = changes(
        {"all.yaml": f"{two}kind: user\nid: u@x\naccount: acme\n"},
        {"all.yaml": f"{two}kind: user\nid: u@x\naccount: zeta\n"},
    )
    assert [(c.account, c.field, c.old, c.new) for c in found] == [
        ("zeta", "account", "acme", "zeta")
    ]


def test_owners_are_one_list_of_a_role_without_a_name() -> None:
    (change,) = changes("kind: roles\nroles: []\n", "kind: roles\nowners: [o@x]\n")
    assert (change.kind, change.scope_id, change.field) == ("role", None, "owners")
    assert (change.action, change.old, change.new) == ("changed", (), ("o@x",))
    assert str(change.new_location) == "all.yaml:2:1"


def test_entries_without_a_name_are_known_by_what_they_say() -> None:
    (gone, come) = changes(
        "kind: guardrails\nguardrails: [{who: {users: [u@x], groups: []}, must_be: on}]\n"
        "---\nkind: user\nid: u@x\n",
        "kind: guardrails\nguardrails: [{who: all, must_be: on}]\n---\nkind: user\nid: u@x\n",
    )
    head = '{"must_be":"enabled","toggle":"bidirectional_calendar_sync",'
    tail = '"whatever_users_choose":false,"who":'
    assert (gone.action, gone.scope_id) == ("added", f'{head}{tail}"all"}}')
    assert (come.action, come.scope_id) == ("removed", f'{head}{tail}{{"users":["u@x"]}}}}')


def test_a_document_that_changes_the_built_in_catalogue_changes_its_fields_alone() -> None:
    found = changes(
        "kind: roles\nroles: []\n",
        "kind: catalogue\ntoggles:\n  bidirectional_calendar_sync: {default: off}\n"
        "  bidirectional_calendar: {default: on}\n",
    )
    assert named(found) == [
        "added toggle bidirectional_calendar None None",
        "changed toggle bidirectional_calendar_sync None default",
    ]
    assert found[1].old_location is None
    assert str(found[1].new_location) == "all.yaml:3:33"


def test_menu_paths_keep_their_order_and_other_lists_do_not() -> None:
    def catalogue(path: str, requires: str) -> str:
        return (
            "kind: catalogue\ntoggles:\n  t: {default: on}\n  u: {default: on}\n"
            f"  v: {{default: on, requires: [{requires}], portal: {{user: [{path}]}}}}\n"
        )

    found = changes(catalogue("A, B", "t, u"), catalogue("B, A", "u, t"))
    assert [(c.field, c.new) for c in found] == [("portal", {"user": ("B", "A")})]


# -- tables ------------------------------------------------------------------------------------


def test_rows_of_a_table_are_one_change_per_directory_and_field() -> None:
    found = changes(
        TABLE,
        {**TABLE, "people/all.csv": "user,calendars\nb@x,none\nc@x,google\nd@x,\ne@x,\n"},
    )
    assert [(c.action, c.scope_id, c.field, c.users) for c in found] == [
        ("changed", "people/all.csv", "calendars", 2),
        ("changed", "people/all.csv", "users", 3),
    ]
    assert all(str(c.new_location) == "people/all.yaml:2:9" for c in found)
    assert all(c.old is None and c.new is None for c in found)


def test_users_who_come_with_their_directory_are_counted_there() -> None:
    (change,) = changes({"account.yaml": ACCOUNT}, TABLE)
    assert (change.action, change.kind, change.field) == ("added", "directory", None)
    assert change.users == 3
    (back,) = changes(TABLE, {"account.yaml": ACCOUNT})
    assert (back.action, back.users) == ("removed", 3)


def test_a_user_who_moves_unchanged_between_yaml_and_a_table_is_no_change() -> None:
    written = "kind: users\nusers: [{id: a@x, calendars: [google]}]\n"
    tabled = {**TABLE, "people/all.csv": "user,calendars\na@x,google\n"}
    (change,) = changes({"account.yaml": ACCOUNT, "u.yaml": written}, tabled)
    assert (change.action, change.kind, change.users) == ("added", "directory", 0)


def test_a_directory_is_known_by_its_source_as_seen_from_the_policy_directory() -> None:
    moved = {
        "account.yaml": ACCOUNT + "---\nkind: directory\nsource: ./people/all.csv\n",
        "people/all.csv": TABLE["people/all.csv"],
    }
    assert changes(TABLE, moved) == []
