"""Rows and lists of numpy's numbers told apart: each gets a number of its own, if it is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.read.arrays import Numbers


def numbered(*columns: Numbers) -> Numbers:
    """Return a number from 0 for each row of some columns, the same for rows that are the same."""
    import numpy as np

    found = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        least = int(column.min(initial=0))
        width = int(column.max(initial=0)) - least + 1
        _, found = np.unique(found * width + (column - least), return_inverse=True)
    return found


def alike(sizes: Numbers, members: Numbers) -> Numbers:
    """Return a number for each list, the same for lists of the same members in the same order."""
    import numpy as np

    found = np.zeros(len(sizes), np.int64)
    begins = np.cumsum(sizes) - sizes
    for at in range(int(sizes.max(initial=0))):
        some = np.flatnonzero(sizes > at)
        # INVARIANT: what is longer gets a number that nothing shorter has.
        found[some] = numbered(found[some], members[begins[some] + at]) + found.max() + 1
    return found


def firsts_of(numbers: Numbers) -> Numbers:
    """Return where each number is met first, in the order of the numbers."""
    import numpy as np

    return np.unique(numbers, return_index=True)[1]


def in_order(sizes: Numbers, members: Numbers) -> Numbers:
    """Return the members of lists, each list in order."""
    import numpy as np

    rows = np.repeat(np.arange(len(sizes)), sizes)
    return members[np.lexsort((members, rows))]
