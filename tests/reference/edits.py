"""Small random edits of a policy set, for pairs of sets in tests.

Each edit changes one thing; what it leaves dangling is tidied away, so that a valid set stays
valid. Takes and gives canonical documents.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, TypeVar

from tests.reference.decisions import required_toggles
from tests.reference.draws import chance, pick
from tests.reference.model import BUILTIN, load
from tests.reference.tidy import of_kind, tidied, without_conflicts

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.reference.model import Entity

T = TypeVar("T")

STATES = ("disabled", "enabled")
CALENDARS = ("google", "office365", "exchange", "exchange_on_premises")
PEOPLE = ("olga@acme.example", "gina@acme.example", "new@acme.example")
NEW_TOGGLE = "new_toggle"


def mutate(rng: Random, documents: list[Entity], *, conflicts: bool = True) -> list[Entity]:
    """One small edit of a valid set; without `conflicts` nobody meets R4's lock conflict after it.

    Where nothing fits what was drawn, the set comes back as it was.
    """
    edited = copy.deepcopy(documents)
    rng.choice(EDITS)(rng, edited)
    edited = tidied(edited)
    return edited if conflicts else without_conflicts(edited)


def _edit_setting(rng: Random, documents: list[Entity]) -> None:
    """Flip, lock, unlock, remove or add one setting."""
    holder = rng.choice(of_kind(documents, "account", "group", "user"))
    toggle = rng.choice(sorted(load(documents).catalogue))
    settings = holder.setdefault("toggles", {})
    setting = settings.get(toggle)
    if setting is None:
        settings[toggle] = {"state": rng.choice(STATES)}
        if holder["kind"] != "user":
            settings[toggle]["locked"] = chance(rng, 50)
    elif chance(rng, 20):
        del settings[toggle]
    elif "locked" in setting and chance(rng, 50):
        setting["locked"] = not setting["locked"]
    elif chance(rng, 15):
        setting["note"] = "changed"
    else:
        setting["state"] = "enabled" if setting["state"] == "disabled" else "disabled"


def _edit_membership(rng: Random, documents: list[Entity]) -> None:
    """Join, leave or reorder groups; `tidied` mends the primary group."""
    for user in _any(rng, of_kind(documents, "user")):
        own = [g["id"] for g in of_kind(documents, "group") if g["account"] == user["account"]]
        groups = user.get("groups", [])
        others = [group for group in own if group not in groups]
        if others and chance(rng, 50):
            groups.insert(rng.randint(0, len(groups)), rng.choice(others))
        elif groups and chance(rng, 70):
            groups.remove(rng.choice(groups))
        else:
            rng.shuffle(groups)
        user["groups"] = groups


def _edit_primary(rng: Random, documents: list[Entity]) -> None:
    for user in _any(rng, [user for user in of_kind(documents, "user") if user.get("groups")]):
        if chance(rng, 30):
            user.pop("primary_group", None)
        else:
            user["primary_group"] = rng.choice(user["groups"])


def _edit_calendars(rng: Random, documents: list[Entity]) -> None:
    for user in _any(rng, of_kind(documents, "user")):
        user.pop("calendars", None)
        if not chance(rng, 30):
            user["calendars"] = pick(rng, CALENDARS, 0, 2)


def _move_account(rng: Random, documents: list[Entity]) -> None:
    """Move a user; groups of one name in the other account stay."""
    for user in _any(rng, of_kind(documents, "user")):
        user["account"] = rng.choice([account["id"] for account in of_kind(documents, "account")])


def _edit_labels(rng: Random, documents: list[Entity]) -> None:
    holder = rng.choice(of_kind(documents, "account", "group", "user"))
    holder[rng.choice(("name", "note"))] = rng.choice(("one", "two\nlines", "007"))


def _add_user(rng: Random, documents: list[Entity]) -> None:
    account = rng.choice(of_kind(documents, "account"))["id"]
    if "new@acme.example" not in load(documents).users:
        groups = [g["id"] for g in of_kind(documents, "group") if g["account"] == account]
        joined = pick(rng, groups, 0, 2)
        user = {"kind": "user", "id": "new@acme.example", "account": account, "groups": joined}
        documents.append(user)


def _add_group(rng: Random, documents: list[Entity]) -> None:
    account = rng.choice(of_kind(documents, "account"))["id"]
    if (account, "a new group") not in load(documents).groups:
        documents.append({"kind": "group", "id": "a new group", "account": account})
        members = [user for user in of_kind(documents, "user") if user["account"] == account]
        for user in _any(rng, members):
            user.setdefault("groups", []).append("a new group")


def _remove(rng: Random, documents: list[Entity]) -> None:
    """Remove a user or a group, or an account that is not the only one with all that is in it."""
    accounts = of_kind(documents, "account")
    for gone in _any(rng, of_kind(documents, "group", "user") + (accounts if accounts[1:] else [])):
        in_it = gone["id"] if gone["kind"] == "account" else None
        documents[:] = [
            d for d in documents if d is not gone and (in_it is None or d.get("account") != in_it)
        ]


def _add_account(rng: Random, documents: list[Entity]) -> None:
    if "new account" not in load(documents).accounts:
        resolution = rng.choice(("primary_group", "group_priority"))
        documents.append({"kind": "account", "id": "new account", "group_resolution": resolution})


def _edit_priority(rng: Random, documents: list[Entity]) -> None:
    """Give a group a free priority, or exchange two groups' priorities."""
    for group in _any(rng, of_kind(documents, "group")):
        for other in of_kind(documents, "group"):
            if other["account"] == group["account"] and "priority" in other and chance(rng, 50):
                if "priority" not in group:
                    group["priority"] = other.pop("priority")
                else:
                    other["priority"], group["priority"] = group["priority"], other["priority"]
                return
        group["priority"] = 1 + max(g.get("priority", 0) for g in of_kind(documents, "group"))


def _edit_resolution(rng: Random, documents: list[Entity]) -> None:
    account = rng.choice(of_kind(documents, "account"))
    now = account.get("group_resolution", "primary_group")
    account["group_resolution"] = "group_priority" if now == "primary_group" else "primary_group"


def _edit_catalogue(rng: Random, documents: list[Entity]) -> None:
    """Change a key of a toggle, or add one; what a toggle requires never requires it."""
    refset = load(documents)
    toggle = rng.choice(sorted({*refset.catalogue, NEW_TOGGLE}))
    entries = [d["toggles"] for d in of_kind(documents, "catalogue") if toggle in d["toggles"]]
    if not entries:
        entries.append({toggle: {}})
        documents.append({"kind": "catalogue", "toggles": entries[0]})
    entry = entries[0][toggle]
    if toggle not in refset.catalogue or chance(rng, 40):
        now = refset.catalogue.get(toggle, {"default": "enabled"})["default"]
        entry["default"] = "disabled" if now == "enabled" else "enabled"
    elif chance(rng, 40):
        entry["supported_calendars"] = pick(rng, CALENDARS, 1, 4)
    elif chance(rng, 20):
        entry["title"] = "Another title"
    else:
        free = [
            other
            for other in sorted(refset.catalogue)
            if toggle not in {other, *required_toggles(refset, other)}
        ]
        entry["requires"] = pick(rng, free, 0, len(free))


def _remove_toggle(rng: Random, documents: list[Entity]) -> None:
    """Remove a toggle that isn't built in."""
    for document in _any(rng, of_kind(documents, "catalogue")):
        for toggle in _any(rng, [key for key in document["toggles"] if key not in BUILTIN]):
            del document["toggles"][toggle]


def _edit_admins(rng: Random, documents: list[Entity]) -> None:
    for group in _any(rng, of_kind(documents, "group")):
        group["admins"] = pick(rng, PEOPLE, 1, 2)


def _edit_roles(rng: Random, documents: list[Entity]) -> None:
    """Change owners, members or privileges."""
    for document in _any(rng, of_kind(documents, "roles")):
        if chance(rng, 40):
            document["owners"] = pick(rng, PEOPLE, 1, 2)
            return
        entry = rng.choice(document["roles"])
        entry["members"] = pick(rng, PEOPLE, 1, 2)


def _edit_guardrails(rng: Random, documents: list[Entity]) -> None:
    for document in _any(rng, of_kind(documents, "guardrails")):
        entry = rng.choice(document["guardrails"])
        entry["must_be"] = rng.choice(STATES)
        entry["whatever_users_choose"] = chance(rng, 50)


def _edit_expectations(rng: Random, documents: list[Entity]) -> None:
    for document in _any(rng, of_kind(documents, "expectations")):
        rng.choice(document["expectations"])["state"] = rng.choice(STATES)


def _any(rng: Random, items: list[T]) -> list[T]:
    """One of the items, or none where there are none."""
    return [rng.choice(items)] if items else []


EDITS: tuple[Callable[[Random, list[Entity]], None], ...] = (
    _edit_setting,
    _edit_setting,
    _edit_setting,
    _edit_membership,
    _edit_primary,
    _edit_calendars,
    _move_account,
    _edit_labels,
    _add_user,
    _add_group,
    _remove,
    _remove,
    _add_account,
    _edit_priority,
    _edit_resolution,
    _edit_catalogue,
    _remove_toggle,
    _edit_admins,
    _edit_roles,
    _edit_guardrails,
    _edit_expectations,
)
