"""`# calsync: ignore[code] reason`: the comments in a policy file that silence a warning.

Only real comments count: what looks like one inside quoted text or a block scalar is text. The
scanner says where scalars lie, and is asked only about files that seem to hold such a comment.
"""

from __future__ import annotations

import re

import yaml

from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT: Final = re.compile(
    r"(?<!\S)#[^\S\r\n]*calsync:[^\S\r\n]*ignore\b(?:[^\S\r\n]*\[(?P<codes>[^\]\r\n]*)\])?"
)
_BREAK: Final = re.compile("\r\n|\r|\n")


class Ignore(NamedTuple):
    """One comment: where its `#` stands, and the codes of the warnings that it silences."""

    file: str
    line: int
    column: int
    codes: tuple[str, ...]


def ignores(text: str, file: str) -> list[Ignore]:
    """Return the ignore comments of a file whose text is YAML, in their order."""
    found = list(_COMMENT.finditer(text))
    inside = _in_scalars(text, [one.start() for one in found]) if found else set()
    comments, line, last = [], 1, 0
    for one in found:
        if one.start() in inside:
            continue
        for end in _BREAK.finditer(text, last, one.start()):
            line, last = line + 1, end.end()
        codes = (code.strip() for code in (one["codes"] or "").split(","))
        comments.append(Ignore(file, line, one.start() - last + 1, tuple(filter(None, codes))))
    return comments


def _in_scalars(text: str, places: list[int]) -> set[int]:
    """Return which of the places, in ascending order, are part of a scalar."""
    inside = set()
    nowhere = (len(text) + 1, len(text) + 1)
    spans = _spans(text)
    start, end = next(spans, nowhere)
    for place in places:
        while end <= place:
            start, end = next(spans, nowhere)
        if start <= place:
            inside.add(place)
    return inside


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the text of each quoted or block scalar begins and ends.

    NOTE: a block scalar's header ends its line, which may hold a comment.
    """
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.ScalarToken) and token.style:
            start = token.start_mark.index
            if token.style in "|>":
                header = _BREAK.search(text, start)
                start = header.end() if header else len(text)
            yield start, token.end_mark.index
