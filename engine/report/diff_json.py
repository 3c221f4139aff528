"""A comparison as JSON (SPEC §4), piece by piece: there may be very many people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.model import NOTHING
from engine.report.jsons import FORMAT_VERSION, guardrail, place, row
from engine.review.fields import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.review.changes import DeclaredChange
    from engine.review.comparison import Comparison, Transition
    from engine.review.rows import Row


def render(
    comparison: Comparison, *, provenance: bool = False, more: Mapping[str, Any] = NOTHING
) -> Iterator[str]:
    """Yield the document; with `provenance` it lists rows that differ in reason or source alone.

    `more` are keys that stand behind the sides.
    """
    old, new = comparison.labels
    parts = {
        "format_version": FORMAT_VERSION,
        "old": old._asdict(),
        "new": new._asdict(),
        **more,
        "declared": [change(one) for one in comparison.declared],
        "summary": _summary(comparison),
    }
    text = json.dumps(parts, ensure_ascii=False, indent=2)
    yield text.removesuffix("\n}") + ',\n  "users": ['
    yield from _rows(comparison.rows, "    ")
    broken = [guardrail(v, place_of(v.guardrail)) for v in comparison.guardrails]
    yield f'],\n  "guardrails": {_indented(broken)},\n  "provenance_only": '
    yield f'{{\n    "count": {len(comparison.provenance)},\n    "rows": '
    if provenance:
        yield "["
        yield from _rows(comparison.provenance, "      ")
        yield "]"
    else:
        yield "null"
    yield "\n  }\n}\n"


def change(one: DeclaredChange) -> dict[str, Any]:
    """Return a declared change; `users` is there for those of a directory."""
    found = {
        "id": one.id,
        "action": one.action,
        "kind": one.kind,
        "account": one.account,
        "scope_id": one.scope_id,
        "toggle": one.toggle,
        "field": one.field,
        "old": one.old,
        "new": one.new,
        "old_location": place(one.old_location),
        "new_location": place(one.new_location),
    }
    return found if one.users is None else {**found, "users": one.users}


def _summary(comparison: Comparison) -> dict[str, Any]:
    return {
        "users_old": comparison.users_old,
        "users_new": comparison.users_new,
        "affected": comparison.affected,
        "transitions": [_transition(one) for one in comparison.transitions],
    }


def _transition(one: Transition) -> dict[str, Any]:
    ends = {"from": one.old._asdict(), "to": one.new._asdict()}
    return {"toggle": one.toggle, **ends, "users": one.users}


def _rows(rows: Iterable[Row], indent: str) -> Iterator[str]:
    between = "\n"
    for one in rows:
        found = {
            **one._asdict(),
            "old": row(one.old) if one.old else None,
            "new": row(one.new) if one.new else None,
        }
        yield f"{between}{indent}{json.dumps(found, ensure_ascii=False)}"
        between = ",\n"
    if between != "\n":
        yield f"\n{indent[2:]}"


def _indented(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")
