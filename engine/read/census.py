"""What the rows of a table say but their ids, as arrays of numbers: found by group without a text.

To find the members of some groups among ten million people, DuckDB takes thirty million texts out
of their lists and looks each up. A census holds them as numbers, in the order of the rows, and for
each row the number of the *kind* that it is of: the primary group's place in the list, calendars
and choices. There are as many kinds as people are declared otherwise than by their groups: few.
How one is taken is `counting`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.read.arrays import Numbers

_STEP: Final = 1 << 17
"""So many rows are looked through at once, that what is computed on the way stays near."""
_ALIGNED: Final = 8


class Kind(NamedTuple):
    """How people are declared but for their groups.

    `main` is the place of the primary group among the groups, from 1, and 0 where none is named.
    `calendars` are the numbers of words, and `choices` those of the columns of choices.
    """

    calendars: tuple[int, ...]
    main: int
    choices: tuple[bool | None, ...]


class Census(NamedTuple):
    """The rows of a table, in their order: how many groups each has, all of these, and its kind.

    Groups are held by their numbers in `groups`, kinds by theirs in `kinds`.
    """

    groups: Sequence[str]
    kinds: Sequence[Kind]
    sizes: Numbers
    members: Numbers
    kind_of: Numbers

    @classmethod
    def unpacked(cls, said: memoryview) -> Census:
        """Return the census that was `packed`."""
        import numpy as np

        length = int.from_bytes(said[:_ALIGNED], "little")
        about = json.loads(bytes(said[_ALIGNED : _ALIGNED + length]))
        at = _ALIGNED + length
        columns = []
        for kind, number in about["columns"]:
            columns.append(np.frombuffer(said, kind, number, at))
            at += _padded(columns[-1].nbytes)
        kinds = [Kind(tuple(words), main, tuple(own)) for words, main, own in about["kinds"]]
        return cls(about["groups"], kinds, *columns)

    def packed(self) -> list[bytes | memoryview]:
        """Return all of it in pieces."""
        columns = [self.sizes, self.members, self.kind_of]
        about = {
            "groups": list(self.groups),
            "kinds": self.kinds,
            "columns": [(column.dtype.str, len(column)) for column in columns],
        }
        text = json.dumps(about).encode("ascii")
        text += b" " * (_padded(len(text)) - len(text))
        parts: list[bytes | memoryview] = [len(text).to_bytes(_ALIGNED, "little"), text]
        for column in columns:
            parts += [column.data.cast("B"), bytes(_padded(column.nbytes) - column.nbytes)]
        return parts

    def those_in(self, groups: Collection[str]) -> Found:
        """Return the rows of those who are in one of some groups."""
        import numpy as np

        wanted = np.array([one in groups for one in self.groups], np.bool_)
        found = list(self._steps(wanted))
        return Found(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def _steps(self, wanted: Numbers) -> Iterator[Found]:
        import numpy as np

        begin = 0
        for at in range(0, len(self.sizes), _STEP):
            sizes = self.sizes[at : at + _STEP]
            ends = np.cumsum(sizes, dtype=np.int64)
            members = self.members[begin : begin + int(ends[-1])]
            begin += len(members)
            hits = np.flatnonzero(wanted.take(members))
            rows = np.searchsorted(ends, hits, side="right")
            rows = rows[np.diff(rows, prepend=-1) > 0]  # in order: who is in two of them is once
            some = sizes[rows].astype(np.int64)
            theirs = members[spread(ends[rows] - some, some)]
            yield Found((at + rows).astype(np.uint32), some, theirs, self.kind_of[at + rows])


class Found(NamedTuple):
    """Some rows of a census: the number of each, from 0, and the same columns."""

    rows: Numbers
    sizes: Numbers
    members: Numbers
    kind_of: Numbers

    def begins(self) -> Numbers:
        """Return where the members of each row begin."""
        import numpy as np

        return np.cumsum(self.sizes) - self.sizes


def spread(begins: Numbers, sizes: Numbers) -> Numbers:
    """Return where all members of lists are, list by list."""
    import numpy as np

    shift = np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
    return shift + np.arange(len(shift))


def _padded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
