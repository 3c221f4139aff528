"""What decisions between two sets hear of an account's groups, told apart from who says it.

Of a user whom both sides declare the same, R4 hears what the primary group declares and which
others lock, the smallest id first; R5 hears who declares, the smallest priority first. Groups that
say the same on both sides, and were changed in the same way, are told apart by their order alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.decide.facts import rank, resolution
from engine.model import Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from engine.model import Group, PolicySet
    from engine.review.changes import DeclaredChange

    Number = Callable[[Hashable], int]
    """Numbers what it is given: the same for what is equal."""


class Heard(NamedTuple):
    """A group that decisions hear of: when, and the number of what it says.

    Of those that have one number in `apart` the first is heard alone. `first` is the id of the
    first of its declared changes, None where nothing changed.
    """

    group: str
    place: int
    label: int
    apart: int
    first: int | None


class Hearing(NamedTuple):
    """What is heard in one account: of primary groups, None where they play no part; of others."""

    mains: tuple[Heard, ...] | None
    others: tuple[Heard, ...]


def hearing(
    old: PolicySet,
    new: PolicySet,
    account: str,
    changes: Mapping[str, Sequence[DeclaredChange]],
    number: Number,
) -> Hearing:
    """Return what is heard of the groups of an account.

    `changes` are those of its groups in fields that decisions read, by group, in order.
    """
    names = sorted({g for side in (old, new) for owner, g in side.groups if owner == account})
    groups = [
        _Group(
            name, old.groups.get((account, name)), new.groups.get((account, name)), changes, number
        )
        for name in names
    ]
    ways = {resolution(side, account) for side in (old, new)}
    if ways == {Resolution.PRIMARY_GROUP}:
        return Hearing(_mains(groups), _by_id(groups))
    if ways == {Resolution.GROUP_PRIORITY}:
        return Hearing(None, _by_priority(groups))
    return Hearing(*(_each_apart(groups),) * 2)


class _Group:
    """A group on both sides, and what changed of it."""

    def __init__(
        self,
        name: str,
        old: Group | None,
        new: Group | None,
        changes: Mapping[str, Sequence[DeclaredChange]],
        number: Number,
    ) -> None:
        self.name = name
        self.sides = (old, new)
        self.changes = changes.get(name, ())
        self._number = number

    @property
    def declares(self) -> bool:
        """Tell whether it says anything on one of the sides, or is changed."""
        return bool(self.changes) or any(side and side.settings for side in self.sides)

    @property
    def locks(self) -> bool:
        """Tell whether it locks anything on one of the sides, or is changed."""
        return bool(self.changes) or any(
            setting.locked for side in self.sides if side for setting in side.settings.values()
        )

    def heard(self, place: int, *, locks_only: bool = False) -> Heard:
        """Return it as one of those who say the same."""
        if not self.changes:
            label = self._number(("same", self._said(1, locks_only=locks_only)))
            return Heard(self.name, place, label, label, None)
        first = self.changes[0].id
        shape = tuple((one.id - first, one.toggle, one.field) for one in self.changes)
        if None in self.sides:
            return self.alone(place)
        label = self._number(("changed", self._said(0), self._said(1), shape))
        return Heard(self.name, place, label, self._number(("apart", self.name)), first)

    def alone(self, place: int, why: Hashable = None) -> Heard:
        """Return it as one whom nobody else is like."""
        label = self._number(("alone", self.name, why))
        return Heard(self.name, place, label, label, self.changes[0].id if self.changes else None)

    def _said(self, side: int, *, locks_only: bool = False) -> Hashable:
        group = self.sides[side]
        return frozenset(
            (key, one.state, one.locked)
            for key, one in (group.settings.items() if group else ())
            if one.locked or not locks_only
        )


def _mains(groups: Sequence[_Group]) -> tuple[Heard, ...]:
    return tuple(group.heard(at) for at, group in enumerate(groups) if group.declares)


def _by_id(groups: Sequence[_Group]) -> tuple[Heard, ...]:
    """Return who is heard beside the primary group under R4."""
    locking = (group for group in groups if group.locks)
    return tuple(group.heard(at, locks_only=True) for at, group in enumerate(locking))


def _by_priority(groups: Sequence[_Group]) -> tuple[Heard, ...]:
    """Return who is heard under R5; where the priority changed, once by each."""
    ranked = sorted(
        (one, side, group)
        for group in groups
        if group.declares
        for side, one in enumerate(_ranks(group))
    )
    return tuple(
        group.heard(at) if len(set(_ranks(group))) == 1 else group.alone(at, side)
        for at, (_, side, group) in enumerate(ranked)
    )


def _ranks(group: _Group) -> list[tuple[float, str]]:
    """Return the ranks of a group on both sides, one where they are the same."""
    return list(dict.fromkeys(rank(side) for side in group.sides if side))


def _each_apart(groups: Sequence[_Group]) -> tuple[Heard, ...]:
    """Return who is heard where one side is decided by R4 and the other by R5."""
    return tuple(group.alone(at) for at, group in enumerate(groups) if group.declares)
