"""Crowds: people of one pair of profiles, who all notice the same, and why."""

from __future__ import annotations

from collections import Counter

from engine.decide.facts import resolution
from engine.model import SYNC_TOGGLE, Resolution
from engine.review.comparison import CHANGED, Comparison, Outcome
from engine.review.phrases import Sentence, at, effect, say
from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from engine.model import Toggle, User
    from engine.review.reasons import Reason, Reasons
    from engine.review.rows import Pattern


class Crowd(NamedTuple):
    """People who differ alike: one of them on each side, what differs, and all their numbers.

    A number counts in `comparison.rows.people`, which is ordered by account and id.
    """

    old: User | None
    new: User | None
    patterns: tuple[Pattern, ...]
    numbers: list[int]

    @property
    def main_group(self) -> tuple[str, str] | None:
        """The account and id of their main group on the side that they are on last."""
        user = self.new or self.old
        if user is None or user.primary_group is None:
            return None
        return user.account, user.primary_group


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """All whose decision on a toggle went from one outcome to another for the same reasons.

    `does` is what they notice, for as many as they are (`lose sync …`). `users` are ordered by
    account and id; `groups` counts them by main group, the largest first, None for those
    without.
    """

    toggle: Toggle
    old: Outcome
    new: Outcome
    does: Sentence
    reasons: tuple[Sentence, ...]
    users: tuple[str, ...]
    groups: tuple[tuple[str | None, int], ...]


def crowds(comparison: Comparison) -> list[Crowd]:
    """Return everybody who changed, came or went, by pair of profiles."""
    found: dict[int, Crowd] = {}
    for number, person in enumerate(comparison.rows.people):
        crowd = found.get(id(person.patterns))
        if crowd is None:
            old, new = (side.users.get(person.user) for side in (comparison.old, comparison.new))
            crowd = found[id(person.patterns)] = Crowd(old, new, person.patterns, [])
        crowd.numbers.append(number)
    return list(found.values())


def names(comparison: Comparison, numbers: Iterable[int]) -> tuple[str, ...]:
    """Return the users with these numbers, in order."""
    everybody = comparison.rows.people
    return tuple(everybody[number].user for number in sorted(numbers))


@dataclass(slots=True)
class _Gathered:
    reasons: tuple[Reason, ...]
    numbers: list[int] = field(default_factory=list)
    groups: Counter[tuple[str, str] | None] = field(default_factory=Counter)


def effects(comparison: Comparison, found: Sequence[Crowd], reasons: Reasons) -> list[Effect]:
    """Return what changed for people who were there before: sync first, then the most people."""
    gathered: dict[tuple[str, Outcome, Outcome, Hashable], _Gathered] = {}
    for crowd in found:
        for pattern in crowd.patterns:
            if pattern.action != CHANGED or pattern.old is None or pattern.new is None:
                continue
            why = tuple(_why(comparison, crowd, pattern, reasons))
            ends = (Outcome.of(pattern.old), Outcome.of(pattern.new))
            key = (pattern.toggle, *ends, tuple(reason.key for reason in why))
            one = gathered.setdefault(key, _Gathered(why))
            one.numbers += crowd.numbers
            one.groups[crowd.main_group] += len(crowd.numbers)
    told = [
        _effect(comparison, toggle, (old, new), one, reasons)
        for (toggle, old, new, _), one in gathered.items()
    ]
    return sorted(told, key=_rank)


def _why(
    comparison: Comparison, crowd: Crowd, pattern: Pattern, reasons: Reasons
) -> Iterator[Reason]:
    toggle = comparison.new.toggles[pattern.toggle]
    for cause in pattern.shared:
        yield reasons.shared(comparison.declared[cause - 1], toggle)
    for own in pattern.own:
        if crowd.old is not None and crowd.new is not None:
            yield reasons.own(own, crowd.old, crowd.new, toggle)


def _effect(
    comparison: Comparison,
    key: str,
    ends: tuple[Outcome, Outcome],
    one: _Gathered,
    reasons: Reasons,
) -> Effect:
    toggle = comparison.new.toggles[key]
    users = names(comparison, one.numbers)
    groups = ((_group_name(reasons, group), count) for group, count in one.groups.items())
    return Effect(
        toggle=toggle,
        old=ends[0],
        new=ends[1],
        does=effect(toggle, *ends, many=len(users) > 1),
        reasons=tuple(_placed(reason, users, reasons) for reason in one.reasons),
        users=users,
        groups=tuple(sorted(groups, key=lambda item: (-item[1], item[0] is None, item[0] or ""))),
    )


def _group_name(reasons: Reasons, group: tuple[str, str] | None) -> str | None:
    return None if group is None else reasons.group_name(*group)


def _placed(reason: Reason, users: Sequence[str], reasons: Reasons) -> Sentence:
    """Add to a reason of the users' own where it stands for the first of them."""
    where = reason.own and reasons.own_place(reason.own, users[0])
    if not where:
        return reason.sentence
    more = f" and {len(users) - 1:,} more" if len(users) > 1 else ""
    return say(reason.sentence, " (", at(where), more, ")")


def _rank(one: Effect) -> tuple[object, ...]:
    flows = one.old.sync != one.new.sync
    ends = (str(part) for outcome in (one.old, one.new) for part in outcome)
    return one.toggle.key != SYNC_TOGGLE, -len(one.users), not flows, one.toggle.key, *ends


def second_group(comparison: Comparison, user: User, group: str) -> bool:
    """Tell whether a group is a user's, though not the main one where that makes a difference."""
    by_main = resolution(comparison.new, user.account) is Resolution.PRIMARY_GROUP
    return by_main and group in user.groups and group != user.primary_group


def counted_causes(comparison: Comparison, found: Iterable[Crowd]) -> Counter[int]:
    """Return how many people have each declared change among their causes."""
    counts: Counter[int] = Counter()
    for crowd in found:
        for cause in {cause for pattern in crowd.patterns for cause in pattern.shared}:
            counts[cause] += len(crowd.numbers)
        own = [pattern for pattern in crowd.patterns if pattern.own]
        for number in crowd.numbers if own else ():
            person = comparison.rows.people[number]
            counts.update({c for one in own for c in comparison.rows.own(person, one)})
    return counts
