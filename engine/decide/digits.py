"""What groups say of many toggles, as one number per group: a digit from 0 to 7 for each toggle.

Writes DuckDB's SQL as text and runs nothing; there is no plain form. As many digits as fit into a
number are a *word*: a row's groups are looked up once for each word, and not for each toggle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.decide.heard import sort_of
from engine.decide.tiered import Column
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.model import Group

_WIDE: Final = 21
"""How many digits there are in a word, of 63 bits."""
_ONES: Final = int("1" * _WIDE, 8)
_LAST: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Digits:
    """The digits of a row's groups: `name` begins the names of their columns.

    `places` are where the digits of a toggle stand, one for each set that it belongs to. A digit
    is what `said` gives for the sort of a group's setting (`sort_of`), 0 where it has none.
    """

    name: str
    places: Mapping[str, Sequence[int]]
    said: tuple[int, int, int, int]

    def lookups(self, groups: Sequence[Group]) -> list[Column]:
        """Return lists of the words of all groups of an account, in the order of the groups."""
        found = [[0] * len(groups) for _ in self._words()]
        for at, group in enumerate(groups):
            for key in group.settings:
                digit = self.said[sort_of(group, key)]
                for place in self.places.get(key, ()):
                    found[place // _WIDE][at] |= digit << 3 * (place % _WIDE)
        return [
            Column(f"{self.name}_of{word}", f"'{numbers}'::UBIGINT[]")
            for word, numbers in enumerate(found)
        ]

    def of_one(self, group: str) -> list[Column]:
        """Return the words of one group of a row."""
        return self._columns(lambda of: f"{of}[enum_code({group}) + 1]")

    def of_all(self, groups: str) -> list[Column]:
        """Return the words in which each bit is set that is set for any group of a row."""
        return self._columns(lambda of: f"list_aggregate({_each(groups, of)}, 'bit_or')")

    def of_first(self, groups: str) -> list[Column]:
        """Return the words in which each digit is that of the first group that has an odd one."""
        kept = f"lambda a, b: a | (b & ~((a & {_ONES}) * 7))"
        return self._columns(lambda of: f"list_reduce({_each(groups, of)}, {kept}, 0::UBIGINT)")

    def ranks(self, groups: Sequence[Group]) -> list[Column]:
        """Return a list for each place: the least of some groups' numbers has the first's digit."""
        found = {
            place: [_LAST] * len(groups) for places in self.places.values() for place in places
        }
        for at, group in enumerate(groups):
            for key in group.settings:
                for place in self.places.get(key, ()):
                    found[place][at] = at << 3 | self.said[sort_of(group, key)]
        return [
            Column(f"{self.name}_at{place}", f"'{numbers}'::UBIGINT[]")
            for place, numbers in found.items()
        ]

    def of_first_by_ranks(self, groups: str) -> list[Column]:
        """Return the same as `of_first` by `ranks`: cheaper for few digits, of groups unsorted."""
        found: dict[int, list[str]] = {word: [] for word in self._words()}
        for place in (place for places in self.places.values() for place in places):
            least = f"list_min({_each(groups, f'{self.name}_at{place}')})"
            digit = f"(coalesce({least}, 0) & 7) << {3 * (place % _WIDE)}"
            found[place // _WIDE].append(f"({digit})")
        return [Column(f"{self.name}{word}", " | ".join(all_)) for word, all_ in found.items()]

    def slices(self, start: int, end: int) -> list[Column]:
        """Return the digits from one place up to another, a column a word."""
        return [
            Column(
                f"{self.name}{word}", f"({self.name}{word} >> {3 * low}) & {8 ** (high - low) - 1}"
            )
            for word, low, high in _spans(start, end)
        ]

    def digit(self, place: int, start: int, prefix: str) -> str:
        """Return a digit of the slices that begin at a place, whose columns bear a prefix."""
        word, at = divmod(place, _WIDE)
        low = max(start - word * _WIDE, 0)
        return f"(({prefix}{self.name}{word} >> {3 * (at - low)}) & 7)"

    def _words(self) -> range:
        last = max((place for places in self.places.values() for place in places), default=-1)
        return range(last // _WIDE + 1)

    def _columns(self, looked_up: Callable[[str], str]) -> list[Column]:
        return [
            Column(f"{self.name}{word}", f"coalesce({looked_up(f'{self.name}_of{word}')}, 0)")
            for word in self._words()
        ]


def _each(groups: str, of: str) -> str:
    return f"list_transform({groups}, lambda g: {of}[enum_code(g) + 1])"


def _spans(start: int, end: int) -> list[tuple[int, int, int]]:
    """Return the words that places lie in, and from which digit of each up to which."""
    return [
        (word, max(start - word * _WIDE, 0), min(end - word * _WIDE, _WIDE))
        for word in range(start // _WIDE, (end - 1) // _WIDE + 1)
    ]
