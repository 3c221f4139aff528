"""The order of groups under which the fewest people notice a difference.

Groups that never meet in a person need no order between them, so those that do, directly or
through others, are ordered by themselves. Up to eight of them every order counts: a search that
leaves out only what cannot be better finds the best, and of equally good ones the first by the
order that stands. Of more than eight, groups are moved one at a time for as long as that helps.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.review.contests import Contest, Contests

MOST_EXACT: Final = 8
"""So many groups that meet are tried in every order."""


class Ordering(NamedTuple):
    """An order, the highest priority first, and how many notice a difference.

    `exact` says that no order has fewer; else it is the best that was found.
    """

    groups: tuple[str, ...]
    affected: int
    exact: bool


def best(groups: Sequence[str], found: Contests) -> Ordering:
    """Return the best order of `groups`; of equally good ones the one nearest to theirs."""
    ordered: list[list[str]] = []
    affected = found.anyway
    exact = True
    for part in _parts(groups, found.found):
        search = _Search(part.groups, part.contests)
        order, cost = search.all() if len(part.groups) <= MOST_EXACT else search.local()
        exact = exact and len(part.groups) <= MOST_EXACT
        ordered.append(order)
        affected += cost
    return Ordering(tuple(_merged(ordered, groups)), affected, exact)


def affected(order: Sequence[str], found: Contests) -> int:
    """Return how many notice a difference under an order."""
    places = {group: at for at, group in enumerate(order)}
    return found.anyway + sum(contest.under(places) for contest in found.found)


@dataclass(frozen=True, slots=True)
class _Part:
    """Groups that meet, directly or through others, and where they do."""

    groups: list[str]
    contests: list[Contest]


def _parts(groups: Sequence[str], contests: Sequence[Contest]) -> Iterator[_Part]:
    """Yield the groups apart; each part in the order of `groups`."""
    leader = {group: group for group in groups}

    def led(group: str) -> str:
        while leader[group] != group:
            leader[group] = leader[leader[group]]
            group = leader[group]
        return group

    for contest in contests:
        # INVARIANT: what is heard about one toggle may matter with what is heard about another
        # (R6), so all groups of a contest belong together.
        first, *others = (group for _, met in contest.meetings for group in met)
        for group in others:
            leader[led(group)] = led(first)
    parts: dict[str, _Part] = {}
    for group in groups:
        parts.setdefault(led(group), _Part([], [])).groups.append(group)
    for contest in contests:
        parts[led(contest.meetings[0][1][0])].contests.append(contest)
    yield from parts.values()


def _merged(parts: Sequence[Sequence[str]], groups: Sequence[str]) -> Iterator[str]:
    """Yield the orders of several parts as one, as near to `groups` as they let it be."""
    place = {group: at for at, group in enumerate(groups)}
    left = [list(reversed(part)) for part in parts if part]
    while left:
        first = min(left, key=lambda part: place[part[-1]])
        yield first.pop()
        left = [part for part in left if part]


class _Search:
    """Looks for the best order of groups that meet."""

    def __init__(self, groups: Sequence[str], contests: Sequence[Contest]) -> None:
        self.groups = list(groups)
        self.contests = contests
        self.floors = [contest.floor() for contest in contests]
        self.of: dict[str, list[int]] = {group: [] for group in groups}
        for number, contest in enumerate(contests):
            for group in {group for _, met in contest.meetings for group in met}:
                self.of[group].append(number)

    # -- every order --------------------------------------------------------------------------

    def all(self) -> tuple[list[str], int]:
        """Return the first of the best orders, by the order of the groups."""
        self.least = self.local()[1]
        self.found: list[str] = []
        self._place([], [{} for _ in self.contests], sum(self.floors))
        # INVARIANT: something is found, for the local search's own order costs no more.
        return self.found, self.least

    def _place(self, order: list[str], heard: list[dict[str, str]], bound: int) -> None:
        """Go on with every group that is left, where the outcome can still be the best."""
        if bound > self.least or (bound == self.least and self.found):
            return
        if len(order) == len(self.groups):
            self.found, self.least = list(order), bound
            return
        for group in self.groups:
            if group not in order:
                then, more = self._heard(group, heard)
                self._place([*order, group], then, bound + more)

    def _heard(self, group: str, heard: list[dict[str, str]]) -> tuple[list[dict[str, str]], int]:
        """Return who is heard once a group is placed next, and by how much that costs more."""
        then, more = list(heard), 0
        for number in self.of[group]:
            meetings = self.contests[number].meetings
            new = {key: group for key, met in meetings if key not in heard[number] and group in met}
            if new:
                now = then[number] = {**heard[number], **new}
                if len(now) == len(meetings):
                    winners = tuple(now[key] for key, _ in meetings)
                    more += self.contests[number].cost(winners) - self.floors[number]
        return then, more

    # -- one at a time ------------------------------------------------------------------------

    def local(self) -> tuple[list[str], int]:
        """Return the best order that moving single groups leads to, from several beginnings."""
        found = [self._improved(list(start)) for start in (self.groups, self.groups[::-1])]
        place = {group: at for at, group in enumerate(self.groups)}
        return min(found, key=lambda one: (one[1], [place[group] for group in one[0]]))

    def _improved(self, order: list[str]) -> tuple[list[str], int]:
        places: dict[str, float] = {group: at for at, group in enumerate(order)}
        moved = True
        while moved:
            moved = False
            for group in self.groups:
                target = self._better(group, places)
                if target is not None:
                    places[group] = target
                    order.sort(key=places.__getitem__)
                    places = {name: at for at, name in enumerate(order)}
                    moved = True
        return order, sum(contest.under(places) for contest in self.contests)

    def _better(self, group: str, places: Mapping[str, float]) -> float | None:
        """Return a place for a group where fewer notice a difference, the best if there is any."""
        cost, steps = 0, Counter[float]()
        for number in self.of[group]:
            first, *others = _costs(self.contests[number], group, places)
            cost += first[1]
            for mark, more in others:
                steps[mark] += more
        here = places[group]
        found = [(-0.5, cost)]  # before all others
        for mark in sorted(steps):
            cost += steps[mark]
            found.append((mark + 0.5, cost))
        now = max(one for one in found if one[0] < here)[1]
        chosen, least = min(found, key=lambda one: one[1])
        return chosen if least < now else None


def _costs(contest: Contest, group: str, places: Mapping[str, float]) -> list[tuple[float, int]]:
    """Return what a contest costs with a group before all others, then how much more behind each.

    Only the others' first counts in each meeting: behind it the group is heard no more.
    """
    rivals = [
        min((one for one in met if one != group), key=places.__getitem__)
        for _, met in contest.meetings
    ]
    mine = [group in met for _, met in contest.meetings]
    firsts = zip(rivals, mine, strict=True)
    marks = sorted({places[rival] for rival, is_mine in firsts if is_mine})
    found: list[tuple[float, int]] = []
    before = 0
    for mark in (float("-inf"), *marks):
        cost = contest.cost(
            tuple(
                group if is_mine and places[rival] > mark else rival
                for rival, is_mine in zip(rivals, mine, strict=True)
            )
        )
        found.append((mark, cost - before))
        before = cost
    return found
