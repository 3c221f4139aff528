"""Members of some groups, drawn from a census: all that they say but their ids stays numbers.

The ids are fetched from the table by where the rows are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.literals import CALENDAR_WORDS
from engine.read import arrays, duck
from engine.read.censuses import census_of, own_choices
from engine.read.large import raw
from engine.read.population import Raw

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.read.arrays import Listed, Numbers
    from engine.read.census import Census, Found
    from engine.read.large import File, Large
    from engine.read.population import Population


class Drawn:
    """Those who were found in some files of a part, each once, in the order of the rows.

    `groups` are the names of all groups of the census; `members` how many groups each person has,
    and all of these by their numbers, and `begins` where each one's begin; `mains` are the numbers
    of primary groups, or of the first where none is named.
    """

    def __init__(
        self, population: Population, files: Sequence[File], census: Census, found: Found
    ) -> None:
        self.groups = census.groups
        self.kinds = census.kinds
        self.kind_of = found.kind_of
        self.members: Listed = found.sizes, found.members
        self.begins = found.begins()
        self.mains = _mains(census, found)
        self._population = population
        self._files = files
        self._rows = found.rows
        self._own = own_choices(population, files)
        self._said: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def said(self, kind: int) -> dict[str, Any]:
        """Return what people of a kind say but for their groups, as the columns of a row."""
        found = self._said.get(kind)
        if found is None:
            calendars, _, chosen = self.kinds[kind]
            words = [CALENDAR_WORDS.words[one] for one in calendars]
            own = dict(zip(self._own, chosen, strict=True))
            every = range(len(self._population.toggles))
            choices = {f"t{number}": own.get(number) for number in every}
            found = self._said[kind] = {"calendars": words or None, **choices}
        return found

    def profile(self, at: int, user: str) -> Raw:
        """Return how the person of a number is declared: one way for groups in every order."""
        sizes, members = self.members
        mine = members[self.begins[at] : self.begins[at] + sizes[at]]
        said = self.said(int(self.kind_of[at]))
        calendars = said["calendars"]
        return Raw(
            {
                **said,
                "user": user,
                "groups": sorted(self.groups[one] for one in mine),
                "primary_group": self.groups[self.mains[at]],
                "calendars": calendars and sorted(calendars),
            }
        )

    def insert(self, table: str, columns: Mapping[str, Numbers | Listed]) -> None:
        """Put ids with what else is known of each into a table, but of those who stand apart."""
        places = self._places()
        rows, run = f"{table}_rows", self._population.connection
        at = ", ".join(places)
        file = ", file_index AS at_file" if len(self._files) > 1 else ""
        ids = f'SELECT "user", file_row_number AS at_row{file} FROM {raw(self._files)}'
        run.register(rows, arrays.rows({**places, **columns}))
        run.execute(
            f'INSERT INTO {table} SELECT "user", {", ".join(columns)} FROM {rows}'
            f' JOIN ({ids}) USING ({at}) WHERE "user" NOT IN (SELECT id FROM apart)'
        )
        run.unregister(rows)

    def _places(self) -> dict[str, Numbers]:
        """Return where rows are: in a file, and in which, where there are several."""
        import numpy as np

        if len(self._files) == 1:
            return {"at_row": self._rows.astype(np.int64)}
        run = self._population.connection
        sizes = np.array([duck.parquet_rows(run, file.path) for file in self._files])
        ends = np.cumsum(sizes)
        at = np.searchsorted(ends, self._rows, side="right")
        return {"at_row": self._rows - (ends - sizes)[at], "at_file": at.astype(np.uint64)}


def drawn(population: Population, part: Large, groups: Collection[str]) -> list[Drawn] | None:
    """Return those of a part who are in one of some groups; None where it has no census."""
    if not all(file.placed for file in part.files):
        return None  # before a census is read of some that all others cannot have
    found = []
    for alike in part.alike():
        census = census_of(population, part, alike)
        if census is None:
            return None
        found.append(Drawn(population, alike, census, census.those_in(groups)))
    return found


def _mains(census: Census, found: Found) -> Numbers:
    import numpy as np

    places = np.array([kind.main for kind in census.kinds]).take(found.kind_of)
    mains: Numbers = found.members.take(found.begins() + np.maximum(places, 1) - 1)
    return mains
