"""Contests: where the order of groups decides for people, and how many then notice a difference.

Under `group_priority` (R5) one group alone is heard about a toggle: of those of a person that
declare it the first in the order. People of whom two or more groups declare the same toggle
stand in a contest; everybody else gets the same whatever the order is.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.decide.decisions import decide
from engine.decide.sync import required, sync_of
from engine.model import Resolution
from engine.review.causes import outcome
from engine.review.standing import answer
from engine.shapes import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.model import PolicySet, Setting, State, User
    from engine.review.population import Share

Heard: TypeAlias = "Mapping[str, str]"
"""The group that is heard about each toggle; a toggle of which none is, is left out."""
Meetings: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Toggles, each with the groups of a person that declare it: two or more."""

_MOST_ENDS: Final = 64


@dataclass(frozen=True, slots=True)
class Contest:
    """People in whom the same groups meet about the same toggles.

    `people` are how many there are of each kind, and whether they notice a difference when
    these groups are heard.
    """

    meetings: Meetings
    people: list[tuple[int, Callable[[Heard], bool]]] = field(default_factory=list)
    _known: dict[tuple[str, ...], int] = field(default_factory=dict)

    def cost(self, winners: tuple[str, ...]) -> int:
        """Return how many notice a difference when these are heard, one a meeting."""
        found = self._known.get(winners)
        if found is None:
            heard = {toggle: won for (toggle, _), won in zip(self.meetings, winners, strict=True)}
            found = sum(number for number, notices in self.people if notices(heard))
            self._known[winners] = found
        return found

    def under(self, places: Mapping[str, float]) -> int:
        """Return how many notice a difference in an order of the groups, by their places."""
        return self.cost(tuple(min(groups, key=places.__getitem__) for _, groups in self.meetings))

    def floor(self) -> int:
        """Return a number that no order comes below: exact where there are few ways it can end."""
        ends = [groups for _, groups in self.meetings]
        if prod(map(len, ends)) > _MOST_ENDS:
            return 0
        return min(map(self.cost, product(*ends)))


class Contests(NamedTuple):
    """All contests of an account, and how many others notice a difference whatever the order."""

    found: list[Contest]
    anyway: int


def contests(
    policies: PolicySet, account: str, people: Iterable[Share], toggles: Sequence[str]
) -> Contests:
    """Return where the order decides about `toggles`, against what is in effect in `policies`.

    `policies` resolve by `primary_group`; `people` are those of the account.
    """
    judge = _Judge(policies, account, toggles)
    found: dict[Meetings, Contest] = {}
    anyway = 0
    for share in people:
        declaring = judge.declaring(share.user)
        meetings = tuple((key, groups) for key, groups in declaring.items() if len(groups) > 1)
        notices = judge.notices(share.user, declaring)
        if meetings:
            contest = found.setdefault(meetings, Contest(meetings))
            contest.people.append((len(share.ids), notices))
        elif notices({}):
            anyway += len(share.ids)
    return Contests(list(found.values()), anyway)


def resolving_by_priority(
    policies: PolicySet, account: str, priorities: Mapping[str, int] | None = None
) -> PolicySet:
    """Return the set in which one account resolves by `group_priority`."""
    moved = replace(policies.accounts[account], group_resolution=Resolution.GROUP_PRIORITY)
    groups = {
        **policies.groups,
        **{
            (account, name): replace(policies.groups[account, name], priority=priority)
            for name, priority in (priorities or {}).items()
        },
    }
    return replace(policies, accounts={**policies.accounts, account: moved}, groups=groups)


class _Judge:
    """Knows the outcomes before, and those after for any group that is heard."""

    def __init__(self, policies: PolicySet, account: str, toggles: Sequence[str]) -> None:
        self.old = policies
        self.new = resolving_by_priority(policies, account)
        self.toggles = toggles
        needed = (required(policies.toggles, key) for key in toggles)
        self.read = sorted({*toggles}.union(*needed))
        self._said: dict[tuple[str, str | None, State | None], Setting] = {}

    def declaring(self, user: User) -> dict[str, tuple[str, ...]]:
        """Return, by toggle that counts, the user's groups that declare it."""
        groups = [
            group
            for name in sorted(set(user.groups))
            if (group := self.old.groups.get((user.account, name))) is not None
        ]
        return {key: tuple(g.id for g in groups if key in g.settings) for key in self.read}

    def notices(
        self, user: User, declaring: Mapping[str, tuple[str, ...]]
    ) -> Callable[[Heard], bool]:
        """Return whether a user notices a difference, as a function of the groups heard."""
        before = {key: outcome(decide(self.old, user, key)) for key in self.toggles}
        sole = {key: groups[0] for key, groups in declaring.items() if len(groups) == 1}

        def noticed(heard: Heard) -> bool:
            said = {
                key: self._standing(user, key, heard.get(key) or sole.get(key)) for key in self.read
            }
            return any(before[key] != self._outcome(user, key, said) for key in self.toggles)

        return noticed

    def _outcome(self, user: User, toggle: str, said: Mapping[str, Setting]) -> tuple[object, ...]:
        sync, _ = sync_of(self.new.toggles, user, toggle, lambda key: said[key].state)
        return said[toggle].state, said[toggle].locked, sync

    def _standing(self, user: User, toggle: str, heard: str | None) -> Setting:
        """Return what a user gets when one of the groups is heard: R5 with no other group."""
        own = user.settings.get(toggle)
        key = (toggle, heard, own.state if own else None)
        found = self._said.get(key)
        if found is None:
            alone = replace(user, groups=(heard,) if heard else (), primary_group=None)
            found = self._said[key] = answer(self.new, alone, toggle).setting
        return found
