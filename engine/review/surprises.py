"""What a reader of the changed lines might not expect, and those who notice nothing."""

from __future__ import annotations

from collections import defaultdict

from engine.counts import agree
from engine.model import Reason, Scope, State, SyncReason
from engine.review.comparison import CHANGED, Comparison
from engine.review.crowds import names, second_group
from engine.review.explanation import on_or_off
from engine.review.phrases import Sentence, called, noun, people, say
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.review.crowds import Crowd
    from engine.review.reasons import Reasons
    from engine.review.rows import Pattern


class Surprise(NamedTuple):
    """Something that a reader of the changed lines might not expect, and whom it concerns."""

    sentence: Sentence
    users: tuple[str, ...]


def surprises(
    comparison: Comparison, found: Sequence[Crowd], reasons: Reasons
) -> Iterator[Surprise]:
    """Yield what surprises, by kind, and of one kind what concerns most people first."""
    numbers: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for crowd in found:
        kinds = {
            kind
            for pattern in crowd.patterns
            if pattern.action == CHANGED
            for kind in _surprising(comparison, crowd, pattern)
        }
        for kind in kinds:
            numbers[kind] += crowd.numbers
    ranked = sorted(numbers, key=lambda k: (_ORDER.index(k[0]), -len(numbers[k]), k))
    groups = sum(kind[0] == _SECOND for kind in ranked)
    told = groups if groups <= _GROUPS + 1 else _GROUPS
    for kind in ranked[:told]:
        yield _told(comparison, kind, numbers[kind], reasons)
    if told < groups:
        rest = {number for kind in ranked[told:groups] for number in numbers[kind]}
        yield _in_others(comparison, groups - told, rest)
    for kind in ranked[groups:]:
        yield _told(comparison, kind, numbers[kind], reasons)


def _told(
    comparison: Comparison, kind: tuple[str, ...], numbers: Sequence[int], reasons: Reasons
) -> Surprise:
    users = names(comparison, numbers)
    return Surprise(_surprise(comparison, kind, len(users), reasons), users)


def _in_others(comparison: Comparison, groups: int, numbers: Collection[int]) -> Surprise:
    """Return the members of more groups than are told one by one."""
    are = agree(len(numbers), "is", "are")
    words = f"{len(numbers):,} of them {are} in {groups:,} other groups only as a second group"
    return Surprise(say(words), names(comparison, numbers))


_GROUPS: Final = 5
"""So many groups are told one by one: a change of a hundred would bury what else surprises."""
_SECOND: Final = "second_group"
_ORDER: Final = (_SECOND, "conflict", "kept", "back", "idle")


def _surprising(
    comparison: Comparison, crowd: Crowd, pattern: Pattern
) -> Iterator[tuple[str, ...]]:
    """Yield what surprises in one row; each is a kind and what its sentence needs."""
    old, new, row, was = crowd.old, crowd.new, pattern.new, pattern.old
    if old is None or new is None or row is None or was is None:
        return
    for change in (comparison.declared[cause - 1] for cause in pattern.shared):
        if change.kind == "group" and second_group(comparison, new, str(change.scope_id)):
            yield _SECOND, str(change.account), str(change.scope_id)
    toggle = pattern.toggle
    if row.reason is Reason.GROUP_LOCK_CONFLICT and was.reason is not row.reason:
        yield "conflict", toggle
    chosen = new.settings.get(toggle)
    if chosen and row.locked and chosen.state is not row.state and was.state is not row.state:
        yield "kept", toggle, on_or_off(chosen.state)
    unchanged = old.settings.get(toggle) == chosen
    if was.locked and row.source_scope is Scope.USER and unchanged and row.state is not was.state:
        yield "back", toggle, on_or_off(row.state)
    turned_on = row.state is State.ENABLED and was.state is State.DISABLED
    if turned_on and row.sync is False and row.sync_reason is not None:
        yield "idle", toggle, row.sync_reason.value


_IDLE: Final = {
    SyncReason.REQUIRED_TOGGLE_DISABLED.value: "a toggle that it needs is off for them",
    SyncReason.NO_CALENDAR.value: "they have no calendar connected",
    SyncReason.UNSUPPORTED_CALENDAR.value: "none of their calendars is supported",
}


def _surprise(
    comparison: Comparison, kind: tuple[str, ...], number: int, reasons: Reasons
) -> Sentence:
    of_them = f"{number:,} of them "
    are, have = agree(number, "is", "are"), agree(number, "has", "have")
    what = kind[0]
    if what == _SECOND:
        name = called(reasons.group_name(kind[1], kind[2]))
        return say(f"{of_them}{are} in ", name, " only as a second group")
    it = noun(comparison.new.toggles[kind[1]])
    if what == "conflict":
        meet = agree(number, "meets", "meet")
        tail = ": off and locked until one of those goes"
        return say(f"{of_them}{meet} opposite locks of ", it, tail)
    if what == "kept":
        tail = f" {kind[2]} themselves; the choice is kept, and counts again when the lock goes"
        return say(f"{of_them}{have} turned ", it, tail)
    if what == "back":
        get = agree(number, "gets", "get")
        words = f"{of_them}{get} back what they had chosen before the lock: "
        return say(words, it, f" {kind[2]}")
    return say(f"{of_them}{have} ", it, f" turned on, but no events flow: {_IDLE[kind[2]]}")


def unnoticed(comparison: Comparison, reasons: Reasons) -> Iterator[Surprise]:
    """Yield those for whom reason or source alone differ, by what decided and what decides."""
    found: dict[tuple[str, Sentence, Sentence], list[str]] = defaultdict(list)
    for person in comparison.provenance.people:
        for one in person.patterns:
            if one.old and one.new:
                deciding = (reasons.deciding(row) for row in (one.old, one.new))
                found[one.toggle, next(deciding), next(deciding)].append(person.user)
    for (key, before, after), users in sorted(found.items(), key=lambda item: -len(item[1])):
        title = noun(comparison.new.toggles[key])
        keep = agree(len(users), "keeps", "keep")
        words = say(f"{people(len(users))} {keep} ", title, " as it is: ")
        yield Surprise(say(words, after, " decides now, not ", before), tuple(users))
