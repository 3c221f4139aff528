"""R3, R4, R5, R10: the whole of a small decision space, through the engine and the reference.

Account × three groups × user, each declaring nothing or one of its settings, under every
primary group and every order of priorities.
"""

from __future__ import annotations

from itertools import permutations, product

import pytest

from engine.decide.decisions import decide, decide_account, decide_group
from engine.decide.trace import Why, trace
from engine.model import Account, Group, PolicySet, Resolution, Setting, State, Toggle, User
from tests.reference import decisions as reference
from tests.reference.model import RefSet

KEY = "sync"
GROUPS = ("a", "b", "c")
CHOICES = (None, Setting(State.ENABLED), Setting(State.DISABLED))
SETTINGS = (*CHOICES, Setting(State.ENABLED, locked=True), Setting(State.DISABLED, locked=True))
CATALOGUE = {KEY: Toggle(key=KEY, default=State.ENABLED)}


def declared(setting):
    return {} if setting is None else {KEY: setting}


def as_reference(setting):
    return {} if setting is None else {KEY: {"state": str(setting.state), "locked": setting.locked}}


def both(account, groups, choice, resolution, priorities, primary):
    """The same set for the engine and for the reference."""
    ours = PolicySet(
        accounts={
            "acme": Account(id="acme", group_resolution=resolution, settings=declared(account))
        },
        groups={
            ("acme", name): Group(
                id=name, account="acme", priority=priority, settings=declared(setting)
            )
            for name, priority, setting in zip(GROUPS, priorities, groups, strict=True)
        },
        users={
            "u@x": User(
                id="u@x",
                account="acme",
                groups=GROUPS,
                primary_group=primary,
                settings=declared(choice),
            )
        },
        toggles=CATALOGUE,
    )
    theirs = RefSet(
        accounts={"acme": {"group_resolution": str(resolution), "settings": as_reference(account)}},
        groups={
            ("acme", name): {"priority": priority, "settings": as_reference(setting)}
            for name, priority, setting in zip(GROUPS, priorities, groups, strict=True)
        },
        users={
            "u@x": {
                "account": "acme",
                "groups": list(GROUPS),
                "primary_group": primary,
                "calendars": None,
                "settings": as_reference(choice),
            }
        },
        catalogue={KEY: {"default": "enabled", "requires": [], "supported_calendars": None}},
    )
    return ours, theirs


WAYS = [
    *((Resolution.PRIMARY_GROUP, (None,) * 3, primary) for primary in GROUPS),
    *((Resolution.GROUP_PRIORITY, order, "a") for order in permutations((1, 2, 3))),
]


@pytest.mark.parametrize(("resolution", "priorities", "primary"), WAYS)
def test_every_small_set_is_decided_as_the_reference_reads_the_spec(
    resolution, priorities, primary
):
    for account, *groups, choice in product(*[SETTINGS] * 4, CHOICES):
        ours, theirs = both(account, groups, choice, resolution, priorities, primary)
        user = ours.users["u@x"]
        row = decide(ours, user, KEY)
        assert row._asdict() == reference.decide(theirs, "u@x", KEY)
        asked = trace(ours, user, KEY)
        winners = [a for a in asked if a.why is Why.DECIDES]
        assert [(w.reason, w.scope, w.id) for w in winners] == [
            (row.reason, row.source_scope, row.source_id)
        ]
        after = asked[asked.index(winners[0]) + 1 :]
        assert all(a.why is not Why.OUTRANKED or a.applies for a in asked)
        assert not any(
            a.applies and a.reason is not row.reason for a in asked[: asked.index(winners[0])]
        )
        assert any(a.why is Why.OUTRANKED for a in after) or row.reason == "default"


def test_every_own_decision_of_a_group_and_an_account_is_that_of_the_reference():
    for account, group in product(SETTINGS, SETTINGS):
        ours, theirs = both(
            account, (group, None, None), None, Resolution.PRIMARY_GROUP, (None,) * 3, "a"
        )
        own = decide_group(ours, ours.groups["acme", "a"], KEY)
        assert own._asdict() == reference.scope_decision(theirs, "group", "a", "acme", KEY)
        own = decide_account(ours, "acme", KEY)
        assert own._asdict() == reference.scope_decision(theirs, "account", "acme", "acme", KEY)
