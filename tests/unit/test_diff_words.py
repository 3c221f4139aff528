"""The words of a comparison: right in number, never wider than the terminal, nothing hidden."""

from __future__ import annotations

import pytest

from engine.read.load import load
from engine.read.source import Memory
from engine.report import diff_markdown, diff_text
from engine.report.screen import Screen
from engine.review.comparison import compare
from engine.review.story import tell

SYNC = "bidirectional_calendar_sync"
ACCOUNT = "kind: account\nid: acme\n"


def compared(old, new, toggles=None):
    sets = (load(Memory({"p.yaml": text.encode()}), empty_is_fine=True) for text in (old, new))
    return compare(*(loaded.valid() for loaded in sets), toggles=toggles)


def said(old, new, *, unicode=True, toggles=None, provenance=False):
    story = tell(compared(old, new, toggles))
    screen = Screen(width=80, colour=False, unicode=unicode, piped=True)
    text = diff_text.render(story, screen, provenance=provenance)
    assert max(map(len, text.splitlines())) <= 80
    return text


def unfolded(*sides, **options):
    return " ".join(said(*sides, **options).split())


def groups(*names, state="off", locked="true"):
    setting = f"{{state: {state}, locked: {locked}}}"
    return "".join(
        f"---\n{{kind: group, id: {name}, toggles: {{{SYNC}: {setting}}}}}\n" for name in names
    )


def users(**groups_of):
    return "".join(
        f"---\n{{kind: user, id: {name}@x, groups: [{', '.join(names)}]}}\n"
        for name, names in groups_of.items()
    )


@pytest.mark.parametrize("number", [6, 7, 9])
def test_many_second_groups_are_told_by_the_first_few(number):
    """Who is in a hundred changed groups is one surprise, not a hundred."""
    names = [f"g{at}" for at in range(number)]
    members = {f"{who}{at}": ["main", names[at]] for at in range(5) for who in ("ada", "bob")}
    rest = ACCOUNT + "---\n{kind: group, id: main}\n"
    rest += users(both=["main", *names[5:]], **members)
    old, new = groups(*names, state="on", locked="false"), groups(*names)
    text = unfolded(rest + old, rest + new)
    told = text.partition("Surprises • ")[2].partition(" Bi-directional")[0].split(" • ")
    assert told[:5] == [
        f"2 of them are in g{at} only as a second group: ada{at}@x, bob{at}@x" for at in range(5)
    ]
    others = "g5" if number == 6 else f"{number - 5} other groups"
    assert told[5:] == [f"1 of them is in {others} only as a second group: both@x"]


@pytest.mark.parametrize(("number", "rest"), [(3, None), (4, None), (5, "and 2 more changes")])
def test_one_reason_more_is_told_instead_of_counted(number, rest):
    names = [f"g{at}" for at in range(number)]
    old = ACCOUNT + groups(*names, state="on", locked="false") + users(ada=["main", *names])
    new = ACCOUNT + groups(*names) + users(ada=["main", *names])
    main = "---\n{kind: group, id: main}\n"
    text = said(old + main, new + main)
    assert text.count("now locks it off\n") == (3 if rest else number)
    assert "1 more change" not in text
    assert rest is None or rest in text


def test_one_group_more_is_named_and_several_are_counted_apart_from_their_people():
    def sides(number):
        names = [f"g{at}" for at in range(number)]
        empty = "".join(f"---\n{{kind: group, id: {name}}}\n" for name in names)
        people = users(**{f"u{at}": [name] for at, name in enumerate(names)})
        return ACCOUNT + empty + people, ACCOUNT + f"toggles: {{{SYNC}: off}}\n" + empty + people

    assert "by main group: g0 1, g1 1, g2 1, g3 1, g4 1\n" in said(*sides(5))
    assert "by main group: g0 1, g1 1, g2 1, g3 1, and 2 in 2 other groups\n" in said(*sides(6))


def test_of_long_lists_what_came_and_went_is_told():
    admins = [f"somebody-with-a-long-name-{at}@x" for at in range(9)]

    def side(names):
        return ACCOUNT + f"---\n{{kind: group, id: g, admins: [{', '.join(names)}]}}\n"

    assert "admins: +zoe@x (nobody" in said(side(admins), side([*admins, "zoe@x"]))
    text = unfolded(side(admins), side([*admins[1:], "zoe@x"]))
    assert "admins: +zoe@x, -somebody-with-a-long-name-0@x (nobody notices)" in text
    text = unfolded(side([]), side([f"u{at}@x" for at in range(9)]))
    assert "admins: +u0@x, +u1@x, +u2@x, +u3@x and 5 more (nobody notices)" in text


def test_of_who_a_guardrail_is_about_what_came_and_went_is_told():
    names = [f"u{at}" for at in range(9)]
    base = ACCOUNT + "---\n{kind: group, id: g}\n" + users(**{name: [] for name in names})

    def side(who):
        return (
            base
            + f"---\n{{kind: guardrails, guardrails: [{{who: {who}, must_be: on, name: r}}]}}\n"
        )

    everyone = ", ".join(f"{name}@x" for name in names)
    fewer = everyone.replace("u7@x, ", "")
    text = unfolded(side(f"{{users: [{everyone}]}}"), side(f"{{users: [{fewer}], groups: [g]}}"))
    assert "the guardrail r, who: users -u7@x, groups +g (nobody notices)" in text
    text = unfolded(side("{groups: [g]}"), side("all"))
    assert "the guardrail r, who: groups g → all (nobody notices)" in text


def test_a_path_in_the_portal_keeps_its_order_where_a_word_moves():
    def side(words):
        portal = f"portal: {{user: [{words}]}}"
        return ACCOUNT + f"---\n{{kind: catalogue, toggles: {{t: {{default: on, {portal}}}}}}}\n"

    text = unfolded(side("Settings, Mail"), side("Mail, Settings"))
    assert "portal: user Settings, Mail → user Mail, Settings (nobody notices)" in text


def test_owners_are_named_once():
    text = said(ACCOUNT, ACCOUNT + "---\n{kind: roles, owners: [olga@x]}\n")
    assert "the roles, owners: +olga@x (nobody notices)" in text


NAMELESS = """---
kind: guardrails
guardrails:
  - {must_be: enabled, whatever_users_choose: true, who: {users: [ada@x], groups: [a-group]}}
---
kind: expectations
expectations:
  - {user: ada@x, state: enabled, locked: false, reason: default, sync: true}
---
kind: roles
roles:
  - {privileges: ['Group:Edit', 'User:Edit'], members: [somebody@x]}
  - {members: [somebody@x]}
---
{kind: guardrails, guardrails: [{name: '{}', who: all, must_be: disabled}]}
---
{kind: guardrails, guardrails: [{name: '[1]', who: all, must_be: disabled}]}
"""


def test_entries_without_a_name_are_told_by_what_they_are_about():
    base = ACCOUNT + "---\n{kind: group, id: a-group}\n" + users(ada=["a-group"])
    text = unfolded(base, base + NAMELESS)
    for words in (
        f"the guardrail {SYNC} must be enabled, added",
        f"the expectation ada@x: {SYNC}, added",
        "the role Group:Edit, User:Edit, added",
        "the role without privileges, added",
        "the guardrail {}, added",
        "the guardrail [1], added",
    ):
        assert words in text
    comparison = compared(base, base + NAMELESS)
    comment = diff_markdown.render(tell(comparison), comparison)
    assert "whatever_users_choose" not in comment


def test_another_reason_alone_is_no_unaltered_decision():
    new = ACCOUNT + groups("g", state="on", locked="false") + users(ada=["g"], bea=["g"])
    old = new.replace(f"toggles: {{{SYNC}: {{state: on, locked: false}}}}", "")
    words = "for 2 people something else decides now, to the same effect."
    assert unfolded(old, new).startswith(f"Nobody notices anything: {words} Changed")


def test_nothing_on_the_toggles_asked_for_is_not_nothing_at_all():
    new = ACCOUNT + f"toggles: {{{SYNC}: off}}\n" + users(ada=[])
    asked = ["calendar_and_contacts_integration"]
    text = unfolded(ACCOUNT + users(ada=[]), new, toggles=asked)
    assert "alters no decision on Calendar and contacts integration. Changed" in text


def test_who_is_affected_in_one_decision_is_not_affected_in_the_reason_alone():
    old = ACCOUNT + "---\n{kind: group, id: g}\n" + users(ada=["g"], bea=["g"], cy=[])
    old = old.replace("id: bea@x", f"id: bea@x, toggles: {{{SYNC}: on}}")
    toggles = f"toggles: {{{SYNC}: off, calendar_and_contacts_integration: on}}"
    new = old.replace("id: g}", f"id: g, {toggles}}}")
    found = compared(old, new)
    assert [person.user for person in found.rows.people] == ["ada@x"]
    assert {person.user for person in found.provenance.people} == {"ada@x", "bea@x"}
    assert "1 of 3 people affected, 1 person affected in the reason alone" in unfolded(old, new)
