"""The example's own expectations and guardrails catch every mutation that alters a decision."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, product
from pathlib import Path

import pytest

from engine.decide.decisions import decide
from engine.model import Resolution, Setting, State
from engine.read.load import load
from engine.read.source import WorkingTree
from engine.review.check import check
from engine.review.testing import run

LOADED = load(WorkingTree(str(Path(__file__).parents[2] / "policies")))
POLICIES = LOADED.valid()


def outcomes(policies, users):
    """What the users can tell apart: states, locks and whether events flow."""
    return [
        (row.state, row.locked, row.sync)
        for user in users
        for row in (decide(policies, policies.users[user], key) for key in policies.toggles)
    ]


def turned(setting):
    other = State.DISABLED if setting.state is State.ENABLED else State.ENABLED
    return setting._replace(state=other)


def mutated_settings(entity):
    """Yield what an entity could declare after one slip: flipped, unlocked, or gone."""
    for key, setting in entity.settings.items():
        yield f"flip {key}", {**entity.settings, key: turned(setting)}
        yield f"drop {key}", {k: s for k, s in entity.settings.items() if k != key}
        if setting.locked:
            yield f"unlock {key}", {**entity.settings, key: setting._replace(locked=False)}


def settings_too_many(entity):
    """Yield what a group or the account could declare beyond what it does: a lock, or a setting."""
    for key, setting in entity.settings.items():
        if not setting.locked:
            yield f"lock {key}", {**entity.settings, key: setting._replace(locked=True)}
    for key in POLICIES.toggles.keys() - entity.settings.keys():
        for state, locked in product(State, (True, False)):
            added = Setting(state, locked=locked)
            yield f"add {key} {state}, {locked}", {**entity.settings, key: added}


def moved(user):
    """Yield where a person could land: in a group more, one fewer, another, another main one."""
    for _, group in POLICIES.groups:
        main = user.primary_group
        if group in user.groups:
            rest = tuple(g for g in user.groups if g != group)
            first = rest[0] if rest else None
            yield f"leaves {group}", rest, first if main == group else main
            yield f"mainly {group}", user.groups, group
        else:
            yield f"joins {group}", (*user.groups, group), main or group
            for old in user.groups:
                others = tuple(group if g == old else g for g in user.groups)
                yield f"{old} to {group}", others, group if main == old else main


def mutants_of_scopes():
    for account in POLICIES.accounts.values():
        moved = replace(account, group_resolution=Resolution.GROUP_PRIORITY)
        yield "account: by priority", replace(POLICIES, accounts={account.id: moved})
        for what, settings in chain(mutated_settings(account), settings_too_many(account)):
            changed = replace(account, settings=settings)
            yield f"account: {what}", replace(POLICIES, accounts={account.id: changed})
    for key, group in POLICIES.groups.items():
        for what, settings in chain(mutated_settings(group), settings_too_many(group)):
            changed = replace(group, settings=settings)
            yield f"{group.id}: {what}", replace(POLICIES, groups={**POLICIES.groups, key: changed})


def mutants_of(user):
    for what, settings in mutated_settings(user):
        yield what, replace(user, settings=settings)
    for what, groups, primary in moved(user):
        yield what, replace(user, groups=groups, primary_group=primary)


def caught(policies):
    return run(policies, explained=False).failed > 0


def test_the_example_passes_with_full_coverage_and_without_a_warning():
    tested = run(POLICIES)
    assert tested.failed == 0
    assert tested.total > 50
    assert tested.coverage.percent == 100
    assert not tested.coverage.idle
    assert check(LOADED) == []


def test_every_mutation_of_a_setting_above_is_caught():
    now = outcomes(POLICIES, POLICIES.users)
    altering = [
        (name, mutant)
        for name, mutant in mutants_of_scopes()
        if outcomes(mutant, mutant.users) != now
    ]
    assert {name for name, mutant in altering if not caught(mutant)} == set()
    kinds = {"flip", "drop", "unlock", "lock", "add", "by"}
    assert {name.split(": ")[1].split()[0] for name, _ in altering} == kinds


@pytest.mark.parametrize("user", sorted(POLICIES.users))
def test_every_mutation_of_a_person_is_caught(user):
    alive = []
    for what, changed in mutants_of(POLICIES.users[user]):
        mutant = replace(POLICIES, users={**POLICIES.users, user: changed})
        if outcomes(mutant, [user]) != outcomes(POLICIES, [user]) and not caught(mutant):
            alive.append(what)
    assert alive == []
