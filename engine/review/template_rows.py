"""The rows of people who are folded, as SQL over the tables that hold them: nobody becomes a value.

Writes DuckDB's SQL; the templates go to it through a file, since there may be many.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from engine.literals import Words, text
from engine.model import Decision, Scope
from engine.read import duck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.review.templates import Folded, Template

SIDE: Final = Decision._fields[3:]
"""The columns of each side of a row."""
PROVENANCE: Final = "provenance"
"""The action of a row that differs in reason or source alone."""
_HOLDS: Final = {"locked": "BOOLEAN", "sync": "BOOLEAN", "source_id": "VARCHAR"}
"""What the columns of a side hold but for words."""
_WORD: Final = "word"
_KINDS: Final[Mapping[str, str]] = {
    "template": "INTEGER",
    "toggle": _WORD,
    "action": _WORD,
    **{f"{side}_{one}": _HOLDS.get(one, _WORD) for side in ("old", "new") for one in SIDE},
    "old_at": "INTEGER",
    "new_at": "INTEGER",
    "causes": "INTEGER[]",
    "moved": "STRUCT(place INTEGER, more INTEGER)[]",
}


def rows_of(folded: Folded, path: str, *, provenance: bool = False) -> str:
    """Return a SELECT of the rows of those who differ, in no order, and create what it reads.

    Its columns are account, user, toggle, action, those of `SIDE` for the old and the new
    side, and the ids of the causes. `path` is that of a file to be written. With `provenance`
    also rows that differ in reason or source alone. Words are those of an enumeration, which sorts
    as they do: rows of words by their numbers are sorted sooner.
    """
    known: dict[tuple[str, Template], int] = {}
    shown: list[tuple[int, int]] = []
    kinds = ((None, folded.rows), (PROVENANCE, folded.others if provenance else {}))
    for action, some in kinds:
        for number, found in some.items():
            for one in found:
                key = (action or one.action, one)
                shown.append((number, known.setdefault(key, len(known))))
    lines = [_line(number, *key) for key, number in known.items()]
    kept = [column for column, kind in _KINDS.items() if kind == _WORD]
    words = {str(line[column]) for line in lines for column in kept if line[column] is not None}
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines)
    return _created(folded, path, sorted({*words, Scope.USER}), shown)


def _created(folded: Folded, path: str, words: Sequence[str], shown: list[tuple[int, int]]) -> str:
    fold = folded.fold
    templates, numbers, names = (f"{fold.folk}_{one}" for one in ("templates", "shown", "names"))
    run = fold.population.connection.execute
    duck.create(fold.population.connection, [Words(_WORD, tuple(words))])
    kinds = ", ".join(f"{text(column)}: {text(kind)}" for column, kind in _KINDS.items())
    read = f"read_json({text(path)}, format = 'newline_delimited', columns = {{{kinds}}})"
    run(f"CREATE OR REPLACE TABLE {templates} AS SELECT * FROM {read}")
    run(
        f"CREATE OR REPLACE TABLE {numbers} AS SELECT unnest(?::INTEGER[]) AS number,"
        " unnest(?::INTEGER[]) AS template",
        [[number for number, _ in shown], [template for _, template in shown]],
    )
    heard = [*fold.voices.mains, *fold.voices.others]
    run(
        f"CREATE OR REPLACE TABLE {names} AS SELECT unnest(?::{fold.voices.kind}[]) AS code,"
        " unnest(?::VARCHAR[]) AS id",
        [[one.code for one in heard], [one.group for one in heard]],
    )
    homes = " ".join(f"WHEN {at} THEN {text(home)}" for at, home in enumerate(fold.homes))
    sides = ", ".join(_column(side, column) for side in ("old", "new") for column in SIDE)
    first = fold.voices.first(_heard("x.place"))
    moved = f"list_transform(moved, lambda x: {first} + x.more)"
    named = "".join(
        f" LEFT JOIN {names} AS {side} ON {side}.code = {_heard(f'{side}_at')}"
        for side in ("old", "new")
    )
    return (
        f'SELECT CASE folk.home {homes} END AS account, name AS "user", toggle, action, {sides},'
        f" list_sort(list_concat(causes, {moved})) AS causes FROM {fold.folk} AS folk"
        f" JOIN {numbers} USING (number) JOIN {templates} USING (template){named}"
    )


def _heard(place: str) -> str:
    """Return the code of who is heard at a place, the first of which is the primary group's."""
    return f"CASE WHEN {place} = 1 THEN first ELSE kept[{place} - 1] END"


def _column(side: str, column: str) -> str:
    own = f"{side}_{column}"
    if column != "source_id":
        return own
    return (
        f"CASE WHEN {side}_at > 0 THEN {side}.id"
        f" WHEN {side}_source_scope = {text(Scope.USER)} THEN name ELSE {own} END AS {own}"
    )


def _line(number: int, action: str, one: Template) -> dict[str, Any]:
    """Return the columns of a template; SQL counts places from 1."""
    told: dict[str, Any] = {"template": number, "toggle": one.toggle, "action": action}
    for side, row, at in (("old", one.old, one.old_at), ("new", one.new, one.new_at)):
        told |= {f"{side}_{key}": row and getattr(row, key) for key in SIDE}
        told[f"{side}_at"] = None if at is None else at + 1
    told["causes"] = one.shared
    told["moved"] = [{"place": at + 1, "more": more} for at, more in one.moved]
    return told
