"""The effective diff and its causes, by brute force (SPEC §4, **diff --format json**, *Causes*).

Every declared change is literally reverted in the new set, and applied alone to the old one, and
the row is decided again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.reference.changes import COUNTED, carried, changes, declared
from tests.reference.decisions import decide, required_toggles, scope_decision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reference.model import Entity, RefSet

__all__ = ["Comparison", "declared", "effective"]

OUTCOME = ("state", "locked", "sync")
PROVENANCE = (*OUTCOME, "reason", "source_scope", "source_id")

# The fields that decisions read; null is an entity that comes or goes.
READ_FIELDS = {
    None,
    "setting",
    "groups",
    "primary_group",
    "calendars",
    "priority",
    "group_resolution",
    "account",
    "default",
    "requires",
    "supported_calendars",
}


def own_decision(refset: RefSet, scope: str, key: Any, toggle: str) -> Entity:
    """The decision of a user, of a group by (account, id), or of an account by id."""
    if scope == "user":
        return decide(refset, key, toggle)
    account, scope_id = key if scope == "group" else (key, key)
    return scope_decision(refset, scope, scope_id, account, toggle)


class Comparison:
    """Two sets, their declared changes, and each change reverted or applied alone."""

    def __init__(self, old: RefSet, new: RefSet) -> None:
        self.old = old
        self.new = new
        self.changes = changes(old, new)
        self._reverted = [(change, carried(change, new, old)) for change in self.changes]
        self._applied = [(change, carried(change, old, new)) for change in self.changes]

    def arrivals(self, kind: str, key: Any) -> list[int]:
        """The change that added or removed an entity."""
        return [
            change["id"]
            for change in self.changes
            if change["field"] in (None, COUNTED) and (kind, key) in change["targets"]
        ]

    def causes(self, scope: str, key: Any, toggle: str) -> list[int]:
        """Why a decision of somebody on both sides differs: the ids of the changes, in order."""

        def look(refset: RefSet) -> list[Any]:
            row = own_decision(refset, scope, key, toggle)
            return [row[column] for column in columns]

        columns: tuple[str, ...] = OUTCOME
        if look(self.old) == look(self.new):
            columns = PROVENANCE
        new, old = look(self.new), look(self.old)
        found = [change["id"] for change, halfway in self._reverted if look(halfway) != new]
        if not found:
            found = [change["id"] for change, halfway in self._applied if look(halfway) != old]
        return found or self._fallback(scope, key, toggle)

    def _fallback(self, scope: str, key: Any, toggle: str) -> list[int]:
        """Every change, in a field that decisions read, of whatever the decision may read."""
        toggles = {
            toggle,
            *required_toggles(self.old, toggle),
            *required_toggles(self.new, toggle),
        }
        concerned = {(scope, key), *(("toggle", concerned) for concerned in toggles)}
        for refset in (self.old, self.new):
            if scope == "group":
                concerned.add(("account", key[0]))
            if scope == "user":
                user = refset.users[key]
                concerned.add(("account", user["account"]))
                concerned |= {("group", (user["account"], group)) for group in user["groups"]}
        return [
            change["id"]
            for change in self.changes
            if change["field"] in READ_FIELDS
            and concerned.intersection(change["targets"])
            and (change["field"] != "setting" or change["toggle"] in toggles)
        ]


def effective(old: RefSet, new: RefSet, toggles: Iterable[str] | None = None) -> Entity:
    """What the changes do to whom: summary, users and provenance_only of `diff --format json`."""
    both = set(old.catalogue) & set(new.catalogue)
    wanted = both if toggles is None else both & set(toggles)
    comparison = Comparison(old, new)
    users, provenance = [], []
    for user in {**old.users, **new.users}:
        for toggle in wanted:
            row = _compared(comparison, user, toggle)
            if row["action"] != "changed" or _differ(row, OUTCOME):
                users.append(row)
            elif _differ(row, PROVENANCE):
                provenance.append(row)
    changed = [row for row in users if row["action"] == "changed"]
    summary = {
        "users_old": len(old.users),
        "users_new": len(new.users),
        "affected": len({row["user"] for row in changed}),
        "transitions": _transitions(changed),
    }
    return {
        "summary": summary,
        "users": _with_causes(comparison, users),
        "provenance_only": {
            "count": len(provenance),
            "rows": _with_causes(comparison, provenance),
        },
    }


def _compared(comparison: Comparison, user: str, toggle: str) -> Entity:
    old, new = (
        decide(refset, user, toggle) if user in refset.users else None
        for refset in (comparison.old, comparison.new)
    )
    present = new or old or {}
    return {
        "account": present["account"],
        "user": user,
        "toggle": toggle,
        "action": "added" if old is None else "removed" if new is None else "changed",
        "old": old,
        "new": new,
    }


def _differ(row: Entity, columns: tuple[str, ...]) -> bool:
    return any(row["old"][column] != row["new"][column] for column in columns)


def _with_causes(comparison: Comparison, rows: list[Entity]) -> list[Entity]:
    """The rows in their order, each with the ids of its causes."""
    for row in rows:
        if row["action"] == "changed":
            row["causes"] = comparison.causes("user", row["user"], row["toggle"])
        else:
            row["causes"] = comparison.arrivals("user", row["user"])
    return sorted(rows, key=lambda row: (row["account"], row["user"], row["toggle"]))


def _transitions(changed: list[Entity]) -> list[Entity]:
    """How many users went from which outcome to which, ordered by toggle, from, to."""
    counted: dict[tuple[Any, ...], int] = {}
    for row in changed:
        ends = [tuple(row[side][column] for column in OUTCOME) for side in ("old", "new")]
        counted[row["toggle"], *ends] = counted.get((row["toggle"], *ends), 0) + 1
    return [
        {
            "toggle": toggle,
            "from": dict(zip(OUTCOME, start, strict=True)),
            "to": dict(zip(OUTCOME, end, strict=True)),
            "users": users,
        }
        for (toggle, start, end), users in sorted(counted.items(), key=_transition_rank)
    ]


def _transition_rank(item: tuple[Any, int]) -> tuple[Any, ...]:
    """Null first, and false before true."""
    toggle, *ends = item[0]
    return toggle, [[(value is not None, value) for value in end] for end in ends]
