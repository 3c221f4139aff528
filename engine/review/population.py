"""The population by profile: each user is looked at once, and what is asked of all is asked of few.

Users of one profile differ in nothing but their id (`engine.decide.decisions.profile`), so a
question about millions costs as much as one about the distinct profiles among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.decide.decisions import profile
from engine.read.people import People
from engine.review.standing import answer

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from engine.model import PolicySet, User, Who
    from engine.review.standing import Answer

_Scope: TypeAlias = tuple[str, str | None]  # an account and one of its groups, None for all of it


class Share(NamedTuple):
    """The users of one profile: one of them, and the ids of all, in the order of the set."""

    user: User
    ids: Sequence[str]


def shares(policies: PolicySet) -> list[Share]:
    """Return the users of a set by profile, in the order in which the profiles are met.

    People in large tables are grouped where they lie: a profile that stands there too has a
    share of its own.
    """
    users = policies.users
    found: dict[Hashable, tuple[User, list[str]]] = {}
    for user in (users.own if isinstance(users, People) else users).values():
        key = profile(user)
        share = found.get(key)
        if share is None:
            share = found[key] = user, []
        share[1].append(user.id)
    held = [Share(user, ids) for user, ids in found.values()]
    if isinstance(users, People):
        held += [Share(user, ids) for user, ids in users.profiles()]
    return held


class Population:
    """The shares of a set, found by scope, and what decides for each of them, worked out once."""

    def __init__(self, policies: PolicySet, people: Sequence[Share] | None = None) -> None:
        self.policies = policies
        self.shares = shares(policies) if people is None else people
        self._known: dict[tuple[str, str], Answer] = {}
        self._scopes: dict[_Scope, list[int]] | None = None

    def under(self, policies: PolicySet) -> Population:
        """Return the same people under a set in which other things stand above them."""
        other = Population(policies, self.shares)
        other._scopes = self._scopes
        return other

    def answer(self, share: Share, toggle: str) -> Answer:
        """Return what decides for a share."""
        key = (share.user.id, toggle)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = answer(self.policies, share.user, toggle)
        return found

    def below(self, account: str, group: str | None = None) -> list[Share]:
        """Return those in an account, or in one group of it."""
        return [self.shares[number] for number in self._below().get((account, group), ())]

    def meant(self, who: Who) -> Sequence[Share]:
        """Return those whom `who` means; a group is that group in every account that has one."""
        if who.everybody:
            return self.shares
        scopes: list[_Scope] = [(account, None) for account in who.accounts]
        scopes += [(account, group) for group in who.groups for account in self.policies.accounts]
        numbers = {number for scope in scopes for number in self._below().get(scope, ())}
        whole = [self.shares[number] for number in sorted(numbers)]
        return [*whole, *self._named(who)]

    def _named(self, who: Who) -> list[Share]:
        """Return the users whom `who` names, those aside who are in its groups and accounts."""
        users = self.policies.users
        people = users.some(who.users) if isinstance(users, People) else users
        found: dict[Hashable, tuple[User, list[str]]] = {}
        for name in who.users:
            user = people[name]
            if user.account not in who.accounts and not set(who.groups) & set(user.groups):
                found.setdefault(profile(user), (user, []))[1].append(name)
        return [Share(user, ids) for user, ids in found.values()]

    def _below(self) -> dict[_Scope, list[int]]:
        """Return the numbers of the shares in each account (None) and each of its groups."""
        if self._scopes is None:
            self._scopes = {}
            for number, share in enumerate(self.shares):
                account = share.user.account
                for group in (None, *dict.fromkeys(share.user.groups)):
                    self._scopes.setdefault((account, group), []).append(number)
        return self._scopes
