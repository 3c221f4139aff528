"""Members of some groups, found in large tables: of everybody else little more is read than groups.

Writes DuckDB's SQL, and creates the tables that it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.literals import name, text
from engine.read import cells
from engine.read.large import raw

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.read.large import File, Large
    from engine.read.population import Population


class Members(NamedTuple):
    """Who was found: a relation of normal rows, each once, and the tables made for it."""

    relation: str
    tables: tuple[str, ...] = ()


def members_of(
    population: Population, part: Large, groups: Collection[str], table: str
) -> Iterator[Members]:
    """Yield those of a part who are in one of some groups, from tables whose names begin alike.

    To look for each row's groups among many costs far more than to take the lists apart, and to
    clean a few rows among all more than to clean those few apart.
    """
    names = ", ".join(map(text, sorted(groups)))
    for number, alike in enumerate(part.alike()):
        lists = any((one.name, one.holds) == ("groups", "texts") for one in alike[0].columns)
        find = _placed if lists and alike[0].placed else _cleaned
        yield find(population, alike, names, f"{table}_{number}")


def _placed(population: Population, files: Sequence[File], names: str, table: str) -> Members:
    """Find rows by the groups alone, then fetch what else these rows hold by where they are."""
    run = population.connection.execute
    at = ["file_row_number"] if len(files) == 1 else ["file_index", "file_row_number"]
    where = ", ".join(f"{place} AS {place}_" for place in at)
    run(
        f"CREATE TABLE {table} AS SELECT * EXCLUDE (one) FROM"
        f" (SELECT {where}, groups, unnest(groups) AS one FROM {raw(files)}) WHERE one IN ({names})"
    )
    _once(population, table, [f"{place}_" for place in at])
    same = " AND ".join(f"lies.{place} = found.{place}_" for place in at)
    others = [name(column.name) for column in files[0].columns if column.name != "groups"]
    columns = ", ".join([*(f"lies.{column}" for column in others), "found.groups"])
    joined = f"{raw(files)} AS lies JOIN {table} AS found ON {same}"
    rows = _normal(population, files, f"(SELECT {columns} FROM {joined})")
    return Members(rows, (table,))


def _cleaned(population: Population, files: Sequence[File], names: str, table: str) -> Members:
    """Find rows where lists must be cleaned before they can be taken apart."""
    each = _normal(population, files, raw(files))
    population.connection.execute(
        f"CREATE TABLE {table} AS SELECT * EXCLUDE (one) FROM"
        f" (SELECT *, unnest(groups) AS one FROM ({each})) WHERE one IN ({names})"
    )
    _once(population, table, ['"user"'])
    return Members(f"SELECT * FROM {table}", (table,))


def everybody(population: Population, part: Large) -> Members:
    """Return all people of a part."""
    rows = (_normal(population, alike, raw(alike)) for alike in part.alike())
    return Members(" UNION ALL ".join(rows))


def _normal(population: Population, files: Sequence[File], rows: str) -> str:
    """Return a relation of normal rows, texts all of them: cleaned only where that is needed."""
    columns, toggles = files[0].columns, population.toggles
    if population.odd or not population.checked:
        return cells.careful(columns, toggles, rows)
    lists = (("groups", "groups"), ("calendars", "calendars::VARCHAR[]"))
    full = ", ".join(f"CASE WHEN len({one}) > 0 THEN {texts} END AS {one}" for one, texts in lists)
    return f"SELECT * REPLACE ({full}) FROM ({cells.quick(columns, toggles, '', rows, sure=True)})"


def _once(population: Population, table: str, keys: Sequence[str]) -> None:
    """Drop what was found twice: who is in two of the groups."""
    once = f"SELECT min(rowid) FROM {table} GROUP BY {', '.join(keys)}"
    population.connection.execute(f"DELETE FROM {table} WHERE rowid NOT IN ({once})")
