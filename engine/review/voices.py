"""Who is heard in all accounts of a fold, as numbers that SQL can sort, compare and take apart.

A *code* stands for one who is heard. Codes sort as their bearers are heard, and hold the label and
the first change, so that lists of one number a group say all that a fold asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from engine.review.hearing import Heard, Hearing

_LARGEST: Final = 2**63 - 1


class Voices:
    """The codes of those who are heard in some accounts, of each as in `hearings`."""

    def __init__(self, hearings: Sequence[Hearing]) -> None:
        self._hearings = hearings
        everybody = [one for each in hearings for one in (*(each.mains or ()), *each.others)]
        self._heard = everybody
        self._labels = 1 + max((one.label for one in everybody), default=0)
        self._firsts = 2 + max((one.first or 0 for one in everybody), default=0)
        largest = len(everybody) * self._labels * self._firsts
        self.kind = "BIGINT" if largest <= _LARGEST else "HUGEINT"

    # -- as values ----------------------------------------------------------------------

    def rows(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Return the rows of those heard as primary groups, and of the others.

        Each is the number of the account, the group, its code, and what tells it apart.
        """
        mains: list[tuple[Any, ...]] = []
        others: list[tuple[Any, ...]] = []
        numbers = iter(range(len(self._heard)))
        for home, each in enumerate(self._hearings):
            for some, rows in ((each.mains or (), mains), (each.others, others)):
                # INVARIANT: they come in the order in which they are heard.
                rows += [(home, o.group, self._code(next(numbers), o), o.apart) for o in some]
        return mains, others

    def _code(self, number: int, heard: Heard) -> int:
        first = 0 if heard.first is None else heard.first + 1
        return (number * self._labels + heard.label) * self._firsts + first

    def by_main(self, home: int) -> bool:
        """Tell whether primary groups play a part in an account."""
        return self._hearings[home].mains is not None

    def heard(
        self, main: int | None, others: Sequence[int] | None
    ) -> tuple[Heard | None, list[Heard]]:
        """Return those whose codes these are: as the primary group, and the others."""
        every = self._labels * self._firsts
        first = None if main is None else self._heard[main // every]
        return first, [self._heard[code // every] for code in others or ()]

    # -- as SQL -------------------------------------------------------------------------

    def label(self, code: str) -> str:
        """Return the label of a code."""
        return f"({code} // {self._firsts} % {self._labels})"

    def first(self, code: str) -> str:
        """Return the id of the first change of a code's group, null where it has none."""
        return f"(nullif({code} % {self._firsts}, 0) - 1)::INTEGER"
