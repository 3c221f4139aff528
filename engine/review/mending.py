"""What would mend a broken guardrail: account or group settings after which it holds.

The proposal is a greedy cover of groups, the least invasive settings first, else of accounts, and
is only made where the guardrail holds with all of it in place. Where no account or group setting
helps (a calendar that is missing, say), there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.decide.sync import required
from engine.model import Scope, Setting, State
from engine.review.choices import Chooser
from engine.review.guardrails import amount, demand_of
from engine.review.places import setting_place
from engine.shapes import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.model import Location, PolicySet, User, Who
    from engine.review.alike import Alike
    from engine.review.guardrails import Verdict
    from engine.review.population import Population

_MOST_SETTINGS: Final = 4
"""A proposal of more settings than this is no help to a person."""
_MOST_SCOPES: Final = 12
"""So many groups are tried at each step, those with the most people to mend first."""
_MOST_BROKEN: Final = 10_000
"""So many profiles are looked at: where more break a guardrail, no few settings were forgotten."""


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


def mends(people: Population, verdict: Verdict) -> tuple[Mend, ...]:
    """Return settings that together mend a broken guardrail, or nothing where none were found."""
    if verdict.guardrail.at_most is not None:
        return ()  # who should get the other state is for a person to say
    mender = _Mender(people, verdict)
    broken = mender.broken(people, most=_MOST_BROKEN)
    if broken is None:
        return ()
    return mender.cover(broken, _groups) or mender.cover(broken, _accounts)


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
    def __init__(self, people: Population, verdict: Verdict) -> None:
        self.policies = people.policies
        self.guardrail = verdict.guardrail
        self.demand = demand_of(verdict.guardrail)
        self.people = people
        self.checked = verdict.checked
        self.named = {name for one in people.values(self.guardrail.who) for name in one.ids}

    def cover(
        self, broken: list[Alike], scopes: Callable[[Sequence[Alike]], Sequence[_Scope]]
    ) -> tuple[Mend, ...]:
        """Choose settings of some scopes, the gentlest first, until the guardrail holds."""
        now, chosen = self.people, list[Mend]()
        while not self._holds(broken) and len(chosen) < _MOST_SETTINGS:
            best = self._best(now, broken, scopes(broken))
            if best is None:
                break
            chosen.append(best)
            now = now.under(declare(now.policies, best))
            broken = self.broken(now) or []
        return tuple(chosen) if self._holds(broken) else ()

    def broken(self, now: Population, most: int | None = None) -> list[Alike] | None:
        """Return those who break the guardrail by profile; None where those are too many."""
        rail = self.guardrail
        some = self._broken(now, now.standing(rail.who, rail.toggle))
        return now.profiles(rail.who, rail.toggle, some, most)

    def _holds(self, broken: Sequence[Alike]) -> bool:
        """Tell whether the guardrail holds while it is broken for no others than these."""
        least = self.guardrail.at_least
        if least is None:
            return not broken
        return self.checked - _size(broken) >= amount(least, self.checked)

    def _best(
        self, now: Population, broken: Sequence[Alike], scopes: Sequence[_Scope]
    ) -> Mend | None:
        ranked = []
        beside = _Beside(now, self.guardrail.who, scopes)
        for mend in self._candidates(now.policies, scopes):
            after = now.under(declare(now.policies, mend))
            below = [one for one in broken if _is_below(one, mend)]
            mended = _size(below) - _size(self._broken(after, below))
            if mended:
                others = self._others(now, after, mend, beside)
                order = (others / mended, -mended, mend.setting.locked, mend.id, mend.toggle)
                ranked.append((order, mend._replace(others=others)))
        return min(ranked, default=(None, None), key=lambda ranking: ranking[0])[1]

    def _candidates(self, policies: PolicySet, scopes: Sequence[_Scope]) -> Iterator[Mend]:
        settings = list(self._settings())
        for scope, account, name in scopes:
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

    def _broken(self, people: Population, some: Iterable[Alike]) -> list[Alike]:
        chooser = Chooser(people, self.demand)
        if self.guardrail.whatever_users_choose:
            return [one for one in some if chooser.smallest(one.user, holds=False) is not None]
        return [one for one in some if not chooser.holds(one.user)]

    def _others(self, before: Population, after: Population, mend: Mend, beside: _Beside) -> int:
        """Count the people outside `who` whose state or lock a setting alters."""
        found = 0

        def differs(user: User) -> bool:
            now, then = (one.answer(user, mend.toggle).setting for one in (before, after))
            return now[:2] != then[:2]

        group = mend.id if mend.scope is Scope.GROUP else None
        for share in self.people.below(mend.account, group):
            if differs(share.user):
                found += sum(name not in self.named for name in share.ids)
        return found + sum(one.people for one in beside.of(mend) if differs(one.user))


class _Beside:
    """People of large tables outside `who` who are below some scopes: asked for once a toggle."""

    def __init__(self, people: Population, who: Who, scopes: Sequence[_Scope]) -> None:
        self.stands = people.stands
        self.who = who
        self.groups: dict[str, set[str]] = {}
        for scope, account, name in scopes:
            if scope is Scope.GROUP:
                self.groups.setdefault(account, set()).add(name)
        self._known: dict[tuple[str, str], dict[str | None, list[Alike]]] = {}

    def of(self, mend: Mend) -> list[Alike]:
        """Return those below a setting."""
        if self.stands is None:
            return []
        key = (mend.account, mend.toggle)
        if key not in self._known:
            groups = self.groups.get(mend.account)
            self._known[key] = self.stands.beside(mend.account, groups, mend.toggle, self.who)
        return self._known[key].get(mend.id if mend.scope is Scope.GROUP else None, [])


_Scope: TypeAlias = tuple[Scope, str, str]


def _groups(broken: Sequence[Alike]) -> list[_Scope]:
    """Return the groups of people, those with the most of them first."""
    groups: dict[tuple[str, str], int] = {}
    for one in broken:
        for group in one.user.groups:
            key = (one.user.account, group)
            groups[key] = groups.get(key, 0) + one.people
    busiest = sorted(groups, key=lambda key: (-groups[key], key))[:_MOST_SCOPES]
    return [(Scope.GROUP, account, group) for account, group in busiest]


def _accounts(broken: Sequence[Alike]) -> list[_Scope]:
    return [
        (Scope.ACCOUNT, account, account)
        for account in sorted({one.user.account for one in broken})
    ]


def _size(people: Iterable[Alike]) -> int:
    return sum(one.people for one in people)


def _is_below(one: Alike, mend: Mend) -> bool:
    user = one.user
    if user.account != mend.account:
        return False
    return mend.scope is Scope.ACCOUNT or mend.id in user.groups
