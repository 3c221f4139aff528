"""The population by profile: each user is looked at once, and what is asked of all is asked of few.

Users of one profile differ in nothing but their id (`engine.decide.decisions.profile`), so a
question about values costs as much as one about the distinct profiles among them. People in large
tables may have as many profiles as they are: they are asked about by fold (`engine.review.folds`).
"""

from __future__ import annotations

from engine.decide.decisions import profile
from engine.read.people import People
from engine.review.alike import Alike
from engine.review.standing import answer
from engine.typed import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from engine.model import PolicySet, User, Who
    from engine.review.folds import Folds
    from engine.review.standing import Answer
    from engine.review.stands import Stands

_Scope: TypeAlias = tuple[str, str | None]  # an account and one of its groups, None for all of it


class Share(NamedTuple):
    """The users of one profile: one of them, and the ids of all, in the order of the set."""

    user: User
    ids: Sequence[str]


def shares(policies: PolicySet) -> list[Share]:
    """Return everybody by profile: of people in large tables too, however many profiles they have.

    A profile of those that others have who are values is a share of its own.
    """
    users = policies.users
    tables = users.profiles() if isinstance(users, People) else ()
    return [*own_shares(policies), *(Share(user, ids) for user, ids in tables)]


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

    `own` are those that are values, by profile; those of large tables are told apart by what
    lint asks (`folds`), and by how they stand (`stands`).
    """

    def __init__(self, policies: PolicySet, own: Sequence[Share] | None = None) -> None:
        users = policies.users
        self.policies = policies
        self.own = own_shares(policies) if own is None else own
        self.folds: Folds | None = None
        self.stands: Stands | None = None
        if isinstance(users, People):
            from engine.review.folds import Folds
            from engine.review.stands import Stands

            self.folds, self.stands = Folds(policies, users), Stands(policies, users)
        self._known: dict[tuple[str, str], Answer] = {}
        self._scopes: dict[_Scope, list[int]] | None = None
        self._standing: dict[tuple[Who, str], list[Alike]] = {}

    def under(self, policies: PolicySet) -> Population:
        """Return the same people under a set in which other things stand above them."""
        other = Population(policies, self.own)
        other._scopes = self._scopes
        return other

    def answer(self, user: User, toggle: str) -> Answer:
        """Return what decides for one of the people."""
        key = (user.id, toggle)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = answer(self.policies, user, toggle)
        return found

    def below(self, account: str, group: str | None = None) -> list[Share]:
        """Return those that are values in an account, or in one group of it."""
        return [self.own[number] for number in self._below().get((account, group), ())]

    def standing(self, who: Who, toggle: str) -> list[Alike]:
        """Return those whom `who` means, told apart by all that a guardrail reads of them.

        A group is that group in every account that has one.
        """
        found = self._standing.get((who, toggle))
        if found is None:
            found = self.values(who)
            found += self.stands.standing(who, toggle) if self.stands else []
            self._standing[who, toggle] = found
        return found

    def values(self, who: Who) -> list[Alike]:
        """Return those whom `who` names, or who are values in its groups and accounts."""
        shares = [*self._meant(who), *self._named(who)]
        return [Alike(share.user, len(share.ids), ids=share.ids) for share in shares]

    def named(self, who: Who, toggle: str, some: Sequence[Alike]) -> list[list[Alike]]:
        """Return for each of some of `standing` who they are by id, apart by what decides."""
        folded = {one.fold: one for one in some if one.fold}
        parts: dict[tuple[object, ...], list[Alike]] = {}
        if self.stands and folded:
            for part in self.stands.named(who, toggle, list(folded.values())):
                parts.setdefault(part.fold, []).append(part)
        return [parts[one.fold] if one.fold else [one] for one in some]

    def profiles(
        self, who: Who, toggle: str, some: Sequence[Alike], most: int | None = None
    ) -> list[Alike] | None:
        """Return some of `standing` by all that they declare; None where those are too many."""
        own = [one for one in some if not one.fold]
        folded = [one for one in some if one.fold]
        left = None if most is None else most - len(own)
        if left is not None and left < 0:
            return None
        if not self.stands or not folded:
            return own
        others = self.stands.profiles(who, toggle, folded, left)
        return None if others is None else [*own, *others]

    def _meant(self, who: Who) -> Sequence[Share]:
        """Return those that are values and in the groups and accounts of `who`."""
        if who.everybody:
            return self.own
        scopes: list[_Scope] = [(account, None) for account in who.accounts]
        scopes += [(account, group) for group in who.groups for account in self.policies.accounts]
        numbers = {number for scope in scopes for number in self._below().get(scope, ())}
        return [self.own[number] for number in sorted(numbers)]

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
            for number, share in enumerate(self.own):
                account = share.user.account
                for group in (None, *dict.fromkeys(share.user.groups)):
                    self._scopes.setdefault((account, group), []).append(number)
        return self._scopes
