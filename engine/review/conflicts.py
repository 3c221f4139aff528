"""`lock-conflict`: users whom R4 answers with its safe provisional row."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from engine.counts import agree
from engine.decide.facts import facts_of, first_tier, groups_of, primary_of, tiers_of
from engine.findings import Finding, Location, Related
from engine.model import Reason
from engine.read.people import Members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.model import Group, PolicySet, User
    from engine.review.population import Share

_Met: TypeAlias = tuple[str, str, frozenset[str]]  # account, toggle, the groups that lock


def lock_conflicts(policies: PolicySet, people: Sequence[Share]) -> list[Finding]:
    """Return a finding per account, toggle and distinct set of locking groups that users meet.

    `people` is the set's population by profile.
    """
    met: dict[_Met, tuple[str, str, int]] = {}
    locking = {
        key for key, one in policies.groups.items() if any(s.locked for s in one.settings.values())
    }
    for user, ids in people:
        if sum((user.account, group) in locking for group in user.groups) < 2:
            continue  # nearly all of them
        for conflict, source in _meets(policies, user, policies.toggles):
            smallest = user.id if isinstance(ids, Members) else min(ids)
            _, first, already = met.get(conflict, (source, smallest, 0))
            met[conflict] = (source, min(first, smallest), already + len(ids))
    return [_finding(policies, conflict, *met[conflict]) for conflict in met]


def locks_met(policies: PolicySet, user: User, toggle: str) -> frozenset[str] | None:
    """Return the groups whose opposite locks of a toggle decide for a user, None where none do."""
    return next((groups for (*_, groups), _ in _meets(policies, user, (toggle,))), None)


def _meets(policies: PolicySet, user: User, toggles: Iterable[str]) -> Iterator[tuple[_Met, str]]:
    if not user.groups:
        return
    groups = [g for g in groups_of(policies, user) if g.id != primary_of(user)]
    for toggle in toggles:
        locking = [g for g in groups if toggle in g.settings and g.settings[toggle].locked]
        if len({g.settings[toggle].state for g in locking}) > 1:
            tier, said = first_tier(tiers_of(policies, user), facts_of(policies, user, toggle))
            if tier.reason is Reason.GROUP_LOCK_CONFLICT:
                yield (user.account, toggle, frozenset(g.id for g in locking)), said.id


def _finding(policies: PolicySet, conflict: _Met, source: str, first: str, users: int) -> Finding:
    account, toggle, names = conflict
    groups = [policies.groups[account, name] for name in sorted(names)]
    shown = ", ".join(f"`{g.id}` locks it {g.settings[toggle].state.value}" for g in groups)
    who = agree(users, f"`{first}` meets", f"{users:,} users, `{first}` first, meet")
    origin = policies.groups[account, source].origin
    path = ("toggles", toggle, "locked")
    return Finding(
        code="lock-conflict",
        message=f"{who} opposite locks of `{toggle}`: {shown}",
        hint="take one lock away, or move the users; until then they are off and locked",
        location=_lock(policies.groups[account, source], toggle),
        pointer=origin.pointer(path) if origin else "",
        about=("locks", account, toggle, *sorted(names)),
        related=tuple(
            Related(
                _lock(group, toggle), f"`{group.id}` locks it {group.settings[toggle].state.value}"
            )
            for group in groups
            if group.id != source
        ),
    )


def _lock(group: Group, toggle: str) -> Location:
    if group.origin is None:
        return Location("", 1, 1)
    return group.origin.locate(("toggles", toggle, "locked"))
