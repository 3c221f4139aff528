"""A comparison as Parquet: the rows of the CSV in types, causes and guardrails as lists.

Those who are folded in DuckDB's tables are written from there, in among all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.literals import name
from engine.report import parquets
from engine.report.diff_csv import COLUMNS, cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.review.comparison import Comparison

_KINDS: Final = {
    "locked": "BOOLEAN",
    "sync": "BOOLEAN",
    "causes": "INTEGER[]",
    "guardrails": "VARCHAR[]",
}


def render(comparison: Comparison, *, provenance: bool = False) -> Iterator[bytes]:
    """Yield the file, with the columns and the order of the CSV."""
    kinds = {column: _kind(column) for column in COLUMNS}
    folded = comparison.rows.folded
    # NOTE: a guardrail is counted against people by their names, which no template tells.
    if folded is None or comparison.guardrails:
        return parquets.rows(kinds, cells(comparison, provenance=provenance))
    from engine.review.template_rows import rows_of

    def more(path: str) -> str:
        none = f"[]::VARCHAR[] AS {name(COLUMNS[-1])}"
        return f"SELECT *, {none} FROM ({rows_of(folded, path, provenance=provenance)})"

    others = cells(comparison, provenance=provenance, apart=True)
    accounts = comparison.old.accounts.keys() | comparison.new.accounts.keys()
    # A column that is the same in all rows would be compared for nothing, and take its time.
    order = (*(("account",) if len(accounts) > 1 else ()), "user", "toggle")
    return parquets.among(folded.fold.population.connection, kinds, others, more, order)


def _kind(column: str) -> str:
    return _KINDS.get(column.removeprefix("old_").removeprefix("new_"), "VARCHAR")
