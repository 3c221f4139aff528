"""A parsed document: plain values, and the place of every key and value in them.

Places are kept in flat arrays, one entry a node in the order of the text; a path is turned
into a place only when somebody asks, which on a good day nobody does.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from engine.model import Location, Path
from engine.shapes import dataclass, field
from engine.typed import Any, Final

_BREAK: Final = "\r\n|\r|\n"
_SCALAR: Final = r"[^,\]}#\s][^,\]}#]*"


def pointer(path: Path) -> str:
    """Return `path` as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


@dataclass(slots=True)
class Places:
    """Line, column and subtree size of each node, keys included, in the order of the text.

    `size` counts the node itself. `targets` leads from an alias to the node it stands for;
    `hidden` holds the keys whose pairs are not part of the value (doubled or not text).
    """

    line: array[int] = field(default_factory=lambda: array("I"))
    column: array[int] = field(default_factory=lambda: array("I"))
    size: array[int] = field(default_factory=lambda: array("I"))
    targets: dict[int, int] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    _children: dict[int, list[int]] = field(default_factory=dict, repr=False)

    def add(self, line: int, column: int) -> int:
        """Append a node and return its number."""
        self.line.append(line)
        self.column.append(column)
        self.size.append(1)
        return len(self.line) - 1

    def elements(self, node: int) -> list[int]:
        """Return the children of a node, one after the other (a mapping's keys and values)."""
        known = self._children.get(node)
        if known is None:
            known, child, end = [], node + 1, node + self.size[node]
            while child < end:
                known.append(child)
                child += self.size[child]
            self._children[node] = known
        return known

    def pairs(self, node: int) -> list[tuple[int, int]]:
        """Return the (key, value) nodes of a mapping that are part of its value, in order."""
        children = iter(self.elements(node))
        return [pair for pair in zip(children, children, strict=True) if pair[0] not in self.hidden]


@dataclass(slots=True, eq=False)
class Document:
    """One document of a policy file.

    `floats` tells whether any scalar in it is a float, `odd` which mappings have a key that is
    not text; `text` is the whole file's. `clean` tells that the schema of its kind is known to
    find nothing in it. `gathered` is for `entries`: what it made of a document without findings,
    for the next set that has it too.
    """

    file: str
    value: Any
    places: Places
    text: str = field(default="", repr=False)
    floats: bool = False
    odd: tuple[Path, ...] = ()
    _lines: list[str] = field(default_factory=list, repr=False)
    _pairs: dict[int, Mapping[str, tuple[int, int]]] = field(default_factory=dict, repr=False)
    clean: bool = field(default=False, init=False, repr=False)
    gathered: Any = field(default=None, init=False, repr=False)

    def locate(self, path: Path = (), *, key: bool = False) -> Location:
        """Return the place of the value at `path`; with `key`, that of its key.

        A place inside an aliased node is the place after the anchor, so that one mistake
        has one place. A path that leads nowhere ends at the last node that is there.
        """
        node, value = 0, self.value
        found = node
        for step in path:
            node = self.places.targets.get(node, node)
            if isinstance(value, Mapping) and step in value:
                found, node = self._members(node, value)[str(step)]
                value = value[step]
            elif isinstance(value, Sequence) and isinstance(step, int) and step < len(value):
                found = node = self.places.elements(node)[step]
                value = value[step]
            else:
                break
        else:
            if not key:
                found = self.places.targets.get(node, node)
        return Location(self.file, self.places.line[found], self.places.column[found])

    def first_key(self, path: Path = ()) -> Location:
        """Return the place of the first key of a mapping, or its own where it is empty."""
        value = self.value
        for step in path:
            value = value[step]
        first = next(iter(value), None) if isinstance(value, Mapping) else None
        return self.locate(path) if first is None else self.locate((*path, first), key=True)

    def written(self, path: Path) -> str:
        """Return the single-line scalar at `path` as it is written in the file."""
        import re  # as late as this: it is for the words of a mistake

        place = self.locate(path)
        self._lines = self._lines or re.split(_BREAK, self.text)
        found = re.compile(_SCALAR).match(self._lines[place.line - 1], place.column - 1)
        return found[0].rstrip() if found else ""

    def _members(self, node: int, value: Mapping[str, Any]) -> Mapping[str, tuple[int, int]]:
        known = self._pairs.get(node)
        if known is None:
            known = dict(zip(value, self.places.pairs(node), strict=True))
            self._pairs[node] = known
        return known


@dataclass(slots=True, eq=False)
class Part:
    """An entity inside a document: its :class:`~engine.model.Origin`."""

    document: Document
    base: Path = ()

    def locate(self, path: Path = (), *, key: bool = False) -> Location:
        """See :meth:`Document.locate`; `path` starts at the entity."""
        return self.document.locate((*self.base, *path), key=key)

    def first_key(self) -> Location:
        """Return the place of the entity's first key."""
        return self.document.first_key(self.base)

    def pointer(self, path: Path = ()) -> str:
        """Return the JSON pointer, within the document, of the value at `path`."""
        return pointer((*self.base, *path))
