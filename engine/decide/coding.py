"""How a statement carries one of many words: as DuckDB's enumerations, or as plain numbers.

Writes DuckDB's SQL as text and runs nothing. Both say the same; the plain form holds no type
that other databases lack, so that it can be translated. Instead of types it needs functions
from whoever runs it: for each `Words`, `code_NAME(word)`, the number of a word from 0 (null for
an unknown one), and `word_NAME(number)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from engine.literals import Words, text
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE: Final = "code_"
"""What the name of a function begins with that gives a word's number."""
WORD: Final = "word_"
"""What the name of a function begins with that gives a number's word."""


class Coding(Protocol):
    """How words are held. `kind` names `Words`; `held` is a column that holds one.

    `prefix` begins the names of a statement's own words, apart from those of other statements.
    """

    @property
    def prefix(self) -> str: ...

    def literal(self, word: str, kind: str) -> str:
        """Return a word of a column of the result."""
        ...

    def null(self, kind: str) -> str:
        """Return null for a column of the result."""
        ...

    def small(self, sql: str) -> str:
        """Return a number below 256."""
        ...

    def held(self, sql: str, kind: str) -> str:
        """Return a text, held."""
        ...

    def smallest(self, texts: str, kind: str) -> str:
        """Return the first, by the order of the words, of a list of texts, held."""
        ...

    def greatest_below(self, texts: str, kind: str, bound: int) -> str:
        """Return the number of the last of those of a list whose number is less than `bound`."""
        ...

    def number(self, held: str) -> str:
        """Return the number of what is held."""
        ...

    def said(self, held: str, kind: str) -> str:
        """Return the text of what is held."""
        ...

    def flag(self, name: str, flags: Sequence[bool], number: str) -> tuple[str, tuple[Words, ...]]:
        """Return the flag at a number, and the words that it needs; null past the last flag."""
        ...


@dataclass(frozen=True, slots=True)
class Enumerated:
    """DuckDB's own types: the fastest there, and unknown elsewhere."""

    prefix: str

    def literal(self, word: str, kind: str) -> str:
        return f"{text(word)}::{kind}"

    def null(self, kind: str) -> str:
        return f"CAST(NULL AS {kind})"

    def small(self, sql: str) -> str:
        return f"{sql}::UTINYINT"

    def held(self, sql: str, kind: str) -> str:
        return f"{sql}::{kind}"

    def smallest(self, texts: str, kind: str) -> str:
        return f"list_min({texts}::{kind}[])"

    def greatest_below(self, texts: str, kind: str, bound: int) -> str:
        kept = f"[g FOR g IN {texts}::{kind}[] IF enum_code(g) < {bound}]"
        return f"enum_code(list_max({kept}))"

    def number(self, held: str) -> str:
        return f"enum_code({held})"

    def said(self, held: str, kind: str) -> str:  # noqa: ARG002 - the protocol's
        return f"{held}::VARCHAR"

    def flag(self, name: str, flags: Sequence[bool], number: str) -> tuple[str, tuple[Words, ...]]:  # noqa: ARG002 - the protocol's
        bits = "".join("01"[flag] for flag in flags)
        bit = f"get_bit('{bits}'::BIT, {number}) = 1"
        return f"CASE WHEN {number} < {len(flags)} THEN {bit} END", ()


@dataclass(frozen=True, slots=True)
class Plain:
    """Texts in the result, and numbers on the way."""

    prefix: str

    def literal(self, word: str, kind: str) -> str:  # noqa: ARG002 - the protocol's
        return text(word)

    def null(self, kind: str) -> str:  # noqa: ARG002 - the protocol's
        return "CAST(NULL AS VARCHAR)"

    def small(self, sql: str) -> str:
        return sql

    def held(self, sql: str, kind: str) -> str:
        return f"{CODE}{kind}({sql})"

    def smallest(self, texts: str, kind: str) -> str:
        return f"list_min({_codes(texts, kind)})"

    def greatest_below(self, texts: str, kind: str, bound: int) -> str:
        return f"list_max(list_filter({_codes(texts, kind)}, lambda g: g < {bound}))"

    def number(self, held: str) -> str:
        return held

    def said(self, held: str, kind: str) -> str:
        return f"{WORD}{kind}({held})"

    def flag(self, name: str, flags: Sequence[bool], number: str) -> tuple[str, tuple[Words, ...]]:
        words = Words(name, tuple("01"[flag] for flag in flags))
        return f"{WORD}{name}({number}) = '1'", (words,)


def _codes(texts: str, kind: str) -> str:
    return f"list_transform({texts}, lambda g: {CODE}{kind}(g))"
