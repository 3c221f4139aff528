"""Declared changes, naively: what differs between two sets, field by field (SPEC §4).

Owns the list of *Declared changes* and carrying one of them over to another set, which is what
reverting it (or applying it alone) means. Must not evaluate anything.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.reference.model import Entity, RefSet

# kind of entity, in the order of ids, and the collection of a `RefSet` that holds it
KINDS = {
    "account": "accounts",
    "group": "groups",
    "user": "users",
    "directory": "directories",
    "toggle": "catalogue",
    "role": "roles",
    "expectation": "expectations",
    "guardrail": "guardrails",
}
NOT_FIELDS = {"settings", "notes", "primary_is_implicit", "directory"}
COUNTED = "users"  # the field of a directory whose rows came or went


def declared(old: RefSet, new: RefSet) -> list[Entity]:
    """The declared changes as `diff --format json` lists them, without locations."""
    found = [
        {key: value for key, value in change.items() if key != "targets"}
        for change in changes(old, new)
    ]
    return copy.deepcopy(found)


def changes(old: RefSet, new: RefSet) -> list[Entity]:
    """The declared changes, each with its `targets`: the (kind, key) of the entities it touches."""
    found = []
    for kind, collection in KINDS.items():
        before, after = getattr(old, collection), getattr(new, collection)
        for key in {**before, **after}:
            found += _entity_changes(kind, key, before.get(key), after.get(key))
    found = _folded_into_directories(found, old, new)
    if old.owners != new.owners:
        found.append(_change("role", None, None, field="owners", values=(old.owners, new.owners)))
    found.sort(key=_rank)
    return [{"id": number, **change} for number, change in enumerate(found, start=1)]


def carried(change: Entity, into: RefSet, origin: RefSet) -> RefSet:
    """A copy of one set in which what one change touches stands as it does in `origin`.

    Into the new set from the old one, that is the change's reversal; the other way round, the
    change applied alone (SPEC §4, *Causes*). The rest stays, however half-way that is.
    """
    result = copy.deepcopy(into)
    if change["field"] == "owners":
        result.owners = list(origin.owners)
    for kind, key in change["targets"]:
        there = copy.deepcopy(getattr(origin, KINDS[kind]))
        here = getattr(result, KINDS[kind])
        if change["field"] in (None, COUNTED):
            _copy_key(here, there, key)
        elif change["toggle"] is not None:
            part = "settings" if change["field"] == "setting" else "notes"
            _copy_key(here[key][part], there[key][part], change["toggle"])
        else:
            _copy_key(here[key], there[key], change["field"])
    return result


def _copy_key(here: Entity, there: Entity, key: Any) -> None:
    if key in there:
        here[key] = there[key]
    else:
        here.pop(key, None)


def _entity_changes(kind: str, key: Any, old: Any, new: Any) -> list[Entity]:
    """What one entity's coming, going or fields contribute."""
    account = _account_of(kind, key, new or old)
    scope_id = key[1] if isinstance(key, tuple) else key
    if old is None or new is None:
        change = _change(kind, account, scope_id, targets=[(kind, key)])
        return [{**change, "action": "removed" if new is None else "added"}]
    before, after = _fields(old), _fields(new)
    found = []
    for toggle, name in {**before, **after}:
        values = before.get((toggle, name)), after.get((toggle, name))
        if values[0] != values[1]:
            found.append(
                _change(
                    kind,
                    account,
                    scope_id,
                    toggle=toggle,
                    field=name,
                    values=values,
                    targets=[(kind, key)],
                )
            )
    return found


def _account_of(kind: str, key: Any, entity: Entity) -> Any:
    """An account's own id, the new side's for a user who moves, null beyond the three scopes."""
    if kind in ("group", "directory"):
        return key[0]
    return {"account": key, "user": entity.get("account")}.get(kind)


def _fields(entity: Entity) -> dict[tuple[str | None, str], Any]:
    """The comparable fields by (toggle, field); lists compare as sets, except in `portal`."""
    found: dict[tuple[str | None, str], Any] = {}
    for name, value in entity.items():
        if name not in NOT_FIELDS:
            found[None, name] = sorted(value) if isinstance(value, list) else value
    for toggle, setting in entity.get("settings", {}).items():
        found[toggle, "setting"] = setting
    for toggle, note in entity.get("notes", {}).items():
        found[toggle, "note"] = note
    return found


def _change(
    kind: str,
    account: Any,
    scope_id: Any,
    *,
    toggle: str | None = None,
    field: str | None = None,
    values: tuple[Any, Any] = (None, None),
    targets: Any = (),
) -> Entity:
    old, new = values
    action = "added" if old is None else "removed" if new is None else "changed"
    return {
        "action": action,
        "kind": kind,
        "account": account,
        "scope_id": scope_id,
        "toggle": toggle,
        "field": field,
        "old": old,
        "new": new,
        "targets": list(targets),
    }


def _folded_into_directories(found: list[Entity], old: RefSet, new: RefSet) -> list[Entity]:
    """Put the changes of tables' users into one change per directory and field, with `users`.

    A user belongs to the directory that declares it now, or declared it last. Users who come or
    go with their directory belong to the change that brings it or takes it away.
    """
    kept = [change for change in found if _home(change, old, new) is None]
    folds: dict[Any, Entity] = {}
    for change in kept:
        if change["kind"] == "directory":
            change["users"] = 0
            if change["field"] is None:
                folds[change["account"], change["scope_id"], None, None] = change
    for change in found:
        home = _home(change, old, new)
        if home is None:
            continue
        fold = folds.get((*home, None, None))
        if change["field"] is not None or fold is None:
            name = change["field"] or COUNTED
            fold = folds.setdefault(
                (*home, change["toggle"], name),
                {
                    **_change("directory", *home, toggle=change["toggle"], field=name),
                    "action": change["action"],
                    "users": 0,
                },
            )
            if fold["action"] != change["action"]:
                fold["action"] = "changed"
        fold["users"] += 1
        fold["targets"] += change["targets"]
    return kept + [fold for fold in folds.values() if fold not in kept]


def _home(change: Entity, old: RefSet, new: RefSet) -> tuple[str, str] | None:
    """The directory of the user that a change is about, if it has one."""
    if change["kind"] != "user":
        return None
    user = new.users.get(change["scope_id"]) or old.users[change["scope_id"]]
    return None if user["directory"] is None else (user["account"], user["directory"])


def _rank(change: Entity) -> tuple[Any, ...]:
    """Ids go by kind, account, scope_id, toggle, field, null first."""
    names = [change[part] for part in ("account", "scope_id", "toggle", "field")]
    return (list(KINDS).index(change["kind"]), *((name is not None, name or "") for name in names))
