"""`lock-conflict`: users whom R4 answers with its safe provisional row."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from engine.decide.decisions import profile
from engine.decide.facts import facts_of, first_tier, groups_of, primary_of, tiers_of
from engine.findings import Finding, Location, Related
from engine.model import Reason

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from engine.model import Group, PolicySet, User

_Met: TypeAlias = tuple[str, str, frozenset[str]]  # account, toggle, the groups that lock


def lock_conflicts(policies: PolicySet) -> list[Finding]:
    """Return a finding per account, toggle and distinct set of locking groups that users meet."""
    met: dict[_Met, tuple[str, list[str]]] = {}
    known: dict[Hashable, list[tuple[_Met, str]]] = {}
    for user in sorted(policies.users.values(), key=lambda u: u.id):
        key = profile(user)
        if key not in known:
            known[key] = list(_meets(policies, user))
        for conflict, source in known[key]:
            met.setdefault(conflict, (source, []))[1].append(user.id)
    return [_finding(policies, conflict, *met[conflict]) for conflict in met]


def _meets(policies: PolicySet, user: User) -> Iterator[tuple[_Met, str]]:
    if not user.groups:
        return
    groups = [g for g in groups_of(policies, user) if g.id != primary_of(user)]
    for toggle in policies.toggles:
        locking = [g for g in groups if toggle in g.settings and g.settings[toggle].locked]
        if len({g.settings[toggle].state for g in locking}) > 1:
            tier, said = first_tier(tiers_of(policies, user), facts_of(policies, user, toggle))
            if tier.reason is Reason.GROUP_LOCK_CONFLICT:
                yield (user.account, toggle, frozenset(g.id for g in locking)), said.id


def _finding(policies: PolicySet, conflict: _Met, source: str, users: list[str]) -> Finding:
    account, toggle, names = conflict
    groups = [policies.groups[account, name] for name in sorted(names)]
    shown = ", ".join(f"`{g.id}` locks it {g.settings[toggle].state.value}" for g in groups)
    who = f"`{users[0]}`" if len(users) == 1 else f"{len(users):,} users, `{users[0]}` first,"
    origin = policies.groups[account, source].origin
    path = ("toggles", toggle, "locked")
    return Finding(
        code="lock-conflict",
        message=f"{who} meet opposite locks of `{toggle}`: {shown}"
        if len(users) > 1
        else f"{who} meets opposite locks of `{toggle}`: {shown}",
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
