"""The population by profile: each user is looked at once, and what is asked of all is asked of few.

Users of one profile differ in nothing but their id (`engine.decide.decisions.profile`), so a
question about values costs as much as one about the distinct profiles among them. People in large
tables may have as many profiles as they are: they are asked about by fold (`engine.review.folds`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.decide.decisions import profile
from engine.read.people import People
from engine.review.folds import Folds
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


def own_shares(policies: PolicySet) -> list[Share]:
    """Return the users that are values by profile, in the order in which the profiles are met."""
    users = policies.users
    found: dict[Hashable, tuple[User, list[str]]] = {}
    for user in (users.own if isinstance(users, People) else users).values():
        key = profile(user)
        share = found.get(key)
        if share is None:
            share = found[key] = user, []
        share[1].append(user.id)
    return [Share(user, ids) for user, ids in found.values()]


class Population:
    """The people of a set, found by scope, and what decides for each of them, worked out once.

    `own` are those that are values, by profile; `folds` tells those of large tables apart.
    """

    def __init__(self, policies: PolicySet, own: Sequence[Share] | None = None) -> None:
        users = policies.users
        self.policies = policies
        self.own = own_shares(policies) if own is None else own
        self.folds = Folds(policies, users) if isinstance(users, People) else None
        self._known: dict[tuple[str, str], Answer] = {}
        self._scopes: dict[_Scope, list[int]] | None = None
        self._shares: Sequence[Share] | None = None

    @property
    def shares(self) -> Sequence[Share]:
        """Everybody by profile: of people in large tables too, however many profiles they have.

        A profile of those that others have who are values is a share of its own.
        """
        if self._shares is None:
            users = self.policies.users
            tables = users.profiles() if isinstance(users, People) else ()
            self._shares = [*self.own, *(Share(user, ids) for user, ids in tables)]
        return self._shares

    def under(self, policies: PolicySet) -> Population:
        """Return the same people under a set in which other things stand above them."""
        other = Population(policies, self.own)
        other._shares, other._scopes = self._shares, self._scopes
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
