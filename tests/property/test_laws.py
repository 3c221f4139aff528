"""The laws that follow from R1 to R6, each named by the test that holds it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.decide.decisions import decide, decide_all
from engine.decide.facts import rank
from engine.model import (
    Account,
    Group,
    PolicySet,
    Reason,
    Resolution,
    Setting,
    State,
    Toggle,
    User,
)

KEYS = ("main", "needed")
GROUPS = ("a", "b", "c", "d")
CATALOGUE = {
    "main": Toggle(
        key="main",
        default=State.ENABLED,
        requires=("needed",),
        supported_calendars=("google", "exchange"),
    ),
    "needed": Toggle(key="needed", default=State.ENABLED),
}

states = st.sampled_from(State)
choices = st.dictionaries(st.sampled_from(KEYS), states.map(Setting))
tier_settings = st.dictionaries(st.sampled_from(KEYS), st.builds(Setting, states, st.booleans()))
memberships = st.lists(st.sampled_from(GROUPS), unique=True)
calendars = st.none() | st.lists(
    st.sampled_from(("google", "exchange", "exchange_on_premises")), unique=True
).map(tuple)


@st.composite
def policies(draw, resolution=None):
    """A set of one account, four groups and up to four users."""
    ranks = draw(st.permutations(range(1, 5)))
    users = {}
    for number in range(draw(st.integers(1, 4))):
        groups = draw(memberships)
        primary = draw(st.sampled_from(groups)) if groups else None
        users[f"u{number}@x"] = User(
            id=f"u{number}@x",
            account="acme",
            groups=tuple(groups),
            primary_group=primary,
            calendars=draw(calendars),
            settings=draw(choices),
        )
    return PolicySet(
        accounts={
            "acme": Account(
                id="acme",
                group_resolution=resolution or draw(st.sampled_from(Resolution)),
                settings=draw(tier_settings),
            )
        },
        groups={
            ("acme", name): Group(
                id=name, account="acme", priority=priority, settings=draw(tier_settings)
            )
            for name, priority in zip(GROUPS, ranks, strict=True)
        },
        users=users,
        toggles=CATALOGUE,
    )


def rows(found):
    return list(decide_all(found, KEYS))


def outcome(row):
    return row.state, row.locked, row.sync


def with_account(found, **changes):
    return replace(found, accounts={"acme": replace(found.accounts["acme"], **changes)})


def with_group(found, name, **changes):
    group = replace(found.groups["acme", name], **changes)
    return replace(found, groups={**found.groups, ("acme", name): group})


def with_user(found, user, **changes):
    return replace(found, users={**found.users, user.id: replace(user, **changes)})


laws = settings(max_examples=200, deadline=None)


@given(policies(), states)
@laws
def test_the_accounts_lock_trumps_all(found, state):
    locked = with_account(found, settings={"main": Setting(state, locked=True)})
    for user in locked.users.values():
        row = decide(locked, user, "main")
        assert (row.state, row.locked, row.reason) == (state, True, Reason.ACCOUNT_LOCK)


@given(policies(), states)
@laws
def test_locks_mask_and_never_erase(found, state):
    before = found.accounts["acme"].settings
    locked = with_account(found, settings={**before, "main": Setting(state, locked=True)})
    assert rows(with_account(locked, settings=before)) == rows(found)
    assert all(locked.users[u].settings == found.users[u].settings for u in found.users)


@given(policies(), st.randoms(use_true_random=False))
@laws
def test_order_never_matters(found, rng):
    def shuffled(mapping):
        items = list(mapping.items())
        rng.shuffle(items)
        return dict(items)

    users = {
        name: replace(user, groups=tuple(rng.sample(user.groups, len(user.groups))))
        for name, user in shuffled(found.users).items()
    }
    other = replace(found, groups=shuffled(found.groups), users=users)
    assert rows(other) == rows(found)


@given(policies(), tier_settings)
@laws
def test_a_user_without_groups_sees_only_the_account(found, any_settings):
    for user in found.users.values():
        alone = with_user(found, user, groups=(), primary_group=None)
        changed = replace(
            alone,
            groups={key: replace(g, settings=any_settings) for key, g in alone.groups.items()},
        )
        for key in KEYS:
            row = decide(alone, alone.users[user.id], key)
            assert row == decide(changed, changed.users[user.id], key)
            assert row.source_scope in {"account", "user", "catalogue"}


@given(policies(), st.sampled_from(GROUPS))
@laws
def test_a_group_that_declares_nothing_changes_nothing(found, name):
    silent = with_group(found, name, settings={})
    for user in silent.users.values():
        assume(name not in user.groups)
        primary = user.primary_group or None
        joined = with_user(silent, user, groups=(*user.groups, name), primary_group=primary)
        for key in KEYS:
            after = decide(joined, joined.users[user.id], key)
            assert after == decide(silent, user, key)


@given(policies(Resolution.GROUP_PRIORITY), tier_settings)
@laws
def test_a_lower_group_never_matters_while_a_higher_one_declares(found, any_settings):
    for user in found.users.values():
        ranked = sorted((found.groups["acme", g] for g in user.groups), key=rank)
        for at, lower in enumerate(ranked):
            changed = with_group(found, lower.id, settings=any_settings)
            for key in KEYS:
                if any(key in higher.settings for higher in ranked[:at]):
                    assert decide(changed, user, key)[:8] == decide(found, user, key)[:8]


@given(policies(), states)
@laws
def test_a_choice_survives_every_unlocked_change_above(found, state):
    for user in found.users.values():
        before = decide(found, user, "main")
        if before.reason is not Reason.USER_CHOICE:
            continue
        changed = with_account(found, settings={"main": Setting(state)})
        for name in user.groups:
            setting = found.groups["acme", name].settings.get("main")
            if setting is None or not setting.locked:
                changed = with_group(changed, name, settings={"main": Setting(state)})
        after = decide(changed, user, "main")
        if found.accounts["acme"].group_resolution is Resolution.PRIMARY_GROUP:
            assert (after.state, after.reason) == (before.state, Reason.USER_CHOICE)


@given(policies())
@laws
def test_a_decision_is_locked_exactly_when_a_lock_decides(found):
    locks = {
        Reason.ACCOUNT_LOCK,
        Reason.PRIMARY_GROUP_LOCK,
        Reason.GROUP_LOCK,
        Reason.GROUP_LOCK_CONFLICT,
    }
    assert all(row.locked == (row.reason in locks) for row in rows(found))


@given(policies(Resolution.PRIMARY_GROUP), st.sampled_from(GROUPS), states)
@laws
def test_other_groups_matter_only_through_their_locks(found, name, state):
    unlocked = with_group(found, name, settings={})
    spoken = with_group(found, name, settings={"main": Setting(state)})
    for user in found.users.values():
        if user.primary_group != name:
            assert decide(spoken, user, "main") == decide(unlocked, user, "main")


@given(policies(), states)
@laws
def test_a_masked_choice_changes_nothing(found, state):
    for user in found.users.values():
        if decide(found, user, "main").locked:
            chosen = with_user(found, user, settings={**user.settings, "main": Setting(state)})
            after = decide(chosen, chosen.users[user.id], "main")
            assert after == decide(found, user, "main")


@given(policies())
@laws
def test_events_flow_only_for_an_enabled_toggle(found):
    for row in rows(found):
        if row.toggle == "main":
            assert row.sync == (row.sync_reason == "active")
            assert not row.sync or row.state is State.ENABLED
        else:
            assert row.sync is None and row.sync_reason is None


@given(policies())
@laws
def test_under_primary_group_the_priorities_play_no_part(found):
    assume(found.accounts["acme"].group_resolution is Resolution.PRIMARY_GROUP)
    turned = replace(
        found,
        groups={key: replace(g, priority=5 - (g.priority or 0)) for key, g in found.groups.items()},
    )
    assert rows(turned) == rows(found)


@given(policies(Resolution.GROUP_PRIORITY))
@laws
def test_under_group_priority_the_primary_group_plays_no_part(found):
    for user in found.users.values():
        for primary in user.groups:
            other = with_user(found, user, primary_group=primary)
            for key in KEYS:
                assert decide(other, other.users[user.id], key) == decide(found, user, key)
