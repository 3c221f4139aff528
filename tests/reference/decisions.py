"""The law, read naively: R1 to R6 for a user, R10 for a group or an account, R4's conflicts.

Works on the half-way sets of *Causes* (SPEC §4) too: whatever does not exist declares nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reference.model import Entity, RefSet

COLUMNS = (
    "account",
    "user",
    "toggle",
    "state",
    "locked",
    "reason",
    "source_scope",
    "source_id",
    "sync",
    "sync_reason",
)

# state, locked, reason, source_scope, source_id
Verdict = tuple[str, bool, str, str, str]


def decide(refset: RefSet, user_id: str, toggle: str) -> Entity:
    """The decision row of one user and toggle, keys as in SPEC §4 *Decision row*."""
    user = refset.users[user_id]
    verdict = _verdict(refset, user_id, toggle)
    sync, sync_reason = _sync(refset, user_id, toggle, verdict[0])
    values = (user["account"], user_id, toggle, *verdict, sync, sync_reason)
    return dict(zip(COLUMNS, values, strict=True))


def rows(refset: RefSet, toggles: Iterable[str] | None = None) -> list[Entity]:
    """Every decision row, ordered by account, user, toggle, by code point."""
    wanted = refset.catalogue if toggles is None else toggles
    found = [decide(refset, user_id, toggle) for user_id in refset.users for toggle in wanted]
    return sorted(found, key=lambda row: (row["account"], row["user"], row["toggle"]))


def scope_decision(refset: RefSet, scope: str, scope_id: str, account: str, toggle: str) -> Entity:
    """R10: the own decision of a group or of an account; user, sync, sync_reason are None."""
    above = account_setting(refset, account, toggle)
    own = group_setting(refset, account, scope_id, toggle) if scope == "group" else None
    verdict: Verdict
    if above and above["locked"]:
        verdict = (above["state"], True, "account_lock", "account", account)
    elif own:
        verdict = (own["state"], own["locked"], "group", "group", scope_id)
    elif above:
        verdict = (above["state"], False, "account", "account", account)
    else:
        verdict = _default(refset, toggle)
    return dict(zip(COLUMNS, (account, None, toggle, *verdict, None, None), strict=True))


def targets(refset: RefSet, user_id: str, toggle: str) -> list[str] | None:
    """R6: where events flow; empty while sync is false, None where it is None."""
    sync = decide(refset, user_id, toggle)["sync"]
    if sync is None:
        return None
    if not sync:
        return []
    own = refset.users[user_id]["calendars"] or []
    supported = refset.catalogue[toggle]["supported_calendars"]
    return ["web_portal", "client", *(calendar for calendar in supported if calendar in own)]


def conflicts(refset: RefSet) -> list[tuple[str, str, tuple[str, ...], str, int]]:
    """R4: (account, toggle, the non-primary locking groups, source, users), once per set."""
    met: dict[tuple[str, str, tuple[str, ...], str], int] = {}
    for row in rows(refset):
        if row["reason"] == "group_lock_conflict":
            lockers = tuple(other_group_locks(refset, row["user"], row["toggle"]))
            key = (row["account"], row["toggle"], lockers, row["source_id"])
            met[key] = met.get(key, 0) + 1
    return sorted((*key, users) for key, users in met.items())


def required_toggles(refset: RefSet, toggle: str) -> set[str]:
    """The toggles that one requires, through any depth; unknown and visited ones passed over."""
    visited = {toggle}
    waiting = [toggle]
    while waiting:
        for required in refset.catalogue[waiting.pop()]["requires"]:
            if required in refset.catalogue and required not in visited:
                visited.add(required)
                waiting.append(required)
    return visited - {toggle}


def account_setting(refset: RefSet, account: str, toggle: str) -> Any:
    """What an account declares about a toggle; an account that does not exist: nothing."""
    return refset.accounts.get(account, {"settings": {}})["settings"].get(toggle)


def group_setting(refset: RefSet, account: str, group: str, toggle: str) -> Any:
    """What a group declares about a toggle; a group that does not exist: nothing."""
    return refset.groups.get((account, group), {"settings": {}})["settings"].get(toggle)


def resolution(refset: RefSet, account: str) -> Any:
    """How an account's groups resolve; one that does not exist: by `primary_group`."""
    return refset.accounts.get(account, {"group_resolution": "primary_group"})["group_resolution"]


def other_group_locks(refset: RefSet, user_id: str, toggle: str) -> dict[str, str]:
    """The user's non-primary groups that lock the toggle, in order of id, with their states."""
    user = refset.users[user_id]
    locks = {}
    for group in sorted(user["groups"]):
        setting = group_setting(refset, user["account"], group, toggle)
        if group != user["primary_group"] and setting and setting["locked"]:
            locks[group] = setting["state"]
    return locks


def _verdict(refset: RefSet, user_id: str, toggle: str) -> Verdict:
    """R3 and the rows that R4 and R5 share; what lies between them is the resolution's."""
    user = refset.users[user_id]
    account = user["account"]
    above = account_setting(refset, account, toggle)
    if above and above["locked"]:
        return above["state"], True, "account_lock", "account", account
    if resolution(refset, account) == "group_priority":
        by_groups = _by_group_priority(refset, user_id, toggle)
    else:
        by_groups = _by_primary_group(refset, user_id, toggle)
    if by_groups and by_groups[1]:
        return by_groups
    own = user["settings"].get(toggle)
    if own:
        return own["state"], False, "user_choice", "user", user_id
    if by_groups:
        return by_groups
    if above:
        return above["state"], False, "account", "account", account
    return _default(refset, toggle)


def _by_primary_group(refset: RefSet, user_id: str, toggle: str) -> Verdict | None:
    """R4 rows 2, 3 and 5: what the groups say, a lock first."""
    user = refset.users[user_id]
    primary = user["primary_group"]
    setting = None
    if primary in user["groups"]:
        setting = group_setting(refset, user["account"], primary, toggle)
    if setting and setting["locked"]:
        return setting["state"], True, "primary_group_lock", "group", primary
    locks = other_group_locks(refset, user_id, toggle)
    if set(locks.values()) == {"enabled", "disabled"}:
        source = min(group for group, state in locks.items() if state == "disabled")
        return "disabled", True, "group_lock_conflict", "group", source
    if locks:
        source = min(locks)
        return locks[source], True, "group_lock", "group", source
    if setting:
        return setting["state"], False, "primary_group", "group", primary
    return None


def _by_group_priority(refset: RefSet, user_id: str, toggle: str) -> Verdict | None:
    """R5: what the managing group says; without a priority last, ties to the smaller id."""
    user = refset.users[user_id]
    declaring = []
    for group in user["groups"]:
        if group_setting(refset, user["account"], group, toggle):
            priority = refset.groups[user["account"], group]["priority"]
            declaring.append((priority is None, priority or 0, group))
    if not declaring:
        return None
    managing = min(declaring)[2]
    setting = group_setting(refset, user["account"], managing, toggle)
    reason = "group_lock" if setting["locked"] else "group"
    return setting["state"], setting["locked"], reason, "group", managing


def _default(refset: RefSet, toggle: str) -> Verdict:
    return refset.catalogue[toggle]["default"], False, "default", "catalogue", toggle


def _sync(refset: RefSet, user_id: str, toggle: str, state: str) -> tuple[bool | None, str | None]:
    """R6: whether events flow, and the first reason that applies."""
    supported = refset.catalogue[toggle]["supported_calendars"]
    calendars = refset.users[user_id]["calendars"]
    if supported is None:
        return None, None
    if state == "disabled":
        return False, "toggle_disabled"
    for required in required_toggles(refset, toggle):
        if _verdict(refset, user_id, required)[0] == "disabled":
            return False, "required_toggle_disabled"
    if calendars == []:
        return False, "no_calendar"
    if calendars is not None and not set(calendars) & set(supported):
        return False, "unsupported_calendar"
    return True, "active"
