"""The order of portal steps, and what they tell where the portal has no switch."""

from engine.read import opening, tables
from engine.read.load import load
from engine.read.people import People
from engine.read.source import Memory
from engine.report import runbook_markdown, runbook_text
from engine.report.screen import Screen
from engine.review.portal_notes import MEETINGS
from engine.review.runbook import runbook

ACCOUNT = "{{kind: account, id: acme, toggles: {{{}}}}}\n"
ROLES = """{kind: roles, owners: [olga@x], roles: [
  {name: s, privileges: ["AccountSetting:Edit"], members: [dana@x]}]}
"""
ON, OFF = "bidirectional_calendar_sync: on", "bidirectional_calendar_sync: off"
LOCKED = "bidirectional_calendar_sync: {state: on, locked: true}"


def a_set(account="", group="", user="", *, more=()):
    texts = [
        ACCOUNT.format(account),
        f"{{kind: group, id: legal, name: Legal, admins: [gina@x], toggles: {{{group}}}}}",
        f"{{kind: user, id: amy@x, groups: [legal], toggles: {{{user}}}}}",
        ROLES,
        *more,
    ]
    return load(Memory({"a.yaml": "\n---\n".join(texts).encode()})).valid()


def steps(old, new):
    return [(s.scope.value, s.action, s.field, s.value) for s in runbook(old, new).steps]


def test_a_lock_on_the_account_goes_before_the_group_changes_and_the_user_after_that():
    old = a_set(LOCKED)
    assert steps(old, a_set(ON, OFF, ON)) == [
        ("account", "unlock", "locked", False),
        ("group", "set", "state", "disabled"),
        ("user", "set", "state", "enabled"),
    ]


def test_a_lock_on_the_account_comes_last():
    assert steps(a_set(), a_set(LOCKED, OFF, OFF)) == [
        ("group", "set", "state", "disabled"),
        ("user", "set", "state", "disabled"),
        ("account", "set", "state", "enabled"),
        ("account", "lock", "locked", True),
    ]


def test_a_group_is_set_before_it_is_locked_and_after_its_members_chose():
    assert steps(a_set(), a_set("", LOCKED, OFF)) == [
        ("user", "set", "state", "disabled"),
        ("group", "set", "state", "enabled"),
        ("group", "lock", "locked", True),
    ]


def test_what_stays_greyed_out_is_told_and_not_clicked():
    found = runbook(a_set(LOCKED), a_set(LOCKED, LOCKED, OFF)).steps
    assert [(s.scope.value, s.action, s.field) for s in found] == [
        ("user", "tell", "state"),
        ("group", "tell", "state"),
        ("group", "tell", "locked"),
    ]
    assert all(not step.needs and "greyed out" in step.text for step in found)


def test_who_could_choose_only_before_a_group_was_joined_does_so_before():
    locked = (
        "{kind: group, id: hold, toggles: {bidirectional_calendar_sync: {state: off, locked: on}}}"
    )
    old = a_set(more=(locked,))
    new = load(
        Memory(
            {
                "a.yaml": "\n---\n".join(
                    [
                        ACCOUNT.format(""),
                        "{kind: group, id: legal, name: Legal, admins: [gina@x]}",
                        f"{{kind: user, id: amy@x, groups: [legal, hold], toggles: {{{ON}}}}}",
                        ROLES,
                        locked,
                    ]
                ).encode()
            }
        )
    ).valid()
    assert steps(old, new) == [
        ("user", "set", "state", "enabled"),
        ("user", "member", "groups", ["legal", "hold"]),
    ]


def test_there_is_no_way_back_to_inherit_so_it_is_told():
    found = runbook(a_set(ON, OFF, OFF), a_set(ON)).steps
    assert [(s.scope.value, s.action, s.field, s.value) for s in found] == [
        ("group", "tell", "setting", None),
        ("user", "tell", "setting", None),
    ]
    assert "switch it" not in found[0].text.split("“")[0]
    assert "no way back" in found[0].text
    assert " on, as it would be now" in found[0].text


def test_a_step_says_who_signs_in_where_to_click_and_what_it_must_show():
    step = runbook(a_set(), a_set(group=OFF)).steps[0]
    assert step.needs == ("owner", "Group:Edit", "group_admin")
    assert step.sign_in == "gina@x"
    assert step.path[:5] == (
        "User Management",
        "Groups",
        "Legal",
        "Mail & Calendar",
        "Integrations",
    )
    assert "click Disable" in step.text
    assert step.text.endswith("it must show off and not locked")


def test_meetings_are_spoken_of_where_sync_may_change_and_only_there():
    extra = "{kind: catalogue, toggles: {extra: {default: on}}}"
    old = a_set(more=(extra,))
    for group in (OFF, "calendar_and_contacts_integration: off"):
        assert runbook(old, a_set(group=group, more=(extra,))).notes == (MEETINGS,)
    assert runbook(old, a_set(group="extra: off", more=(extra,))).notes == ()


def two_accounts(home, *, groups="legal"):
    """Amy in one of two accounts that both have a group Legal."""
    texts = [
        *("{kind: account, id: acme}", "{kind: account, id: zeta}"),
        *(f"{{kind: group, id: legal, account: {one}}}" for one in ("acme", "zeta")),
        "{kind: group, id: sales, account: acme, admins: [sam@x]}",
        f"{{kind: user, id: amy@x, account: {home}, groups: [{groups}]}}",
    ]
    return load(Memory({"a.yaml": "\n---\n".join(texts).encode()})).valid()


def test_who_changes_account_leaves_all_groups_there_and_joins_those_of_the_other():
    found = runbook(two_accounts("acme", groups="sales, legal"), two_accounts("zeta")).steps
    assert [(s.account, s.action, s.field, s.value) for s in found] == [
        ("acme", "member", "groups", ["legal"]),
        ("acme", "member", "groups", []),
        ("zeta", "tell", "account", "zeta"),
        ("zeta", "member", "groups", ["legal"]),
        ("zeta", "member", "primary_group", "legal"),
    ]
    assert found[0].sign_in == "sam@x"
    assert runbook(two_accounts("acme"), two_accounts("zeta")).notes == (MEETINGS,)


def test_who_signs_in_is_who_may_before_the_change():
    roles = "{kind: roles, owners: [olga@x]}"
    promoted = "{{kind: group, id: legal, name: Legal, admins: [{}], toggles: {{{}}}}}"
    texts = [ACCOUNT.format(""), promoted.format("gina@x", ""), roles]
    old = load(Memory({"a.yaml": "\n---\n".join(texts).encode()})).valid()
    texts[1] = promoted.format("eve@x", OFF)
    new = load(Memory({"a.yaml": "\n---\n".join(texts).encode()})).valid()
    assert [step.sign_in for step in runbook(old, new).steps] == ["gina@x"]
    nobody = load(Memory({}), empty_is_fine=True).policies
    assert "eve@x" in [step.sign_in for step in runbook(nobody, new).steps]


def test_people_choose_one_after_the_other_before_anybody_is_moved():
    def people(toggles, groups):
        users = (f"{{id: u{n}@x, groups: [{groups}], toggles: {{{toggles}}}}}" for n in (1, 2))
        return a_set(more=(f"{{kind: users, users: [{', '.join(users)}]}}",))

    found = runbook(people("", ""), people(OFF, "legal")).steps
    assert [(step.id, step.field) for step in found if step.field != "primary_group"] == [
        ("u1@x", "state"),
        ("u2@x", "state"),
        ("u1@x", "groups"),
        ("u2@x", "groups"),
    ]
    text = runbook_text.render(runbook(people("", ""), people(OFF, "legal")), Screen(width=80))
    assert text.count("Only u1@x can do this:") == 1
    assert text.count("Sign in as gina@x:") == 1


def test_only_the_toggles_asked_for_are_written_of():
    other = "calendar_and_contacts_integration: off"
    new = a_set(group=f"{OFF}, {other}")
    found = runbook(a_set(), new, toggles=["calendar_and_contacts_integration"]).steps
    assert [step.toggle for step in found] == ["calendar_and_contacts_integration"]


def test_text_fits_the_screen_and_says_it_once():
    book = runbook(a_set(), a_set("", LOCKED))
    text = runbook_text.render(book, Screen(width=60, unicode=False))
    assert max(map(len, text.splitlines())) <= 60
    assert text.isascii()
    assert text.count("Integrations > Automatically") == 1
    assert "Sign in as gina@x:" in text


def test_markdown_has_a_box_a_step_and_notifies_nobody():
    book = runbook(a_set(), a_set("", LOCKED, OFF))
    text = runbook_markdown.render(book)
    assert text.count("- [ ] ") == len(book.steps)
    assert "@x" not in text


def test_nothing_to_do_is_said():
    book = runbook(a_set(), a_set())
    assert runbook_text.render(book, Screen()) == "Nothing to do in the portal.\n"
    assert runbook_markdown.render(book) == "Nothing to do in the portal.\n"


def test_of_a_large_population_nobody_is_asked_about_who_has_nothing_to_do(monkeypatch):
    group = "{{kind: group, id: g, toggles: {{{}}}}}"
    rows = [f"u{n}@x,g," for n in range(9)]

    def read(setting, rows):
        texts = ["{kind: account, id: acme}", group.format(setting)]
        texts.append("{kind: directory, source: people.csv}")
        table = ["user,groups,bidirectional_calendar_sync", *rows, ""]
        files = {"a.yaml": "\n---\n".join(texts), "people.csv": "\n".join(table)}
        return load(Memory({name: text.encode() for name, text in files.items()})).valid()

    now = [rows[0], "u1@x,,off", *rows[3:], "new@x,g,"]
    small = runbook(read("", rows), read(OFF, now)).steps
    monkeypatch.setattr(tables, "SMALL_BYTES", -1)
    monkeypatch.setattr(opening, "SMALL_ROWS", -1)
    old, new = read("", rows), read(OFF, now)
    assert isinstance(new.users, People)
    monkeypatch.setattr(People, "__iter__", None)
    assert runbook(old, new).steps == small
    assert {step.id for step in small} == {"g", "u1@x", "u2@x", "new@x"}


def test_what_is_new_goes_by_its_name_at_once_and_an_id_keeps_its_letters():
    old = a_set()
    team = "{kind: group, id: ops, name: Operations}"
    new = "{kind: user, id: zed@x, name: Zed, groups: [ops], calendars: [google]}"
    found = runbook(old, a_set(more=(team, new)))
    text = runbook_text.render(found, Screen(width=80, piped=True))
    assert "Add the group Operations (ops).\n" in text
    assert "Add the user Zed (zed@x).\n" in text
    assert (
        "User Management › Groups › Operations\n     Add zed@x to the group Operations.\n" in text
    )
    assert ". zed@x: their calendars are now google.\n" in text
    assert "- [ ] " in runbook_markdown.render(found)
    assert "Zed@x" not in text + runbook_markdown.render(found)
