"""Keeps a policy set valid after an edit: nothing dangles, nothing needed is missing (SPEC §2).

Takes and gives canonical documents, as `generate` gives them.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from tests.reference.decisions import conflicts as lock_conflicts
from tests.reference.model import TOGGLE, expectation_of, guardrail_of, load, role_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.reference.model import Entity, RefSet

ENTRY = {"roles": role_of, "expectations": expectation_of, "guardrails": guardrail_of}


def without_conflicts(documents: list[Entity]) -> list[Entity]:
    """Unlock the groups that lock disabled, wherever users meet R4's lock conflict."""
    calm = copy.deepcopy(documents)
    for account, toggle, lockers, _, _ in lock_conflicts(load(documents)):
        for group in of_kind(calm, "group"):
            setting = group.get("toggles", {}).get(toggle)
            if group["account"] == account and group["id"] in lockers:
                setting["locked"] = setting["locked"] and setting["state"] == "enabled"
    return calm


def tidied(documents: list[Entity]) -> list[Entity]:
    """Drop what refers to something that is gone, and give missing priorities."""
    refset = load(documents)
    for document in documents:
        _tidy_toggles(document, refset)
    for account in of_kind(documents, "account"):
        if account.get("group_resolution") == "group_priority":
            _give_priorities(
                [group for group in of_kind(documents, "group") if _in(group, account)]
            )
    for user in of_kind(documents, "user"):
        known = [group for account, group in refset.groups if account == user["account"]]
        _keep(user.get("groups", []), known)
        if user.get("primary_group") not in user.get("groups", []):
            user.pop("primary_group", None)
    for document in of_kind(documents, *ENTRY):
        kept = [entry for entry in document[document["kind"]] if _resolves(entry, refset)]
        document[document["kind"]] = distinct(document["kind"], kept)
    lists = {"catalogue": "toggles", **{kind: kind for kind in ENTRY}}
    return [d for d in documents if d["kind"] not in lists or d[lists[d["kind"]]]]


def distinct(kind: str, entries: list[Entity]) -> list[Entity]:
    """The entries of a list of this kind without repeats: equal ones without a name are one."""
    same = [{**ENTRY[kind](entry), "name": entry.get("name")} for entry in entries]
    return [entry for place, entry in enumerate(entries) if same[place] not in same[:place]]


def _tidy_toggles(document: Entity, refset: RefSet) -> None:
    if document["kind"] == "catalogue":
        for entry in document["toggles"].values():
            _keep(entry.get("requires", []), refset.catalogue)
    else:
        for toggle in set(document.get("toggles", {})) - set(refset.catalogue):
            del document["toggles"][toggle]


def _give_priorities(groups: list[Entity]) -> None:
    taken = {group.get("priority") for group in groups}
    for group in groups:
        if "priority" not in group:
            group["priority"] = min({*range(1, len(groups) + 1)} - taken)
            taken.add(group["priority"])


def _resolves(entry: Entity, refset: RefSet) -> bool:
    """Whether an entry of a list still knows what it names; its `who` is narrowed."""
    known: dict[str, Collection[str]] = {
        "users": refset.users,
        "groups": {group for _, group in refset.groups},
        "accounts": refset.accounts,
        "catalogues": refset.catalogue,
    }
    if isinstance(entry.get("who"), dict):
        for part, ids in entry["who"].items():
            _keep(ids, known[part])
        entry["who"] = {part: ids for part, ids in entry["who"].items() if ids}
    scope, _, source = entry.get("source", f"catalogue:{TOGGLE}").partition(":")
    return (
        entry.get("toggle", TOGGLE) in refset.catalogue
        and ("user" not in entry or entry["user"] in refset.users)
        and ("who" not in entry or bool(entry["who"]))
        and source in known[f"{scope}s"]
    )


def _keep(ids: list[str], known: Collection[str]) -> None:
    ids[:] = [key for key in ids if key in known]


def _in(document: Entity, account: Entity) -> bool:
    return bool(document.get("account") == account["id"])


def of_kind(documents: list[Entity], *kinds: str) -> list[Entity]:
    """The documents of these kinds."""
    return [document for document in documents if document["kind"] in kinds]
