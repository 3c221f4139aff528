"""The people of the page that `diff --format html` writes: everybody concerned, in little room.

What many share is written once and referred to by number: users of one pair of profiles differ
in nothing but their id, their name, and where their own choice stands. So fifty thousand people
are fifty thousand short lists, and a few dozen explanations. `page/rows.js` reads this.
"""

from __future__ import annotations

from collections import Counter
from heapq import merge
from itertools import groupby, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.report.change_words import line
from engine.report.diff_shapes import NOTHING, Shapes
from engine.report.screen import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.model import User
    from engine.report.diff_shapes import Move, Shape
    from engine.review.comparison import Comparison
    from engine.review.rows import Person
    from engine.review.story import Story


class Table(NamedTuple):
    """What the page's script reads, and what was counted on the way: people, each once.

    `numbers` are those of the moves in the content, `left_out` the people beyond the limit.
    """

    content: dict[str, Any]
    moves: Counter[Move]
    numbers: dict[Move, int]
    effects: Counter[str]
    left_out: int


def table(comparison: Comparison, story: Story, *, limit: int, provenance: bool = False) -> Table:
    """Return the rows of everybody concerned, of `limit` people at the most."""
    return _Builder(comparison, story, provenance=provenance).table(limit)


class _Builder:
    def __init__(self, comparison: Comparison, story: Story, *, provenance: bool) -> None:
        self.comparison = comparison
        self.story = story
        self.provenance = provenance
        self.shapes = Shapes(comparison)

    def table(self, limit: int) -> Table:
        people: list[list[Any]] = []
        moves: Counter[Move] = Counter()
        causes: set[int] = set()
        counted: Counter[int] = Counter()
        left_out = 0
        for rows, others in self._people():
            one = rows or others
            assert one is not None  # noqa: S101 - a person is in one of the lists
            shape = self.shapes.of(one.user, rows, others)
            counted[id(shape)] += 1
            found = [self.comparison.rows.causes(one, pattern) for pattern in shape.patterns]
            causes.update(change for row in found for change in row)
            if len(people) < limit:
                people.append(self._person(one.user, shape, found))
            else:
                left_out += 1
        effects: Counter[str] = Counter()
        for shape in self.shapes.known.values():
            users = counted[id(shape)]
            moves.update({move: users for move in shape.moves if move})
            effects.update(dict.fromkeys(shape.effects, users))
        numbers = {move: self.shapes.number_of(move) for move in moves}
        content = {"changes": self._changes(causes), "people": people, **self.shapes.content()}
        return Table(content, moves, numbers, effects, left_out)

    def _changes(self, causes: set[int]) -> dict[int, list[Any]]:
        """Return each cause in one line, with its place, by its id."""
        found: dict[int, list[Any]] = {}
        for told in self.story.declared:
            change = told.change
            if change.id in causes:
                at = change.new_location or change.old_location
                place = self.shapes.place(at) if at else NOTHING
                found[change.id] = [line(told, self.comparison), place]
        return found

    def _people(self) -> Iterator[tuple[Person | None, Person | None]]:
        """Yield everybody once, with the rows that changed and, where asked for, with others."""
        others: Iterable[Person] = self.comparison.provenance.people if self.provenance else ()
        changed = zip(self.comparison.rows.people, repeat(0))
        both = merge(changed, zip(others, repeat(1)), key=lambda one: one[0][:2])
        for _, found in groupby(both, key=lambda one: one[0][:2]):
            sides: list[Person | None] = [None, None]
            for person, at in found:
                sides[at] = person
            yield sides[0], sides[1]

    # -- one person ---------------------------------------------------------------------------

    def _person(self, name: str, shape: Shape, causes: list[tuple[int, ...]]) -> list[Any]:
        old, new = self.comparison.old.users.get(name), self.comparison.new.users.get(name)
        known = (new and new.name) or (old and old.name)
        row: list[Any] = [plain(name), plain(known) if known else NOTHING, shape.number]
        if not shape.is_all:
            row.append(
                [
                    [
                        causes[at] if pattern.own else NOTHING,
                        self._choice(old, pattern.toggle) if own[0] else NOTHING,
                        self._choice(new, pattern.toggle) if own[1] else NOTHING,
                    ]
                    for at, (pattern, own) in enumerate(zip(shape.patterns, shape.own, strict=True))
                ]
            )
        return row

    def _choice(self, user: User | None, toggle: str) -> list[Any] | int:
        """Return where a user declares a choice, and the note on it."""
        if user is None or user.origin is None:
            return NOTHING
        note = user.settings[toggle].note
        place = self.shapes.place(user.origin.locate(("toggles", toggle), key=True))
        return [place, plain(note) if note else NOTHING]
