"""Which tables have a census, and where it is kept.

One is taken of tables that are asked about again: who reads a table once is served faster without.
It lies under the hash of the tables' bytes and of what is read of them, and is as large as a few
hundred thousand people's rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.literals import CALENDAR_WORDS
from engine.read import arrays, cells, counting
from engine.read.cache import sealed
from engine.read.census import Census
from engine.read.large import raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.read.large import File, Large
    from engine.read.population import Population

WORTH: Final = 1_000_000
"""Of how many people: of fewer DuckDB finds those in some groups before numpy is loaded."""
_KIND: Final = "census"


def census_of(population: Population, part: Large, files: Sequence[File]) -> Census | None:
    """Return the census of some files of a part, in their order, or None."""
    kind = population.groups_type(part)
    sound = population.checked and not population.odd
    if not (sound and population.again and kind) or population.count() < WORTH:
        return None
    where = _address(population, files)
    if where is None or not arrays.are_at_hand():
        return None
    said = sealed.find(where, _KIND)
    if said is not None:
        return Census.unpacked(said) if len(said) else None
    census = _taken(population, files, kind)
    sealed.keep(where, _KIND, census.packed() if census else [])  # nor is it tried again
    return census


def _address(population: Population, files: Sequence[File]) -> bytes | None:
    if not sealed.are_kept():
        return None
    digests = {file: digest for _, _, file, digest in population.fingerprint()}
    read = [(file.columns, digests[file.file]) for file in files]
    return sealed.address(_KIND, read)


def own_choices(population: Population, files: Sequence[File]) -> list[int]:
    """Return the numbers of the toggles that files have a column for."""
    columns = {column.name for column in files[0].columns}.difference(cells.FIXED)
    return [number for number, key in enumerate(population.toggles) if key in columns]


def _taken(population: Population, files: Sequence[File], kind: str) -> Census | None:
    columns = files[0].columns
    rows = cells.quick(columns, population.toggles, kind, raw(files), sure=True)
    names = {column.name for column in columns}
    own = own_choices(population, files)
    fixed = [one for one in ("groups", "calendars", "primary_group") if one in names]
    picked = ", ".join([*fixed, *(f"t{number}" for number in own)])
    (groups,) = (one.words for one in population.words() if one.name == kind)
    calendars = len(CALENDAR_WORDS.words) if "calendars" in names else 0
    form = counting.Form(groups, calendars, "primary_group" in names, len(own))
    query = f"SELECT {picked} FROM ({rows})"
    return counting.taken(arrays.batches(population.connection, query), form)
