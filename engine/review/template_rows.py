"""The rows of people who are folded, as SQL over the tables that hold them: nobody becomes a value.

Writes DuckDB's SQL; the templates go to it through a file, since there may be many.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from engine.literals import text
from engine.model import Decision, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.review.templates import Folded, Template

SIDE: Final = Decision._fields[3:]
"""The columns of each side of a row."""
PROVENANCE: Final = "provenance"
"""The action of a row that differs in reason or source alone."""
_FLAGS: Final = frozenset({"locked", "sync"})
_KINDS: Final[Mapping[str, str]] = {
    "template": "INTEGER",
    "toggle": "VARCHAR",
    "action": "VARCHAR",
    **{
        f"{side}_{column}": "BOOLEAN" if column in _FLAGS else "VARCHAR"
        for side in ("old", "new")
        for column in SIDE
    },
    "old_at": "INTEGER",
    "new_at": "INTEGER",
    "causes": "INTEGER[]",
    "moved": "STRUCT(place INTEGER, more INTEGER)[]",
}


def rows_of(folded: Folded, path: str, *, provenance: bool = False) -> str:
    """Return a SELECT of the rows of those who differ, in no order, and create what it reads.

    Its columns are account, user, toggle, action, those of `SIDE` for the old and the new
    side, and the ids of the causes. `path` is that of a file to be written. With `provenance`
    also rows that differ in reason or source alone.
    """
    known: dict[tuple[str, Template], int] = {}
    shown: list[tuple[int, int]] = []
    kinds = ((None, folded.rows), (PROVENANCE, folded.others if provenance else {}))
    for action, some in kinds:
        for number, found in some.items():
            for one in found:
                key = (action or one.action, one)
                shown.append((number, known.setdefault(key, len(known))))
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(_line(number, *key) for key, number in known.items())
    return _created(folded, path, shown)


def _created(folded: Folded, path: str, shown: list[tuple[int, int]]) -> str:
    fold = folded.fold
    templates, numbers = f"{fold.folk}_templates", f"{fold.folk}_shown"
    run = fold.population.connection.execute
    kinds = ", ".join(f"{text(column)}: {text(kind)}" for column, kind in _KINDS.items())
    read = f"read_json({text(path)}, format = 'newline_delimited', columns = {{{kinds}}})"
    run(f"CREATE OR REPLACE TABLE {templates} AS SELECT * FROM {read}")
    run(
        f"CREATE OR REPLACE TABLE {numbers} AS SELECT unnest(?::INTEGER[]) AS number,"
        " unnest(?::INTEGER[]) AS template",
        [[number for number, _ in shown], [template for _, template in shown]],
    )
    homes = " ".join(f"WHEN {at} THEN {text(home)}" for at, home in enumerate(fold.homes))
    sides = ", ".join(_column(side, column) for side in ("old", "new") for column in SIDE)
    first = fold.voices.first("CASE WHEN x.place = 1 THEN first ELSE kept[x.place - 1] END")
    moved = f"list_transform(moved, lambda x: {first} + x.more)"
    named = "".join(
        f" LEFT JOIN {fold.others} AS {side} ON {side}.code = kept[{side}_at - 1]"
        for side in ("old", "new")
    )
    return (
        f'SELECT CASE folk.home {homes} END AS account, name AS "user", toggle, action, {sides},'
        f" list_sort(list_concat(causes, {moved})) AS causes FROM {fold.folk} AS folk"
        f" JOIN {numbers} USING (number) JOIN {templates} USING (template){named}"
    )


def _column(side: str, column: str) -> str:
    own = f"{side}_{column}"
    if column != "source_id":
        return own
    return (
        f"CASE WHEN {side}_at = 1 THEN main WHEN {side}_at > 1 THEN {side}.id"
        f" WHEN {side}_source_scope = {text(Scope.USER)} THEN name ELSE {own} END AS {own}"
    )


def _line(number: int, action: str, one: Template) -> str:
    """Return a template in JSON; SQL counts places from 1."""
    told: dict[str, Any] = {"template": number, "toggle": one.toggle, "action": action}
    for side, row, at in (("old", one.old, one.old_at), ("new", one.new, one.new_at)):
        told |= {f"{side}_{key}": row and getattr(row, key) for key in SIDE}
        told[f"{side}_at"] = None if at is None else at + 1
    told["causes"] = one.shared
    told["moved"] = [{"place": at + 1, "more": more} for at, more in one.moved]
    return json.dumps(told) + "\n"
