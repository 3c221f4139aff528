"""The rows of a comparison: kept once per pair of profiles, made for a user when asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from engine.decide.decisions import for_user
from engine.typed import TYPE_CHECKING, NamedTuple, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.model import Decision
    from engine.review.causes import Causes, Own
    from engine.review.templates import Folded


class Row(NamedTuple):
    """One user and toggle whose decision differs; `causes` are ids of declared changes.

    `old` is None where the user was added, `new` where removed.
    """

    account: str
    user: str
    toggle: str
    action: str
    old: Decision | None
    new: Decision | None
    causes: tuple[int, ...]


class Pattern(NamedTuple):
    """A row that all users of one pair of profiles share, as one of them has it.

    `shared` are the ids of causes that all have in common, `own` what the user declares.
    """

    toggle: str
    action: str
    old: Decision | None
    new: Decision | None
    shared: tuple[int, ...]
    own: tuple[Own, ...]


class Person(NamedTuple):
    """A user who differs, and how all of the same profiles do."""

    account: str
    user: str
    patterns: tuple[Pattern, ...]


def _name(person: Person) -> tuple[str, str]:
    return person[:2]


class Rows(Sequence[Row]):
    """The rows of a comparison, ordered by account, user and toggle; each made when asked for.

    `folded` are more people, of large tables, who stay there until somebody asks for `people`;
    with `others` those of them who differ in reason or source alone. `apart` are the rest.
    """

    def __init__(
        self,
        people: Iterable[Person],
        causes: Causes,
        folded: Folded | None = None,
        *,
        others: bool = False,
    ) -> None:
        self.apart = sorted(people, key=_name)
        self.folded = folded
        self._others = others
        self._causes = causes

    @cached_property
    def people(self) -> list[Person]:
        """Everybody, ordered by account and id."""
        if self.folded is None:
            return self.apart
        return sorted([*self.apart, *self.folded.people(others=self._others)], key=_name)

    def without_folded(self) -> Rows:
        """Return the rows of all others."""
        return Rows(self.apart, self._causes)

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(len(person.patterns) for person in self.people))

    def __len__(self) -> int:
        more = self.folded.number(others=self._others) if self.folded else 0
        return sum(len(person.patterns) for person in self.apart) + more

    def __iter__(self) -> Iterator[Row]:
        for person in self.each():
            for pattern in person.patterns:
                yield self._row(person, pattern)

    def each(self) -> Iterable[Person]:
        """Return everybody in order, to be gone through once; of them nobody is kept."""
        if self.folded is None or "people" in vars(self):
            return self.people
        from heapq import merge

        return merge(self.apart, self.folded.stream(others=self._others), key=_name)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        number = bisect_right(self._ends, at)
        person = self.people[number]
        return self._row(person, person.patterns[at - self._ends[number]])

    def causes(self, person: Person, pattern: Pattern) -> tuple[int, ...]:
        """Return the ids of the causes of one row."""
        if not pattern.own:
            return pattern.shared
        return tuple(sorted((*pattern.shared, *self.own(person, pattern))))

    def own(self, person: Person, pattern: Pattern) -> tuple[int, ...]:
        """Return the ids of those causes that are the user's own."""
        sides = (self._causes.old, self._causes.new)
        return self._causes.ids(pattern.own, *(side.users.get(person.user) for side in sides))

    def _row(self, person: Person, pattern: Pattern) -> Row:
        return Row(
            person.account,
            person.user,
            pattern.toggle,
            pattern.action,
            pattern.old and for_user(pattern.old, person.user),
            pattern.new and for_user(pattern.new, person.user),
            self.causes(person, pattern),
        )
