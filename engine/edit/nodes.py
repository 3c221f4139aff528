"""Where a value's text begins and ends: libyaml's events as a tree of marks, along one path.

Only what lies on the path is built, so that one user among a hundred thousand costs no tree
of all. Positions are indexes into the text. What a file means is `engine.read`'s business.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml._yaml import CParser

from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.model import Path

_BEHIND_ANCHOR: Final = re.compile(r"&[^\s,\[\]{}]+(?:[ \t\r\n]+|(?<=[ \t\r\n])#[^\r\n]*)*")
_EXPLICIT: Final = re.compile(r"\?[ \t]+\Z")
_EVENTS: Final = {
    yaml.ScalarEvent: "scalar",
    yaml.AliasEvent: "alias",
    yaml.MappingStartEvent: "mapping",
    yaml.SequenceStartEvent: "sequence",
}
_ENDS: Final = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class Layout(StrEnum):
    """How a node is written."""

    PLAIN = "plain"
    SINGLE = "single"
    DOUBLE = "double"
    LITERAL = "literal"
    FOLDED = "folded"
    FLOW = "flow"
    BLOCK = "block"
    ALIAS = "alias"


_SCALARS: Final = {
    "'": Layout.SINGLE,
    '"': Layout.DOUBLE,
    "|": Layout.LITERAL,
    ">": Layout.FOLDED,
}


@dataclass(slots=True)
class Node:
    """A value's extent: `start` lies behind an anchor, `end` behind the last character.

    `begin` is where its anchor begins, if it has one. `loose_end` is where libyaml says that it
    ends: for a block scalar, behind the line breaks that may or may not belong to it. `text` is
    a scalar's or an alias's; `pairs` and `items` are empty for collections off the path.
    """

    kind: str
    layout: Layout
    begin: int
    start: int
    end: int
    loose_end: int
    column: int
    text: str = ""
    anchor: str | None = None
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        """Whether it is a collection that indentation holds together."""
        return self.layout is Layout.BLOCK

    def pair(self, key: str) -> tuple[Node, Node] | None:
        """Return the key and the value of one pair of a mapping."""
        return next((pair for pair in self.pairs if pair[0].text == key), None)


@dataclass(slots=True)
class Composed:
    """One document's nodes along a path.

    `shared` holds the places, as indexes, of aliases that stand for a node on the path.
    """

    root: Node
    shared: list[int]

    def at(self, path: Path) -> Node:
        """Return the node at a path that the document has."""
        node = self.root
        for step in path:
            pair = node.pair(step) if isinstance(step, str) else None
            node = pair[1] if pair else node.items[int(step)]
        return node


def compose(text: str, number: int, path: Path) -> Composed:
    """Return the nodes of the document `number` (empty ones don't count) along `path`.

    The value at the path's end is built in full. `text` must be valid, without a byte order
    mark. Raises LookupError where there is no such document.
    """
    composer = _Composer(text)
    try:
        for found in composer.documents(number, path):
            return found
    finally:
        composer.parser.dispose()
    raise LookupError(f"the file has no document {number}")


class _Composer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.parser = CParser(text)
        self.words: dict[str, str] = {}  # the scalars that anchors name: an alias may be a key
        self.held: dict[str, Node | None] = {}  # the anchors of nodes on the path
        self.shared: list[int] = []

    def documents(self, number: int, path: Path) -> Iterator[Composed]:
        seen = 0
        while (event := self.parser.get_event()) is not None:
            if type(event) is yaml.DocumentStartEvent:
                self.words, self.held = {}, {}
            elif type(event) in _EVENTS:
                if _is_nothing(event):
                    continue
                root = self._node(event, path if seen == number else None)
                if seen == number:
                    yield Composed(root, self.shared)
                seen += 1

    def _node(self, event: Any, path: Path | None) -> Node:
        """Build a node; `path` leads on from it, () keeps all of it, None only its extent."""
        kind = _EVENTS[type(event)]
        node = self._begun(event, kind)
        if path is not None and event.anchor is not None and kind != "alias":
            self.held[event.anchor] = node
        elif event.anchor is not None and kind != "alias":
            self.held.pop(event.anchor, None)
        if kind == "scalar" and event.anchor is not None:
            self.words[event.anchor] = event.value
        elif kind == "alias":
            node.text = self.words.get(event.anchor, "")
            if event.anchor in self.held:
                self.shared.append(node.start)
        elif kind == "mapping":
            self._pairs(node, path)
        elif kind == "sequence":
            self._items(node, path)
        return node

    def _begun(self, event: Any, kind: str) -> Node:
        begin, end = event.start_mark.index, event.end_mark.index
        start, column = begin, event.start_mark.column
        if event.anchor is not None and kind != "alias":
            behind = _BEHIND_ANCHOR.match(self.text, start)
            if behind:
                start = behind.end()
                column = start - 1 - max(self.text.rfind(b, 0, start) for b in "\r\n")
        layout = _layout(event, kind)
        node = Node(kind, layout, begin, start, end, end, column, anchor=event.anchor)
        if kind == "scalar":
            node.text = event.value
            if layout in {Layout.LITERAL, Layout.FOLDED}:
                node.end = start + len(self.text[start:end].rstrip(" \t\r\n"))
        return node

    def _pairs(self, node: Node, path: Path | None) -> None:
        while type(event := self.parser.get_event()) not in _ENDS:
            key = self._node(event, None)
            ahead = _ahead(path, key.text)
            value = self._node(self.parser.get_event(), ahead)
            if path is not None:
                self._lead(key)
                node.pairs.append((key, value))
            _extend(node, value)
        _close(node, event)

    def _lead(self, key: Node) -> None:
        """Let an explicit key (`? key`) begin, and be indented, where its question mark is."""
        line = 1 + max(self.text.rfind(sign, 0, key.begin) for sign in "\r\n")
        found = _EXPLICIT.search(self.text, line, key.begin)
        if found:
            key.begin = found.start()
            key.column = key.begin - line

    def _items(self, node: Node, path: Path | None) -> None:
        number = 0
        while type(event := self.parser.get_event()) not in _ENDS:
            value = self._node(event, _ahead(path, number))
            if path is not None:
                node.items.append(value)
            _extend(node, value)
            number += 1
        _close(node, event)


def _is_nothing(event: Any) -> bool:
    is_plain = type(event) is yaml.ScalarEvent and event.implicit[0]
    return is_plain and not event.value and event.anchor is None


def _layout(event: Any, kind: str) -> Layout:
    if kind == "scalar":
        return _SCALARS.get(event.style, Layout.PLAIN)
    if kind == "alias":
        return Layout.ALIAS
    return Layout.FLOW if event.flow_style else Layout.BLOCK


def _ahead(path: Path | None, step: str | int) -> Path | None:
    if path is None or not path:
        return path
    return path[1:] if path[0] == step else None


def _extend(node: Node, value: Node) -> None:
    """Let a block collection end where its last value does: its own mark lies further on."""
    node.end, node.loose_end = value.end, value.loose_end


def _close(node: Node, event: Any) -> None:
    if node.layout is Layout.FLOW:
        node.end = node.loose_end = event.end_mark.index
