"""Which account and group settings decide, whatever users choose, and what would without them.

"Whatever users choose" is every combination of settings at user scope, none included. A lock
decides whatever they are, and anything else above a user decides only where the user declares
nothing; so the decisions without any user setting show every source there can be. Users who
are alike but for what they declare are looked at once.
"""

from __future__ import annotations

from collections import ChainMap
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.decide.facts import primary_of
from engine.model import NOTHING, Scope
from engine.review.places import SettingKey
from engine.review.standing import answer
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from engine.model import PolicySet, Setting, User
    from engine.review.population import Share

ScopeKey: TypeAlias = tuple[Scope, str, str]
"""Scope, account, and the scope's id."""


class Kin(NamedTuple):
    """Users of one account, groups and primary group: one who declares nothing, and how many."""

    user: User
    first: str
    people: int


@dataclass(slots=True)
class Reach:
    """For whom each setting decides.

    `users` counts, for every source, the users for whom it decides under some choice. `needed`
    are those settings whose removal alters a state or a lock for somebody; `successors` what
    would decide in place of each of the others.
    """

    users: dict[SettingKey, int] = field(default_factory=dict)
    needed: set[SettingKey] = field(default_factory=set)
    successors: dict[SettingKey, set[SettingKey]] = field(default_factory=dict)


def kin(people: Iterable[Share]) -> list[Kin]:
    """Return the population, apart by what lint looks at."""
    found: dict[Hashable, Kin] = {}
    for share in people:
        user = share.user
        key = (user.account, frozenset(user.groups), primary_of(user))
        known = found.get(key) or Kin(replace(user, settings=NOTHING), share.ids[0], 0)
        found[key] = known._replace(people=known.people + len(share.ids))
    return list(found.values())


def alike(one: Setting, other: Setting) -> bool:
    """Tell whether two settings give the same state and lock."""
    return one.state is other.state and one.locked is other.locked


def reach(policies: PolicySet, people: Sequence[Kin], toggles: Mapping[str, set[str]]) -> Reach:
    """Work out the reach of every setting; `toggles` are those declared, by account."""
    found = Reach()
    without = _Without(policies)
    for one in people:
        for toggle in toggles.get(one.user.account, ()):
            said = answer(policies, one.user, toggle)
            source = said.source
            found.users[source] = found.users.get(source, 0) + one.people
            if source.scope is Scope.CATALOGUE or source in found.needed:
                continue
            then = answer(without[source], one.user, toggle)
            if (then.setting.state, then.setting.locked) == (
                said.setting.state,
                said.setting.locked,
            ):
                found.successors.setdefault(source, set()).add(then.source)
            else:
                found.needed.add(source)
    return found


class _Without(dict[SettingKey, "PolicySet"]):
    """The set without one setting, made when it is asked for."""

    def __init__(self, policies: PolicySet) -> None:
        super().__init__()
        self.policies = policies

    def __missing__(self, key: SettingKey) -> PolicySet:
        scope, account, name, toggle = key
        if scope is Scope.ACCOUNT:
            entity = self.policies.accounts[name]
            rest = {k: s for k, s in entity.settings.items() if k != toggle}
            accounts = {**self.policies.accounts, name: replace(entity, settings=rest)}
            self[key] = replace(self.policies, accounts=accounts)
        else:
            group = self.policies.groups[account, name]
            rest = {k: s for k, s in group.settings.items() if k != toggle}
            # NOTE: a copy of ten thousand groups for each of them would take minutes.
            groups = ChainMap({(account, name): replace(group, settings=rest)})
            groups.maps.append(self.policies.groups)  # type: ignore[arg-type]
            self[key] = replace(self.policies, groups=groups)
        return self[key]


def declared_toggles(policies: PolicySet) -> dict[str, set[str]]:
    """Return, by account, the known toggles that it or one of its groups declares."""
    found: dict[str, set[str]] = {}
    for name, account in policies.accounts.items():
        found.setdefault(name, set()).update(account.settings)
    for (name, _), group in policies.groups.items():
        found.setdefault(name, set()).update(group.settings)
    return {name: toggles & policies.toggles.keys() for name, toggles in found.items()}


def below(people: Iterable[Kin]) -> dict[ScopeKey, list[Kin]]:
    """Return, by scope, the kin in every account and every group that has any."""
    found: dict[ScopeKey, list[Kin]] = {}
    for one in people:
        account = one.user.account
        scopes = dict.fromkeys((Scope.GROUP, account, group) for group in one.user.groups)
        for scope in ((Scope.ACCOUNT, account, account), *scopes):
            found.setdefault(scope, []).append(one)
    return found
