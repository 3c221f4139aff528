"""Who is heard in all accounts of a fold, as numbers that can be sorted, compared and taken apart.

A *code* stands for one who is heard. Codes sort as their bearers are heard, and hold the label and
the first change, so that lists of one number a group say all that a fold asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.read.arrays import Numbers
    from engine.review.hearing import Heard, Hearing

    Codes = TypeVar("Codes", int, Numbers)

_LARGEST: Final = 2**63 - 1


class Voice(NamedTuple):
    """A group that is heard: the number of its account, its id, its code, what tells it apart.

    Of those of an account that have one number in `apart` the first is heard alone.
    """

    home: int
    group: str
    code: int
    apart: int


class Voices:
    """The codes of those who are heard in some accounts, of each as in `hearings`.

    `mains` are those heard as primary groups, `others` all else, both in the order in which they
    are heard.
    """

    def __init__(self, hearings: Sequence[Hearing]) -> None:
        self._hearings = hearings
        everybody = [one for each in hearings for one in (*(each.mains or ()), *each.others)]
        self._heard = everybody
        self._labels = 1 + max((one.label for one in everybody), default=0)
        self._firsts = 2 + max((one.first or 0 for one in everybody), default=0)
        self.is_small = len(everybody) * self._labels * self._firsts <= _LARGEST
        self.kind = "BIGINT" if self.is_small else "HUGEINT"
        self.mains: list[Voice] = []
        self.others: list[Voice] = []
        number = 0
        for home, each in enumerate(hearings):
            for some, voices in ((each.mains or (), self.mains), (each.others, self.others)):
                for one in some:
                    voices.append(Voice(home, one.group, self._code(number, one), one.apart))
                    number += 1

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

    def label_of(self, code: Codes) -> Codes:
        """Return the label of a code, or of each of an array."""
        return code // self._firsts % self._labels

    # -- as SQL -------------------------------------------------------------------------

    def label(self, code: str) -> str:
        """Return the label of a code."""
        return f"({code} // {self._firsts} % {self._labels})"

    def first(self, code: str) -> str:
        """Return the id of the first change of a code's group, null where it has none."""
        return f"(nullif({code} % {self._firsts}, 0) - 1)::INTEGER"
