"""A comparison as Parquet: the rows of the CSV in types, causes and guardrails as lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
    return parquets.rows(kinds, cells(comparison, provenance=provenance))


def _kind(column: str) -> str:
    return _KINDS.get(column.removeprefix("old_").removeprefix("new_"), "VARCHAR")
