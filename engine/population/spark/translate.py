"""DuckDB's SQL to Spark's, by sqlglot, and the functions that the plain form needs (`coding`).

A table of words becomes one text literal of JSON, which Spark reads once when it plans: an array
of small maps, in which a word's CRC-32 says where it stands. A look-up costs the same among ten
words and among a hundred thousand; a map of Spark's own is searched from its beginning.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from engine.decide.coding import CODE, WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlglot.expressions import Expr as Expression

    from engine.literals import Words

_FEW: Final = 8
"""So few words are told apart by one CASE."""


def translate(sql: str, words: Iterable[Words] = ()) -> str:
    """Return a statement of DuckDB, in the plain form, as Spark's; `words` are those it names."""
    import sqlglot
    from sqlglot import exp

    tables = {one.name: one for one in words}

    tree = sqlglot.parse_one(sql, read="duckdb")
    for node in reversed(list(tree.walk(bfs=True))):  # what is inside comes first
        found = _translated(exp, node, tables)
        if found is not None:
            node.replace(found)
    return str(tree.sql(dialect="spark", identify=True))


def _translated(exp: Any, node: Expression, tables: Mapping[str, Words]) -> Expression | None:
    """Return what stands for a node that sqlglot does not translate, or not as we mean it."""
    found: Expression | None = None
    if isinstance(node, exp.Bracket):  # null past the end, whatever spark.sql.ansi.enabled is
        found = exp.Anonymous(this="get", expressions=[node.this, *node.expressions])
    elif isinstance(node, exp.RegexpFullMatch):
        whole = exp.Literal.string(rf"\A(?:{node.expression.name})\z")
        found = exp.RegexpLike(this=node.this, expression=whole)
    elif isinstance(node, exp.Anonymous) and node.name.lower() == "strlen":
        found = exp.Anonymous(this="octet_length", expressions=node.expressions)
    elif isinstance(node, exp.Anonymous):
        for begins, make in _FUNCTIONS.items():
            if node.name.startswith(begins):
                found = make(exp, tables[node.name.removeprefix(begins)], node.expressions[0])
    return found


def _code(exp: Any, words: Words, word: Expression) -> Expression:
    """Return the number of a word: `element_at(get(buckets, crc32(word) % many), word)`."""
    found: Expression
    if len(words.words) <= _FEW:
        case = exp.Case(this=word.copy())
        for number, one in enumerate(words.words):
            case = case.when(exp.Literal.string(one), exp.Literal.number(number))
        found = case if words.words else exp.cast(exp.null(), "int")
        return found
    many = 1 << (len(words.words) - 1).bit_length()
    buckets: list[dict[str, int]] = [{} for _ in range(many)]
    for number, one in enumerate(words.words):
        buckets[crc32(one.encode()) % many][one] = number
    hashed = exp.func("crc32", exp.cast(word.copy(), "binary"), dialect="spark")
    at = exp.cast(exp.Mod(this=hashed, expression=exp.Literal.number(many)), "int")
    bucket = exp.Anonymous(this="get", expressions=[_read(exp, buckets, "map<string,int>"), at])
    found = exp.Anonymous(this="element_at", expressions=[bucket, word.copy()])
    return found


def _word(exp: Any, words: Words, number: Expression) -> Expression:
    """Return the word at a number: `get(words, number)`."""
    read = _read(exp, words.words, "string")
    found: Expression = exp.Anonymous(this="get", expressions=[read, number.copy()])
    return found


def _read(exp: Any, values: Any, kind: str) -> Expression:
    """Return an array as one literal that is read while the statement is planned."""
    literal = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    parts = [exp.Literal.string(literal), exp.Literal.string(f"array<{kind}>")]
    read: Expression = exp.Anonymous(this="from_json", expressions=parts)
    return read


_FUNCTIONS: Final[Mapping[str, Callable[[Any, Words, Expression], Expression]]] = {
    CODE: _code,
    WORD: _word,
}
