"""Takes the census of a table: numbers what its rows say, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.read import arrays
from engine.read.census import Census, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.read.arrays import Numbers

LARGEST: Final = 160_000_000
"""How many bytes a census has at most: ten million people in three groups each take 80 million."""
_PLACES: Final = 1 << 8
_CHOICES: Final = (None, False, True)
_MOST: Final = 1 << 14
"""How many kinds there are at most, with the beginnings that they share."""


class Form(NamedTuple):
    """The columns of the rows that a census is taken of, in this order.

    A list of words of `groups`; a list of so many other words where there are `calendars`; with
    `main` the primary one of the groups; and so many truth values as there are `choices`.
    """

    groups: Sequence[str]
    calendars: int
    main: bool
    choices: int


def taken(batches: Iterable[Any], form: Form) -> Census | None:
    """Return the census of sound rows in batches; None where it would be too large, or empty."""
    import numpy as np

    kinds = _Kinds(form)
    columns: tuple[list[Numbers], ...] = [], [], []
    size = 0
    try:
        for batch in batches:
            sizes, members = arrays.members(batch.child(0))
            kind_of = kinds.of(batch, sizes, members)
            small = np.min_scalar_type(int(sizes.max(initial=0)))
            for column, some in zip(columns, (sizes.astype(small), members, kind_of), strict=True):
                column.append(some.copy())  # the batch ends, and its memory with it
                size += some.nbytes
            if size > LARGEST:
                return None
    except _TooManyError:
        return None
    if not size:
        return None
    sizes, members, kind_of = (np.concatenate(column) for column in columns)
    all_kinds = kinds.all()
    kind_of = kind_of.astype(np.min_scalar_type(len(all_kinds)))
    return Census(form.groups, all_kinds, sizes, members, kind_of)


class _TooManyError(Exception):
    """There are more kinds, or longer lists, than a census holds."""


class _Kinds:
    """Numbers what is said of rows, word by word, as the nodes of a tree; the root is 0.

    The words of a list come first, then a place, then choices, each of which has numbers of its
    own: so a path says what was said.
    """

    def __init__(self, form: Form) -> None:
        import numpy as np

        self._form = form
        self._place = form.calendars
        self._choice = self._place + _PLACES
        self._width = self._choice + len(_CHOICES)
        self._nodes: list[tuple[int, int]] = [(0, 0)]  # the parent, and the word
        self._next = np.full(self._width, -1, np.int32)

    def of(self, batch: Any, sizes: Numbers, members: Numbers) -> Numbers:
        """Return the numbers of the kinds of a batch's rows, whose groups these are."""
        import numpy as np

        form = self._form
        found: Numbers = np.zeros(len(sizes), np.int64)
        at = 1
        if form.calendars:
            found = self._listed(found, *arrays.members(batch.child(at)))
            at += 1
        if form.main:
            found = self._said(found, self._place + _places(sizes, members, batch.child(at)))
            at += 1
        for column in range(at, at + form.choices):
            said = 1 + arrays.truths(batch.child(column)).astype(np.int64)
            there = arrays.there(batch.child(column))
            found = self._said(found, self._choice + (said if there is None else said * there))
        return found.astype(np.uint16)

    def all(self) -> list[Kind]:
        """Return all kinds by their numbers, and what their beginnings would be."""
        return [self._kind(number) for number in range(len(self._nodes))]

    def _kind(self, number: int) -> Kind:
        words: list[int] = []
        while number:
            number, word = self._nodes[number]
            words.insert(0, word)
        choices = [_CHOICES[word - self._choice] for word in words if word >= self._choice]
        places = [word - self._place for word in words if self._place <= word < self._choice]
        listed = tuple(word for word in words if word < self._place)
        unsaid = [None] * (self._form.choices - len(choices))
        return Kind(listed, places[0] if places else 0, (*choices, *unsaid))

    def _listed(self, found: Numbers, sizes: Numbers, words: Numbers) -> Numbers:
        """Go on with a list of words for each row."""
        import numpy as np

        begins = np.cumsum(sizes) - sizes
        for at in range(int(sizes.max(initial=0))):
            some = np.flatnonzero(sizes > at)
            found[some] = self._said(found[some], words[begins[some] + at])
        return found

    def _said(self, found: Numbers, words: Numbers) -> Numbers:
        """Go on with a word for each row."""
        import numpy as np

        keys = found * self._width + words
        known = self._next.take(keys)
        unknown = keys[known < 0]
        if not len(unknown):
            return known.astype(np.int64)
        for key in np.unique(unknown).tolist():
            if len(self._nodes) == _MOST:
                raise _TooManyError
            self._next[key] = len(self._nodes)
            self._nodes.append(divmod(key, self._width))
        room = len(self._nodes) * self._width - len(self._next)
        if room > 0:
            more = np.full(max(room, len(self._next)), -1, np.int32)
            self._next = np.concatenate([self._next, more])
        return self._next.take(keys).astype(np.int64)


def _places(sizes: Numbers, members: Numbers, column: Any) -> Numbers:
    """Return the place of each row's primary group among its groups, 0 where none is named."""
    import numpy as np

    places: Numbers = np.zeros(len(sizes), np.int64)
    begins = np.cumsum(sizes) - sizes
    main, there = arrays.numbers(column), arrays.there(column)
    left = np.arange(len(sizes)) if there is None else np.flatnonzero(there)
    for at in range(_PLACES - 1):
        left = left[sizes[left] > at]
        if not len(left):
            return places
        same = members[begins[left] + at] == main[left]
        places[left[same]] = at + 1
        left = left[~same]
    if len(left):
        raise _TooManyError
    return places
