"""`lock-conflict`: users whom R4 answers with its safe provisional row."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from engine.counts import agree
from engine.decide.facts import facts_of, first_tier, groups_of, primary_of, tiers_of
from engine.findings import Finding, Location, Related
from engine.model import Reason, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.model import Group, PolicySet, User
    from engine.review.population import Population

_Met: TypeAlias = tuple[str, str, frozenset[str]]  # account, toggle, the groups that lock


def lock_conflicts(people: Population) -> list[Finding]:
    """Return a finding per account, toggle and distinct set of locking groups that users meet."""
    policies = people.policies
    met: dict[_Met, tuple[str, str, int]] = {}
    locking = {
        key for key, one in policies.groups.items() if any(s.locked for s in one.settings.values())
    }

    def count(user: User, toggles: Iterable[str], first: str, number: int) -> None:
        for conflict, source in _meets(policies, user, toggles):
            _, earlier, already = met.get(conflict, (source, first, 0))
            met[conflict] = (source, min(first, earlier), already + number)

    for user, ids in people.own:
        if sum((user.account, group) in locking for group in user.groups) > 1:  # few of them
            count(user, policies.toggles, min(ids), len(ids))
    if people.folds is not None:
        for toggle in _disputed(policies):
            for one in people.folds.kin(toggle):
                count(one.user, (toggle,), one.user.id, one.people)
    return [_finding(policies, conflict, *met[conflict]) for conflict in met]


def _disputed(policies: PolicySet) -> list[str]:
    """Return the toggles that groups of one account lock to both states."""
    locked = {
        (account, toggle, setting.state)
        for (account, _), group in policies.groups.items()
        for toggle, setting in group.settings.items()
        if setting.locked
    }
    both = {toggle for a, toggle, _ in locked if {(a, toggle, s) for s in State} <= locked}
    return sorted(both & policies.toggles.keys())


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
