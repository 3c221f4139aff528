"""The bad rows of large tables: which they are, found in SQL, and the words for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from engine.read import cells
from engine.read.large import File, Large, raw_file, records
from engine.read.rows import ragged, wording
from engine.read.tables import SHOWN, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.read.population import Population

BadRow: TypeAlias = tuple[int, int, str, int]
"""The number of a file, and of a record from 1; what is wrong; how many are wrong in the file."""
RAGGED: Final = "ragged:"
"""What is wrong with a row of fewer or more cells than the header has."""


NAMED: Final = (
    "(wrong IS NULL OR"
    f" (wrong NOT LIKE 'nobody:%' AND wrong NOT LIKE 'user:%' AND wrong <> '{RAGGED}'))"
)
"""Whether a row names its user, sound or not: then it declares it (§2)."""


def bad_rows(population: Population) -> list[Table]:
    """Return the tables that have bad rows, each with the first of them and their number."""
    files = [(part, file) for part in population.parts for file in part.files]
    files.sort(key=lambda one: one[1].label)
    every = " UNION ALL ".join(
        _every_row(population, part, file, number) for number, (part, file) in enumerate(files)
    )
    query = (
        f"WITH every AS MATERIALIZED ({every}),"
        f' twice AS (SELECT "user", min((file, row)) AS first FROM every WHERE {NAMED}'
        ' GROUP BY "user" HAVING count(*) > 1),'
        " bad AS (SELECT file, row, CASE WHEN wrong IS NOT NULL THEN wrong"
        " WHEN id IS NOT NULL THEN 'declared:' || id"
        " WHEN first < (file, row) THEN 'twice:' || struct_extract(first, 1) || ':'"
        "  || struct_extract(first, 2) || ':' || every.\"user\""
        " WHEN lost IS NOT NULL THEN 'lost:' || lost END AS trouble"
        ' FROM every LEFT JOIN declared ON id = "user" LEFT JOIN twice ON twice."user" ='
        ' every."user")'
        " SELECT file, row, trouble, count(*) OVER (PARTITION BY file) AS total"
        " FROM bad WHERE trouble IS NOT NULL"
        f" QUALIFY row_number() OVER (PARTITION BY file ORDER BY row) <= {SHOWN}"
        " ORDER BY file, row"
    )
    rows = population.connection.execute(query).fetchall()
    if rows:
        nameless = f"SELECT 1 FROM ({every}) WHERE NOT {NAMED} LIMIT 1"
        population.names_all = not population.connection.execute(nameless).fetchall()
    return worded(population, files, rows)


def worded(
    population: Population,
    files: Sequence[tuple[Large, File]],
    rows: Sequence[BadRow],
    read: Callable[[File], Iterable[tuple[int, int, list[str]]]] = records,
) -> list[Table]:
    """Return bad rows as tables, with lines and messages; `read` opens a CSV file as `records`."""
    lines = _lines([file for _, file in files], rows, read)
    found: dict[int, Table] = {}
    for number, row, trouble, total in rows:
        part, file = files[number]
        table = found.setdefault(number, Table(file.label, total=total))
        line, cells_ = lines[number, row]
        if trouble == RAGGED:
            table.wrong[line] = ragged(cells_, len(file.columns))
        else:
            labels = [f.label for _, f in files]
            table.wrong[line] = _worded(population, part, trouble, labels, lines)
    return list(found.values())


def _every_row(population: Population, part: Large, file: File, number: int) -> str:
    spelled = cells.spellings(file.columns, population.toggles)
    also = f", row{spelled}"
    clean = cells.careful(file.columns, population.toggles, raw_file(file), also=also)
    groups = population.groups_type(part)
    lost = "NULL::VARCHAR"
    if groups is None:
        lost = "groups[1]"
    elif groups:
        holes = f"list_transform(TRY_CAST(groups AS {groups}[]), lambda x: x IS NULL)"
        lost = f"groups[list_position({holes}, true)]"
    wrong = cells.troubles(file.columns, population.toggles)
    return f'SELECT {number} AS file, row, "user", {wrong} AS wrong, {lost} AS lost FROM ({clean})'


def _lines(
    files: Sequence[File],
    rows: Iterable[BadRow],
    read: Callable[[File], Iterable[tuple[int, int, list[str]]]],
) -> Mapping[tuple[int, int], tuple[int, int]]:
    """Return the line, and the number of cells, of each record that is spoken of.

    A Parquet row's line is its number.
    """
    wanted: dict[int, set[int]] = {}
    for number, row, trouble, _ in rows:
        wanted.setdefault(number, set()).add(row)
        if trouble.startswith("twice:"):
            _, other, earlier, _ = trouble.split(":", 3)
            wanted.setdefault(int(other), set()).add(int(earlier))
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for number, some in wanted.items():
        if files[number].parquet:
            found.update({(number, row): (row, 0) for row in some})
            continue
        for record, line, cells_ in read(files[number]):
            if record in some:
                found[number, record] = line, len(cells_)
            if record >= max(some):
                break
    return found


def _worded(
    population: Population,
    part: Large,
    trouble: str,
    labels: list[str],
    lines: Mapping[tuple[int, int], tuple[int, int]],
) -> str:
    what, _, value = trouble.partition(":")
    if what == "declared":
        return f"the user `{value}` is declared elsewhere too, at {population.declared[value]}"
    if what == "twice":
        file, row, user = value.split(":", 2)
        place = f"{labels[int(file)]}:{lines[int(file), int(row)][0]}"
        return f"the user `{user}` stands twice, first at {place}"
    if what == "lost":
        return f"unknown group `{value}` in account `{part.account}`"
    return wording(trouble)
