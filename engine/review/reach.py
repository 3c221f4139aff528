"""Which account and group settings decide, whatever users choose, and what would without them.

"Whatever users choose" is every combination of settings at user scope, none included. A lock
decides whatever they are, and anything else above a user decides only where the user declares
nothing; so the decisions without any user setting show every source there can be. Users who
are alike but for what they declare are looked at once.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.decide.facts import primary_of, resolution
from engine.model import NOTHING, Resolution, Scope
from engine.review.places import SettingKey
from engine.review.standing import answer
from engine.shapes import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from engine.model import PolicySet, Setting, Settings, User
    from engine.review.alike import Alike
    from engine.review.population import Population, Share

ScopeKey: TypeAlias = tuple[Scope, str, str]
"""Scope, account, and the scope's id."""


class Kin(NamedTuple):
    """Users of one situation: one of them who declares nothing, the smallest id, and how many.

    The user's groups are those that can decide something for them, and the primary one.
    """

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


class Kindred:
    """The population, apart by what lint looks at: for people in large tables toggle by toggle."""

    def __init__(self, people: Population) -> None:
        self.folds = people.folds
        self._situations = _Situations(people.policies)
        self._own = [_kin(share) for share in people.own]
        found: dict[Hashable, Kin] = {}
        for one in self._own:
            key, bare = self._situations.of(one.user)
            _count(found, key, one._replace(user=bare))
        self._values = list(found.values())

    def about(self, toggle: str) -> list[Kin]:
        """Return everybody, apart as far as the decision about a toggle hangs on it."""
        if self.folds is None:
            return self._values
        return [*self._values, *self._bare(self.folds.kin(toggle))]

    def instead(self, toggle: str, sources: Iterable[SettingKey]) -> list[Kin]:
        """Return those in large tables for whom one of some groups decides, by what else would."""
        groups = {(key.account, key.id) for key in sources if key.scope is Scope.GROUP}
        if self.folds is None or not groups:
            return []
        return self._bare(self.folds.successors(toggle, groups))

    def inhabited(self) -> set[tuple[str, str]]:
        """Return the groups, (account, id), that anybody is in."""
        own = {(one.user.account, group) for one in self._own for group in one.user.groups}
        return own if self.folds is None else own | self.folds.inhabited()

    def below(self, wanted: Collection[SettingKey]) -> dict[SettingKey, list[Kin]]:
        """Return those below some settings, apart as far as decisions about their toggles go.

        A setting that has nobody below it is left out.
        """
        scopes = _below(self._situations, self._own, {key[:3] for key in wanted})
        found = {key: list(scopes[key[:3]]) for key in wanted if key[:3] in scopes}
        if self.folds is None:
            return found
        for toggle in sorted({key.toggle for key in wanted}):
            asked = {key for key in wanted if key.toggle == toggle}
            groups = {(key.account, key.id) for key in asked if key.scope is Scope.GROUP}
            members = self.folds.below(toggle, groups) if groups else {}
            for key in asked:
                if key.scope is Scope.GROUP:
                    some = members.get((key.account, key.id), [])
                else:
                    some = [a for a in self.folds.kin(toggle) if a.user.account == key.account]
                if some:
                    found.setdefault(key, []).extend(self._bare(some))
        return found

    def _bare(self, some: Iterable[Alike]) -> list[Kin]:
        return [Kin(self._situations.of(one.user)[1], one.user.id, one.people) for one in some]


class _Situations:
    """Tells users apart by what can decide for them; far fewer than there are sets of groups.

    Where the primary group rules, others matter through their locks alone (R4); a group that
    declares nothing never does. INVARIANT: what lint takes away for a trial makes no group matter.
    """

    def __init__(self, policies: PolicySet) -> None:
        self.matter = {
            key
            for key, group in policies.groups.items()
            if any(one.locked for one in group.settings.values())
            or (group.settings and resolution(policies, key[0]) is Resolution.GROUP_PRIORITY)
        }

        self._known: dict[Hashable, User] = {}

    def of(self, user: User) -> tuple[Hashable, User]:
        """Return a user's situation, and one who is in it and declares nothing."""
        primary = primary_of(user)
        groups = [g for g in user.groups if g == primary or (user.account, g) in self.matter]
        key = (user.account, primary, frozenset(groups))
        bare = self._known.get(key)
        if bare is None:
            bare = self._known[key] = replace(user, settings=NOTHING, groups=tuple(groups))
        return key, bare


def _kin(share: Share) -> Kin:
    return Kin(share.user, share.ids[0], len(share.ids))


def _count(found: dict[Hashable, Kin], key: Hashable, one: Kin) -> None:
    known = found.get(key)
    if known is None:
        found[key] = one
    else:
        found[key] = Kin(one.user, min(known.first, one.first), known.people + one.people)


def alike(one: Setting, other: Setting) -> bool:
    """Tell whether two settings give the same state and lock."""
    return one.state is other.state and one.locked is other.locked


def reach(policies: PolicySet, people: Kindred, toggles: Mapping[str, set[str]]) -> Reach:
    """Work out the reach of every setting; `toggles` are those declared, by account."""
    found = Reach()
    without = _Without(policies)

    def look(one: Kin, toggle: str) -> SettingKey:
        said = answer(policies, one.user, toggle)
        source = said.source
        if source.scope is Scope.CATALOGUE or source in found.needed:
            return source
        then = answer(without[source], one.user, toggle)
        if alike(then.setting, said.setting):
            found.successors.setdefault(source, set()).add(then.source)
        else:
            found.needed.add(source)
        return source

    for toggle in sorted(set[str]().union(*toggles.values())):
        sources = set()
        for one in people.about(toggle):
            if toggle in toggles.get(one.user.account, ()):
                source = look(one, toggle)
                sources.add(source)
                found.users[source] = found.users.get(source, 0) + one.people
        for one in people.instead(toggle, sources - found.needed):
            look(one, toggle)
    return found


class _Without(dict[SettingKey, "PolicySet"]):
    """The set without one setting, made when it is asked for."""

    def __init__(self, policies: PolicySet) -> None:
        super().__init__()
        self.policies = policies

    def __missing__(self, key: SettingKey) -> PolicySet:
        self[key] = without(self.policies, key)
        return self[key]


def without(policies: PolicySet, key: SettingKey) -> PolicySet:
    """Return the set without one setting of an account or a group."""
    if key.scope is Scope.ACCOUNT:
        account = policies.accounts[key.id]
        rest = _rest(account.settings, key.toggle)
        return replace(
            policies, accounts={**policies.accounts, key.id: replace(account, settings=rest)}
        )
    group = policies.groups[key.account, key.id]
    changed = replace(group, settings=_rest(group.settings, key.toggle))
    # NOTE: a copy of ten thousand groups for each of them would take minutes.
    groups = ChainMap({(key.account, key.id): changed})
    groups.maps.append(policies.groups)  # type: ignore[arg-type]  # only the first map is written to
    return replace(policies, groups=groups)


def _rest(settings: Settings, toggle: str) -> Settings:
    return {key: setting for key, setting in settings.items() if key != toggle}


def declared_toggles(policies: PolicySet) -> dict[str, set[str]]:
    """Return, by account, the known toggles that it or one of its groups declares."""
    found: dict[str, set[str]] = {}
    for name, account in policies.accounts.items():
        found.setdefault(name, set()).update(account.settings)
    for (name, _), group in policies.groups.items():
        found.setdefault(name, set()).update(group.settings)
    return {name: toggles & policies.toggles.keys() for name, toggles in found.items()}


def below(people: Population) -> dict[ScopeKey, list[Kin]]:
    """Return, by scope, the kin in every account and every group that has any.

    A scope that has nobody is left out; of people in large tables so are those members whom a
    group cannot decide anything for.
    """
    some = [_kin(share) for share in people.own]
    if people.folds is not None:
        some += [Kin(one.user, one.user.id, one.people) for one in people.folds.situations()]
    return _below(_Situations(people.policies), some)


def _below(
    situations: _Situations, people: Iterable[Kin], wanted: Collection[ScopeKey] | None = None
) -> dict[ScopeKey, list[Kin]]:
    """Return the kin by scope, of all scopes or of those wanted."""
    found: dict[ScopeKey, dict[Hashable, Kin]] = {}
    for one in people:
        account = one.user.account
        scopes = dict.fromkeys(
            scope
            for scope in (
                (Scope.ACCOUNT, account, account),
                *((Scope.GROUP, account, group) for group in one.user.groups),
            )
            if wanted is None or scope in wanted
        )
        if scopes:
            key, bare = situations.of(one.user)
        for scope in scopes:
            _count(found.setdefault(scope, {}), key, one._replace(user=bare))
    return {scope: list(one.values()) for scope, one in found.items()}
