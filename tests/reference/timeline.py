"""The same over time, naively: R7's policy in force, meetings, and the intervals of a history.

Commits come in first-parent order, oldest first, as (committer time, set), where None stands for
a commit whose set is invalid.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tests.reference.changes import KINDS, declared
from tests.reference.decisions import decide
from tests.reference.diffs import PROVENANCE, Comparison, own_decision
from tests.reference.model import TOGGLE, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.reference.model import Entity, RefSet

Commit = tuple[Any, "RefSet | None"]
Target = tuple[str, Any]  # ("user", id), ("group", (account, id)) or ("account", id)


def instants(commits: Sequence[Commit]) -> list[Any]:
    """R7: the latest committer time among each commit and those before it."""
    return list(itertools.accumulate((time for time, _ in commits), max))


def in_force(commits: Sequence[Commit], at: Any) -> RefSet | None:
    """R7: the set of the last valid commit whose instant is not later, None before the first."""
    found = None
    for instant, (_, refset) in zip(instants(commits), commits, strict=True):
        if instant <= at and refset is not None:
            found = refset
    return found


def meetings(
    commits: Sequence[Commit], events: Sequence[Entity], toggle: str = TOGGLE
) -> list[Entity]:
    """One row per meeting as in **meetings**, ordered by meeting; `touched_at` is the event's."""
    found = []
    for meeting in sorted({event["meeting"] for event in events}):
        own = [event for event in events if event["meeting"] == meeting]
        touches = [event for event in own if event.get("by", "user") == "user"]
        last = max(touches, key=lambda event: (event["at"], event["event"]), default=None)
        then = in_force(commits, last["at"]) if last else None
        user = own[0]["user"]
        now = in_force(commits, max(instants(commits))) if commits else None
        row = _known_row(now, user, toggle)
        synced, reason = _outcome(last, then, row, toggle)
        found.append(
            {
                "meeting": meeting,
                "user": user,
                "touched_at": last and last["at"],
                "event": last and last["event"],
                "synced": synced,
                "reason": reason,
                "now_sync": row and row["sync"],
            }
        )
    return found


def _known_row(refset: RefSet | None, user: str, toggle: str) -> Entity | None:
    return decide(refset, user, toggle) if refset and user in refset.users else None


def _outcome(
    last: Entity | None, then: RefSet | None, now: Entity | None, toggle: str
) -> tuple[bool | None, str]:
    """`synced` and `reason`; `now` is the owner's row under the last policy, if there is one."""
    if last is None:
        return None, "no_touch"
    if then is None:
        return None, "no_policy_in_force"
    touched = _known_row(then, last["user"], toggle)
    if touched is None:
        return None, "unknown_user"
    if touched["sync"]:
        return True, "synced_before_disabled" if now and not now["sync"] else "synced"
    return False, "not_touched_since_enabled" if now and now["sync"] else touched["sync_reason"]


def intervals(commits: Sequence[Commit], target: Target, toggle: str = TOGGLE) -> Entity:
    """`intervals` and `skipped` as in **history --format json**.

    A commit is named by its index; `changes` are the declared changes that are causes.
    """
    found: list[Entity] = []
    before = load([])
    row: Entity | None = None
    times = instants(commits)
    for index, (_, refset) in enumerate(commits):
        if refset is None:
            continue
        last, row = row, _look(refset, target, toggle)
        if last != row:
            if last is not None:
                found[-1]["until"] = times[index]
            if row is not None:
                found.append(
                    {
                        "from": times[index],
                        "until": None,
                        **row,
                        "commit": index,
                        "changes": _causes(before, refset, target, toggle),
                    }
                )
        before = refset
    skipped = [index for index, (_, refset) in enumerate(commits) if refset is None]
    return {"intervals": found, "skipped": skipped}


def _look(refset: RefSet, target: Target, toggle: str) -> Entity | None:
    """What an interval shows of the target's decision; None where target or toggle is unknown."""
    if not _exists(refset, target) or toggle not in refset.catalogue:
        return None
    row = own_decision(refset, *target, toggle)
    return {column: row[column] for column in PROVENANCE}


def _exists(refset: RefSet, target: Target) -> bool:
    scope, key = target
    return key in getattr(refset, KINDS[scope])


def _causes(old: RefSet, new: RefSet, target: Target, toggle: str) -> list[Entity]:
    """The declared changes that began an interval: what brought target or toggle, else why."""
    comparison = Comparison(old, new)
    if not _exists(old, target):
        ids = comparison.arrivals(*target)
    elif toggle not in old.catalogue:
        ids = comparison.arrivals("toggle", toggle)
    else:
        ids = comparison.causes(*target, toggle)
    return [change for change in declared(old, new) if change["id"] in ids]
