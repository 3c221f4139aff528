"""Long files of two sides: a document that stands in both, letter for letter, is parsed once.

A file is cut where `---` begins a line: there a document begins, whatever stands before, unless
directives or `...` come into play. Such files are read as a whole, and so is all that is odd.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.read import swift
from engine.read.document import Document, Places

if TYPE_CHECKING:
    from collections.abc import Sequence

_BEGIN: Final = "\n---"
_AFTER: Final = (" ", "\t", "\n")
_ODD: Final = ("%", "...")
"""How a line begins after which documents are not what they are by themselves."""


class _Known(NamedTuple):
    """What a piece of text holds, and how many lines stood before it."""

    document: Document | None
    before: int


class Pieces:
    """What the pieces of files hold that were read before."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def documents(self, text: str, file: str, depth: int) -> list[Document] | None:
        """Return what `swift.documents` does, for less where the pieces are known."""
        pieces = _cut(text)
        if len(pieces) == 1:
            return swift.documents(text, file, depth)
        before = [0, *accumulate(piece.count("\n") for piece in pieces[:-1])]
        known = self._known
        if not self._know_most(pieces):
            found = swift.documents(text, file, depth)
            if found is not None:
                self._keep(pieces, before, found)
            return found
        whole: list[Document] = []
        for piece, lines in zip(pieces, before, strict=True):
            if piece not in known:
                read = swift.documents(piece, file, depth)
                if read is None or len(read) > 1:
                    return swift.documents(text, file, depth)
                known[piece] = _Known(read[0] if read else None, 0)
            document, there = known[piece]
            if document is not None:
                whole.append(_placed(document, file, text, lines - there))
        return whole

    def know(self, text: str) -> bool:
        """Tell whether most of the pieces of a text are known."""
        return self._know_most(_cut(text))

    def learn(self, text: str, documents: Sequence[Document]) -> None:
        """Remember what the pieces of a text hold, which as a whole holds these documents."""
        pieces = _cut(text)
        if len(pieces) > 1:
            before = [0, *accumulate(piece.count("\n") for piece in pieces[:-1])]
            self._keep(pieces, before, documents)

    def _know_most(self, pieces: Sequence[str]) -> bool:
        return 2 * sum(piece in self._known for piece in pieces) >= len(pieces)

    def _keep(
        self, pieces: Sequence[str], before: Sequence[int], documents: Sequence[Document]
    ) -> None:
        held: dict[int, Document] = {}
        for document in documents:
            held[bisect_right(before, document.places.line[0] - 1) - 1] = document
        if len(held) < len(documents):  # two in one piece: that is not how it was cut
            return
        for number, (piece, lines) in enumerate(zip(pieces, before, strict=True)):
            self._known[piece] = _Known(held.get(number), lines)


def _cut(text: str) -> list[str]:
    """Return the pieces of a file, at most one document each; all as one where it is odd."""
    first, *others = text.split(_BEGIN)
    odd = text.startswith(_ODD) or any(f"\n{word}" in text for word in _ODD) or "\r" in text
    if odd or not all(other.startswith(_AFTER) for other in others if other):
        return [text]
    *pieces, last = (first, *(f"---{other}" for other in others))
    return [*(f"{piece}\n" for piece in pieces), last]


def _placed(document: Document, file: str, text: str, lines: int) -> Document:
    """Return a document as it is in a file, so many lines further down."""
    if lines == 0 and document.file == file:  # what is made of it serves both
        return document
    places = document.places
    moved = array("I", [line + lines for line in places.line])
    placed = Document(
        file, document.value, Places(moved, places.column, places.size), text, document.floats
    )
    placed.clean = document.clean
    return placed
