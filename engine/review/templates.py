"""How people of one situation differ: said once, with the places of what each has of his own.

What two people of a situation do not share are their id, the ids of their groups that are heard,
and the ids of those groups' changes: a `Template` says by its place which of them a row names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.decide.decisions import for_user
from engine.model import Scope
from engine.review.causes import READ
from engine.review.rows import Pattern, Person
from engine.review.shared_people import Fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence

    from engine.model import Decision, PolicySet, User
    from engine.read.people import People
    from engine.review.changes import DeclaredChange
    from engine.review.shared_people import Situation

    Group = tuple[str, str]
    Compare = Callable[[User, User], tuple[tuple[Pattern, ...], tuple[Pattern, ...]]]
    """Returns the rows that differ in their outcome, and those in reason or source alone."""


class Template(NamedTuple):
    """A pattern of all people of a situation.

    `old_at` and `new_at` are the places of the group that decides, among those heard (from 0,
    the main one), None where no group does. `moved` are causes that are changes of groups: the
    place of each, and how many it comes after the first change of that group.
    """

    toggle: str
    action: str
    old: Decision | None
    new: Decision | None
    old_at: int | None
    new_at: int | None
    shared: tuple[int, ...]
    moved: tuple[tuple[int, int], ...]

    def pattern(self, groups: Sequence[str | None], firsts: Sequence[int | None]) -> Pattern:
        """Return the pattern of those for whom these groups are heard."""
        causes = [*self.shared, *((firsts[at] or 0) + more for at, more in self.moved)]
        return Pattern(
            self.toggle,
            self.action,
            _decided_by(self.old, self.old_at, groups),
            _decided_by(self.new, self.new_at, groups),
            tuple(sorted(causes)),
            (),
        )


def _decided_by(
    row: Decision | None, at: int | None, groups: Sequence[str | None]
) -> Decision | None:
    group = None if at is None else groups[at]
    return row if row is None or group is None else row._replace(source_id=group)


def templates(
    patterns: Iterable[Pattern],
    situation: Situation,
    declared: Sequence[DeclaredChange],
    firsts: dict[tuple[str, str], int],
) -> tuple[Template, ...]:
    """Return the patterns of a situation's stand-in as all of it have them.

    `firsts` are the ids of the first change of each group, by account and id.
    """
    account = situation.user.account
    places = {group: at for at, group in enumerate(situation.groups) if group is not None}

    def freed(row: Decision | None) -> tuple[Decision | None, int | None]:
        if row is None or row.source_scope is not Scope.GROUP:
            return row and for_user(row, ""), None
        return for_user(row, "")._replace(source_id=""), places[row.source_id]

    found = []
    for one in patterns:
        causes = [declared[cause - 1] for cause in one.shared]
        (old, old_at), (new, new_at) = freed(one.old), freed(one.new)
        mine = {c.id: places[str(c.scope_id)] for c in causes if c.kind == "group"}
        found.append(
            Template(
                *(one.toggle, one.action, old, new, old_at, new_at),
                shared=tuple(c.id for c in causes if c.id not in mine),
                moved=tuple(
                    (mine[c.id], c.id - firsts[account, str(c.scope_id)])
                    for c in causes
                    if c.id in mine
                ),
            )
        )
    return tuple(found)


class Folded:
    """The people of a fold who differ: `rows` in their outcome, `others` in reason or source.

    Both are the templates by the number of a situation; `counts` says how many people each has.
    """

    def __init__(self, fold: Fold) -> None:
        self.fold = fold
        self.rows: dict[int, tuple[Template, ...]] = {}
        self.others: dict[int, tuple[Template, ...]] = {}
        self.counts: dict[int, int] = {}
        self._people: tuple[list[Person], list[Person]] | None = None

    def add(
        self, situation: Situation, rows: tuple[Template, ...], others: tuple[Template, ...]
    ) -> None:
        """Add the people of a situation."""
        self.counts[situation.number] = situation.people
        if rows:
            self.rows[situation.number] = rows
        if others:
            self.others[situation.number] = others

    def counted(self) -> Iterator[tuple[tuple[Template, ...], int]]:
        """Yield the rows of each situation, and how many people have them."""
        return ((found, self.counts[number]) for number, found in self.rows.items())

    def number(self, *, others: bool = False) -> int:
        """Return how many rows there are."""
        some = self.others if others else self.rows
        return sum(len(found) * self.counts[number] for number, found in some.items())

    def stream(self, *, others: bool = False) -> Iterator[Person]:
        """Yield each of them, ordered by account and id; nobody is kept."""
        some = self.others if others else self.rows
        known: dict[Hashable, tuple[Pattern, ...]] = {}
        for account, user, number, heard, firsts in self.fold.each(some):
            key = (number, *heard)
            patterns = known.get(key)
            if patterns is None:
                patterns = known[key] = tuple([one.pattern(heard, firsts) for one in some[number]])
            yield Person(account, user, patterns)

    def people(self, *, others: bool = False) -> list[Person]:
        """Return each of them as a value, in no order; the sets know them afterwards."""
        if self._people is None:
            self._people = self._each()
        return self._people[others]

    def _each(self) -> tuple[list[Person], list[Person]]:
        found: tuple[list[Person], list[Person]] = [], []
        for folk in self.fold.folks(self.rows.keys() | self.others.keys()):
            for users in self.fold.users:
                users.hold(folk.ids, folk.user)
            for people, some in zip(found, (self.rows, self.others), strict=True):
                if folk.number not in some:
                    continue
                # INVARIANT: a new tuple for each profile: people who share it are a crowd.
                patterns = tuple(
                    [one.pattern(folk.groups, folk.firsts) for one in some[folk.number]]
                )
                people += [Person(folk.user.account, name, patterns) for name in folk.ids]
        return found


def fold(
    old: PolicySet,
    new: PolicySet,
    people: People,
    changes: Sequence[DeclaredChange],
    whom: tuple[Collection[Group] | None, Collection[str]],
    compared: Compare,
) -> Folded:
    """Return those people of large tables, the same on both sides, who differ.

    `whom` are the groups whose members a change may concern, None for everybody, and the users
    who are looked at one by one.
    """
    read = [change for change in changes if change.field in READ]
    firsts: dict[Group, int] = {}
    for one in read:
        if one.kind == "group":
            firsts.setdefault((str(one.account), str(one.scope_id)), one.id)
    found = Folded(Fold(old, new, people, read, *whom))
    known: dict[Hashable, list[tuple[Template, ...]]] = {}
    for situation in found.fold.situations():
        both = known.get(situation.key)
        if both is None:
            patterns = compared(situation.user, situation.user)
            both = [templates(some, situation, changes, firsts) for some in patterns]
            known[situation.key] = both
        found.add(situation, *both)
    return found
