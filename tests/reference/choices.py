"""Whatever users choose, by brute force: guardrails, and the warnings of the lint (SPEC §4).

A choice is a state that a user declares at user scope in place of what it declares now; every
combination over every toggle that counts is decided. For a guardrail, to take a choice away is
never needed (SPEC §4). For the lint it is one choice more: a setting above decides for whoever
declares nothing, so it is not dead because everybody below happens to have chosen today.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.reference.decisions import (
    decide,
    other_group_locks,
    required_toggles,
    resolution,
)
from tests.reference.model import RefSet, guardrail_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reference.model import Entity

# code, account, scope, id, toggle
Warned = tuple[str, str, str, str, str | None]


def guarded(refset: RefSet, guardrail: Entity) -> list[str]:
    """The users whom `who` means: all, or the union of users, groups and accounts."""
    who = guardrail_of(guardrail)["who"]
    if who == "all":
        return sorted(refset.users)
    return sorted(
        user_id
        for user_id, user in refset.users.items()
        if user_id in who.get("users", [])
        or set(user["groups"]) & set(who.get("groups", []))
        or user["account"] in who.get("accounts", [])
    )


def violations(refset: RefSet, guardrail: Entity) -> list[Entity]:
    """The violations of one guardrail as in **test --format json**, ordered by account, user.

    Takes the guardrail as written or normalised. `choices` is the smallest map that breaks it.
    """
    rule = guardrail_of(guardrail)
    toggle = rule["toggle"]
    counting = {toggle, *required_toggles(refset, toggle)}
    found = []
    for user_id in guarded(refset, rule):
        maps = maps_of_choices(refset, user_id, counting)
        for choices in maps if rule["whatever_users_choose"] else [{}]:
            row = decide(with_choices(refset, user_id, choices), user_id, toggle)
            if row["state"] != rule["must_be"]:
                kept = {key: row[key] for key in ("account", "user", "state", "locked", "sync")}
                found.append({**kept, "choices": choices})
                break
    return sorted(found, key=lambda row: (row["account"], row["user"]))


def maps_of_choices(refset: RefSet, user_id: str, toggles: Iterable[str]) -> list[dict[str, str]]:
    """Every combination of choices of one user, as changes to what it declares, smallest first."""
    settings = refset.users[user_id]["settings"]
    keys = sorted(toggles)
    options = [
        [
            None,
            *(state for state in ("disabled", "enabled") if settings.get(key) != {"state": state}),
        ]
        for key in keys
    ]
    maps = [
        {key: state for key, state in zip(keys, states, strict=True) if state is not None}
        for states in itertools.product(*options)
    ]
    return sorted(maps, key=lambda choices: (len(choices), sorted(choices.items())))


def every_setting(refset: RefSet, user_id: str, toggles: Iterable[str]) -> list[RefSet]:
    """The set under every combination of what one user could declare, nothing included."""
    user, keys, found = refset.users[user_id], sorted(toggles), []
    for states in itertools.product((None, "disabled", "enabled"), repeat=len(keys)):
        rest = {key: value for key, value in user["settings"].items() if key not in keys}
        chosen = {key: {"state": state} for key, state in zip(keys, states, strict=True) if state}
        changed = {**user, "settings": {**rest, **chosen}}
        found.append(replace(refset, users={**refset.users, user_id: changed}))
    return found


def with_choices(refset: RefSet, user_id: str, choices: dict[str, str]) -> RefSet:
    """The set as it would be after one user chose so."""
    user = refset.users[user_id]
    chosen = {toggle: {"state": state} for toggle, state in choices.items()}
    user = {**user, "settings": {**user["settings"], **chosen}}
    return replace(refset, users={**refset.users, user_id: user})


def lint(refset: RefSet) -> list[Warned]:
    """Every warning of the table of codes as (code, account, scope, id, toggle), sorted.

    A table's `implicit-primary-group` is given once, with the scope `directory` and its `source`.
    """
    found: set[Warned] = set()
    for account, group in refset.groups:
        if not _below(refset, "group", account, group):
            found.add(("empty-group", account, "group", group, None))
    for scope, account, scope_id, toggle in declared_settings(refset):
        if ("empty-group", account, scope, scope_id, None) in found:
            continue
        code = setting_warning(refset, scope, account, scope_id, toggle)
        if code:
            found.add((code, account, scope, scope_id, toggle))
    for user_id, user in refset.users.items():
        for toggle in refset.catalogue:
            if _contested(refset, user_id, toggle):
                lock = (user["account"], "group", user["primary_group"])
                found.add(("contested-lock", *lock, toggle))
    for user_id in implicit_primary_groups(refset):
        account, source = (refset.users[user_id][key] for key in ("account", "directory"))
        place = ("user", user_id) if source is None else ("directory", source)
        found.add(("implicit-primary-group", account, *place, None))
    return sorted(found, key=lambda warned: (*warned[:4], warned[4] or ""))


def declared_settings(refset: RefSet) -> list[tuple[str, str, str, str]]:
    """Every account and group setting as (scope, account, id, toggle)."""
    found = [
        ("account", account, account, toggle)
        for account, entity in refset.accounts.items()
        for toggle in entity["settings"]
    ]
    return found + [
        ("group", account, group, toggle)
        for (account, group), entity in refset.groups.items()
        for toggle in entity["settings"]
    ]


def setting_warning(
    refset: RefSet, scope: str, account: str, scope_id: str, toggle: str
) -> str | None:
    """The first of shadowed-lock, dead-setting, redundant-setting that applies to a setting."""
    below = _below(refset, scope, account, scope_id)
    if not any(_is_source(refset, user, toggle, (scope, scope_id)) for user in below):
        locked = _settings(refset, scope, account, scope_id)[toggle]["locked"]
        others = [decide(refset, user, toggle)["locked"] for user in below]
        return "shadowed-lock" if scope == "group" and locked and all(others) else "dead-setting"
    without = _without(refset, scope, account, scope_id, toggle)
    if all(_same_outcomes(refset, without, user, toggle) for user in below):
        return "redundant-setting"
    return None


def implicit_primary_groups(refset: RefSet) -> list[str]:
    """The users whom `implicit-primary-group` means, those of tables included."""
    return sorted(
        user_id
        for user_id, user in refset.users.items()
        if user["primary_is_implicit"]
        and resolution(refset, user["account"]) == "primary_group"
        and any(_alters(refset, user_id, group) for group in user["groups"])
    )


def _below(refset: RefSet, scope: str, account: str, scope_id: str) -> list[str]:
    """The users of an account, or the members of a group."""
    return [
        user_id
        for user_id, user in refset.users.items()
        if user["account"] == account and (scope == "account" or scope_id in user["groups"])
    ]


def _settings(refset: RefSet, scope: str, account: str, scope_id: str) -> Entity:
    holder: Entity = (
        refset.accounts[account] if scope == "account" else refset.groups[account, scope_id]
    )
    settings: Entity = holder["settings"]
    return settings


def _is_source(refset: RefSet, user_id: str, toggle: str, source: tuple[str, str]) -> bool:
    """Whether a scope is the source of the user's decision under some choice."""
    for chosen in every_setting(refset, user_id, [toggle]):
        row = decide(chosen, user_id, toggle)
        if (row["source_scope"], row["source_id"]) == source:
            return True
    return False


def _without(refset: RefSet, scope: str, account: str, scope_id: str, toggle: str) -> RefSet:
    """The set with one account or group setting removed, its lock included."""
    settings = {
        key: setting
        for key, setting in _settings(refset, scope, account, scope_id).items()
        if key != toggle
    }
    if scope == "account":
        holder = {**refset.accounts[account], "settings": settings}
        return replace(refset, accounts={**refset.accounts, account: holder})
    holder = {**refset.groups[account, scope_id], "settings": settings}
    return replace(refset, groups={**refset.groups, (account, scope_id): holder})


def _same_outcomes(one: RefSet, other: RefSet, user_id: str, toggle: str) -> bool:
    """Whether two sets agree on state, lock and sync of the toggle, and of those that require it.

    Over every choice on every toggle that any of these requires.
    """
    judged = [key for key in one.catalogue if toggle in {key, *required_toggles(one, key)}]
    counting = {*judged, *(need for key in judged for need in required_toggles(one, key))}
    both = (every_setting(refset, user_id, counting) for refset in (one, other))
    for chosen in zip(*both, strict=True):
        for key in judged:
            rows = [decide(refset, user_id, key) for refset in chosen]
            if any(rows[0][column] != rows[1][column] for column in ("state", "locked", "sync")):
                return False
    return True


def _contested(refset: RefSet, user_id: str, toggle: str) -> bool:
    """Whether the primary group's lock decides against an opposite lock of another group."""
    row = decide(refset, user_id, toggle)
    opposite = set(other_group_locks(refset, user_id, toggle).values()) - {row["state"]}
    return row["reason"] == "primary_group_lock" and bool(opposite)


def _alters(refset: RefSet, user_id: str, primary: str) -> bool:
    """Whether another primary group would alter a state or a lock of the user, as declared."""
    user = {**refset.users[user_id], "primary_group": primary}
    other = replace(refset, users={**refset.users, user_id: user})
    return any(
        decide(refset, user_id, toggle)[column] != decide(other, user_id, toggle)[column]
        for toggle in refset.catalogue
        for column in ("state", "locked")
    )
