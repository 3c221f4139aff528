"""Whether every row of large tables is sound: one quick look, and words only where it is not.

What was found sound is known again by its bytes, in this process and in the next. How bad rows are
found and worded is `listing`, which files cannot be read at all is `damage`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from engine.errors import SourceError
from engine.read.cache import sealed, verdicts
from engine.read.damage import unread
from engine.read.ids import declare, may_be_doubled
from engine.read.listing import bad_rows

if TYPE_CHECKING:
    from engine.findings import Finding
    from engine.read.population import Population

_SOUND: Final[WeakSet[Population]] = WeakSet()
"""Populations that were checked in this process and are sound."""


def check(population: Population) -> list[Finding]:
    """Return what is wrong with the tables; afterwards, if nothing is, all is `checked`."""
    if is_known_to_be_sound(population):
        return []
    if _is_sound_at_a_glance(population):
        found_sound(population)
        return []
    found = listed(population)
    population.odd, population.bad = True, bool(found)
    if not found:
        found_sound(population)
    return found


def is_known_to_be_sound(population: Population) -> bool:
    """Tell whether the same bytes were checked already by all that a check reads of a set.

    Both sides of a diff mostly have the same tables, and so has the next command; a digest costs
    a small part of a check.
    """
    if population.checked:
        return True
    for other in _SOUND:
        if (
            _read_by_a_check(population) == _read_by_a_check(other)
            and population.fingerprint() == other.fingerprint()
        ):
            population.checked, population.odd, population.again = True, other.odd, other.again
            population.counted = other.count()
            return True
    where = _address(population)
    verdict = verdicts.find(where) if where else None
    if verdict:
        population.checked, population.odd, population.again = True, verdict.odd, True
        population.counted = verdict.rows
    return population.checked


def found_sound(population: Population) -> None:
    """Remember that every row was checked and is sound, here and for the next run."""
    population.checked = True
    _SOUND.add(population)
    where = _address(population)
    if where:
        verdicts.keep(where, verdicts.Verdict(population.count(), population.odd))


def _address(population: Population) -> bytes | None:
    """Return where the verdict on these tables lies: the hash of all that a check reads."""
    if not sealed.are_kept():
        return None
    try:
        return sealed.address(*_read_by_a_check(population), population.fingerprint())
    except OSError:  # a table that is gone by now: who reads it says so
        return None


def _read_by_a_check(population: Population) -> tuple[object, ...]:
    """Return all but the tables' bytes that `check` reads, in an order of its own."""
    parts = [
        (p.account, p.groups and sorted(p.groups), [f.columns for f in p.files])
        for p in population.parts
    ]
    return population.toggles, sorted(population.declared), parts


def _is_sound_at_a_glance(population: Population) -> bool:
    """Tell whether the quick form passes over every row; rows that fail it may yet be sound."""
    import duckdb

    population.prepare()
    try:
        if may_be_doubled(population):
            return False
        counts = " UNION ALL ".join(
            'SELECT count("user") AS n FROM '
            f"({population.quick(part, population.groups_type(part))})"
            for part in population.parts
        )
        query = f"SELECT sum(n)::BIGINT FROM ({counts})"
        population.counted = int(population.connection.execute(query).fetchall()[0][0])
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, SourceError):
        return False
    return True


def listed(population: Population) -> list[Finding]:
    """Return, worded, the first bad rows of each file, or which files cannot be read."""
    import duckdb

    declare(population)
    try:
        return [finding for table in bad_rows(population) for finding in table.findings()]
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        population.names_all = False
        return unread(population, error)
