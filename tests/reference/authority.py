"""Who may change what, naively: R8 over one declared change.

Roles, owners and admins are read from the old set, locks from the new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reference.changes import changes
from tests.reference.decisions import account_setting, decide

if TYPE_CHECKING:
    from tests.reference.model import Entity, RefSet

# allowed, because, needs, holders
Ruling = tuple[bool, str, list[str], list[str]]

GROUP_ONLY = (None, "priority", "admins")  # the fields of a group that its admins may not touch
MEMBERSHIP = ("groups", "primary_group")
PRIVILEGES = ("AccountSetting:Edit", "Group:Edit", "User:Edit", "Role:Edit")


def verdict(old: RefSet, new: RefSet, change: Entity, actor: str) -> Ruling:
    """Judge one of the declared changes between two sets, as in **authorize --format json**."""
    whole = next(other for other in changes(old, new) if other["id"] == change["id"])
    if _declares_a_masked_state(new, whole):
        return False, "locked_above", [], []
    needed = needs(whole)
    holders = {need: _holders(old, new, whole, need) for need in needed}
    everyone = sorted(set().union(*holders.values()))
    for need in needed:  # their order is that of `because`
        if actor in holders[need]:
            return True, "privilege" if need in PRIVILEGES else need, needed, everyone
    return False, "not_permitted", needed, everyone


def needs(change: Entity) -> list[str]:
    """Whatever would do, in the order owner, privileges, group_admin, self."""
    kind, field = change["kind"], change["field"]
    if kind == "role":
        return ["owner"] if field == "owners" else ["owner", "Role:Edit"]
    if kind == "group":
        return ["owner", "Group:Edit", *([] if field in GROUP_ONLY else ["group_admin"])]
    if kind == "user" and change["toggle"] is not None:
        return ["owner", "User:Edit", "self"]
    if kind == "user" and field in MEMBERSHIP:
        return ["owner", "User:Edit", "Group:Edit", "group_admin"]
    if kind in ("user", "directory"):
        return ["owner", "User:Edit"]
    return ["owner", "AccountSetting:Edit"]


def _holders(old: RefSet, new: RefSet, change: Entity, need: str) -> set[str]:
    """Those who have one of the needs in the old set."""
    if need == "owner":
        return set(old.owners)
    if need == "self":
        return {change["scope_id"]}
    if need == "group_admin":
        groups = _groups_concerned(old, new, change)
        admins = [set(old.groups.get(group, {"admins": []})["admins"]) for group in groups]
        return set.intersection(*admins) if admins else set()
    return {
        member
        for role in old.roles.values()
        if need in role["privileges"]
        for member in role["members"]
    }


def _groups_concerned(old: RefSet, new: RefSet, change: Entity) -> set[tuple[str, str]]:
    """The groups whose admins are asked: all of them must have the actor in their admins."""
    if change["kind"] == "group":
        return {(change["account"], change["scope_id"])}
    before, after = (refset.users[change["scope_id"]] for refset in (old, new))
    if change["field"] == "groups":
        # Who changes account leaves and joins groups of one name too.
        return {(before["account"], group) for group in before["groups"]} ^ {
            (after["account"], group) for group in after["groups"]
        }
    return {
        (user["account"], user["primary_group"])
        for user in (before, after)
        if user["primary_group"] is not None
    }


def _declares_a_masked_state(new: RefSet, change: Entity) -> bool:
    """Whether a lock above masks, in the new set, a state that the change declares."""
    if change["action"] == "removed" or change["field"] not in (None, "setting", "note", "users"):
        return False
    for kind, key in change["targets"]:
        if kind == "group" and key in new.groups:
            declared = _declared_toggles(change, new.groups[key])
            if any(_account_locks(new, key[0], toggle) for toggle in declared):
                return True
        if kind == "user" and key in new.users:
            declared = _declared_toggles(change, new.users[key])
            if any(decide(new, key, toggle)["locked"] for toggle in declared):
                return True
    return False


def _declared_toggles(change: Entity, entity: Entity) -> list[str]:
    """The toggles that a change declares a state of: its own, or all inside an added entity."""
    if change["toggle"] is not None:
        return [change["toggle"]] if change["toggle"] in entity["settings"] else []
    return list(entity["settings"]) if change["field"] in (None, "users") else []


def _account_locks(refset: RefSet, account: str, toggle: str) -> bool:
    setting = account_setting(refset, account, toggle)
    return setting is not None and setting["locked"]
