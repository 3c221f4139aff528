"""What would mend a broken guardrail: account or group settings after which it holds.

The proposal is a greedy cover, the least invasive settings first, and is only made after the
whole guardrail was judged again with all of it in place. Where no account or group setting helps
(a calendar that is missing, say), there is none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.decide.decisions import decide
from engine.decide.sync import required
from engine.model import Scope, Setting, State
from engine.review.choices import smallest
from engine.review.guardrails import demand_of, judge, meant
from engine.review.places import setting_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.model import Guardrail, Location, PolicySet, User
    from engine.review.guardrails import Verdict
    from engine.review.population import Share

_MOST_SETTINGS: Final = 4
"""A proposal of more settings than this is no help to a person."""
_MOST_SCOPES: Final = 100
"""So many groups are tried, those with the most people to mend first."""


class Mend(NamedTuple):
    """A setting to declare. `place` is where the scope declares the toggle now, if it does.

    `others` counts the people outside `who` whose state or lock it alters.
    """

    scope: Scope
    account: str
    id: str
    toggle: str
    setting: Setting
    place: Location | None = None
    others: int = 0


def mends(policies: PolicySet, verdict: Verdict, people: Sequence[Share]) -> tuple[Mend, ...]:
    """Return settings that together mend a broken guardrail, or nothing where none were found."""
    if verdict.guardrail.at_most is not None:
        return ()  # who should get the other state is for a person to say
    mender = _Mender(policies, verdict.guardrail, people)
    return mender.cover(gentle=True) or mender.cover(gentle=False)


def declare(policies: PolicySet, mend: Mend) -> PolicySet:
    """Return the set with a setting declared in place of what the scope says now."""
    setting = {mend.toggle: mend.setting}
    if mend.scope is Scope.ACCOUNT:
        account = policies.accounts[mend.id]
        told = replace(account, settings={**account.settings, **setting})
        return replace(policies, accounts={**policies.accounts, mend.id: told})
    key = (mend.account, mend.id)
    group = policies.groups[key]
    member_of = replace(group, settings={**group.settings, **setting})
    return replace(policies, groups={**policies.groups, key: member_of})


class _Mender:
    def __init__(self, policies: PolicySet, guardrail: Guardrail, people: Sequence[Share]) -> None:
        self.policies = policies
        self.guardrail = guardrail
        self.demand = demand_of(guardrail)
        self.people = people
        self.inside = list(meant(policies, guardrail.who, people))
        self.named = {name for share in self.inside for name in share.ids}

    def cover(self, *, gentle: bool) -> tuple[Mend, ...]:
        """Choose settings until the guardrail holds: the gentlest ones, or those that mend most."""
        policies, chosen = self.policies, list[Mend]()
        while len(chosen) < _MOST_SETTINGS:
            best = self._best(policies, gentle=gentle)
            if best is None:
                break
            chosen.append(best)
            policies = declare(policies, best)
            if judge(policies, [self.guardrail], self.people)[0].passed:
                return tuple(chosen)
        return ()

    def _best(self, policies: PolicySet, *, gentle: bool) -> Mend | None:
        broken = [share for share in self.inside if self._breaks(policies, share.user)]
        ranked = []
        for mend in self._candidates(policies, broken):
            after = declare(policies, mend)
            mended = sum(
                len(share.ids)
                for share in _below(broken, mend)
                if not self._breaks(after, share.user)
            )
            if mended:
                others = self._others(policies, after, mend)
                price = (others / mended, -mended) if gentle else (-mended, others)
                order = (*price, mend.setting.locked, mend.scope is Scope.ACCOUNT, mend.id)
                ranked.append((order, mend._replace(others=others)))
        return min(ranked, default=(None, None), key=lambda ranking: ranking[0])[1]

    def _candidates(self, policies: PolicySet, broken: Sequence[Share]) -> Iterator[Mend]:
        settings = list(self._settings())
        for scope, account, name in _scopes(broken):
            for toggle, setting in settings:
                place = setting_place(policies, scope, account, name, toggle)
                yield Mend(scope, account, name, toggle, setting, place)

    def _settings(self) -> Iterator[tuple[str, Setting]]:
        """Yield what an account or group could say to that end."""
        demand, lasting = self.demand, self.guardrail.whatever_users_choose
        either = (True,) if lasting else (False, True)
        for locked in either if demand.locked is None else (demand.locked,):
            yield demand.toggle, Setting(demand.state, locked=locked)
        if demand.sync is not None:
            state = State.ENABLED if demand.sync else State.DISABLED
            for key in required(self.policies.toggles, demand.toggle):
                for locked in either:
                    yield key, Setting(state, locked=locked)

    def _breaks(self, policies: PolicySet, user: User) -> bool:
        if self.guardrail.whatever_users_choose:
            return smallest(policies, user, self.demand, holds=False) is not None
        return not self.demand.holds(decide(policies, user, self.demand.toggle))

    def _others(self, policies: PolicySet, after: PolicySet, mend: Mend) -> int:
        found = 0
        for share in _below(self.people, mend):
            before, then = (decide(p, share.user, mend.toggle) for p in (policies, after))
            if (before.state, before.locked) != (then.state, then.locked):
                found += sum(name not in self.named for name in share.ids)
        return found


def _scopes(broken: Sequence[Share]) -> list[tuple[Scope, str, str]]:
    """Return the groups of people, those with the most of them first, then their accounts."""
    groups: dict[tuple[str, str], int] = {}
    for share in broken:
        for group in share.user.groups:
            key = (share.user.account, group)
            groups[key] = groups.get(key, 0) + len(share.ids)
    busiest = sorted(groups, key=lambda key: (-groups[key], key))[:_MOST_SCOPES]
    accounts = sorted({share.user.account for share in broken})
    return [
        *((Scope.GROUP, account, group) for account, group in busiest),
        *((Scope.ACCOUNT, account, account) for account in accounts),
    ]


def _below(people: Iterable[Share], mend: Mend) -> list[Share]:
    return [
        share
        for share in people
        if share.user.account == mend.account
        and (mend.scope is Scope.ACCOUNT or mend.id in share.user.groups)
    ]
