"""Members of some groups, found by a census: of the table nothing is read but their ids.

Writes DuckDB's SQL, and creates the tables that it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.literals import CALENDAR_WORDS, text
from engine.read import arrays, duck
from engine.read.census import spread
from engine.read.censuses import own_choices
from engine.read.large import raw

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engine.read.arrays import Listed, Numbers
    from engine.read.census import Census, Found
    from engine.read.large import File
    from engine.read.population import Population

_CHOICES = (None, False, True)


class Sought(NamedTuple):
    """Groups whose members are looked for, and those of which anything is asked of a member."""

    groups: Collection[str]
    heard: Collection[str]


def members_by_census(
    population: Population, files: Sequence[File], census: Census, sought: Sought, table: str
) -> tuple[str, tuple[str, str]]:
    """Return the relation of those in one of some groups, and the tables that it reads.

    Its groups are numbers from 1: those of the census.
    """
    said, ids = f"{table}_said", f"{table}_ids"
    run = population.connection
    own = [f"t{number}" for number in own_choices(population, files)]
    found = census.those_in(sought.groups)
    places = _places(population, files, found.rows)
    run.register(f"{said}_rows", arrays.rows({**places, **_columns(census, found, sought, own)}))
    at = ", ".join(places)
    choices = "".join(f", CASE WHEN {one} > 0 THEN {one} = 2 END AS {one}" for one in own)
    # INVARIANT: nothing else is joined here, or the names could be copied for each row.
    run.execute(
        f"CREATE TABLE {said} AS SELECT {at}, groups, names[primary_group] AS primary_group,"
        f" {_CALENDARS} AS calendars{choices}, names[main] AS main,"
        f" list_select(names, heard) AS heard FROM {said}_rows, (SELECT ?::VARCHAR[] AS names)",
        [list(census.groups)],
    )
    run.unregister(f"{said}_rows")
    run.execute(
        f'CREATE TABLE {ids} AS SELECT * FROM (SELECT "user", file_row_number AS at_row'
        f"{', file_index AS at_file' if len(files) > 1 else ''} FROM {raw(files)})"
        f" SEMI JOIN {said} USING ({at})"
    )
    every = [f"t{number}" for number in range(len(population.toggles))]
    choices = "".join(f", {one if one in own else f'NULL::BOOLEAN AS {one}'}" for one in every)
    relation = (
        f'SELECT "user", groups, primary_group, calendars{choices}, main, heard'
        f" FROM {said} JOIN {ids} USING ({at})"
    )
    return relation, (said, ids)


_WORDS = ", ".join(map(text, CALENDAR_WORDS.words))
_CALENDARS = f"CASE WHEN len(words) > 0 THEN list_select([{_WORDS}], words) END"


def _places(
    population: Population, files: Sequence[File], rows: Numbers
) -> dict[str, Numbers | Listed]:
    """Return where rows are: in a file, and in which, where there are several."""
    import numpy as np

    if len(files) == 1:
        return {"at_row": rows.astype(np.int64)}
    sizes = [duck.parquet_rows(population.connection, file.path) for file in files]
    ends = np.cumsum(sizes)
    at = np.searchsorted(ends, rows, side="right")
    return {"at_row": rows - (ends - sizes)[at], "at_file": at.astype(np.uint64)}


def _columns(
    census: Census, found: Found, sought: Sought, own: Sequence[str]
) -> dict[str, Numbers | Listed]:
    """Return what is known of rows, words and names by their numbers from 1, 0 for none."""
    import numpy as np

    kinds, of = census.kinds, found.kind_of
    members = found.members.astype(np.int32) + 1
    sizes, heard = found.among([name in sought.heard for name in census.groups])
    places = np.array([kind.main for kind in kinds]).take(of)
    begins = np.cumsum(found.sizes) - found.sizes
    main = members.take(begins + np.maximum(places, 1) - 1)
    words = [kind.calendars for kind in kinds]
    lengths = np.array([len(listed) for listed in words])
    at = spread((np.cumsum(lengths) - lengths).take(of), lengths.take(of))
    flat = np.array([1 + word for listed in words for word in listed], np.int64)
    chosen = [[_CHOICES.index(one) for one in kind.choices] for kind in kinds]
    return {
        "groups": (found.sizes, members),
        "primary_group": np.where(places > 0, main, 0),
        "main": main,
        "heard": (sizes, heard.astype(np.int64) + 1),
        "words": (lengths.take(of), flat.take(at)),
        **{one: np.array([each[n] for each in chosen]).take(of) for n, one in enumerate(own)},
    }
