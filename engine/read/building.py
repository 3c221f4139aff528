"""Events to documents, the careful way: every rarity of YAML is met, and every mistake placed.

Nothing is built but mappings with text keys, lists and core scalars. Tags, merge keys, doubled
keys, deep nesting and exploding aliases are findings.
"""

from __future__ import annotations

import re
from sys import intern
from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml._yaml import CParser

from engine.findings import Finding, Related, quoted
from engine.model import Location, Path
from engine.read.document import Document, Places, pointer
from engine.read.scalars import resolve
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.read.comments import Ignore

DEPTH: Final = 100
"""The deepest nesting of collections, the document's own mapping included (SPEC §2)."""
ALIASED_NODES: Final = 10_000
"""How many nodes the aliases of one document may stand for (SPEC §2)."""
_GIVE_UP_DEPTH: Final = 1000  # libyaml's cost is quadratic in depth: past this, stop reading
_BREAK: Final = re.compile("\r\n|\r|\n")
_ANCHOR: Final = re.compile(r"&[^\s,\[\]{}]+")
_FILLING: Final = re.compile(r"(?:[ \t\r\n]+|(?<=[ \t\r\n])#[^\r\n]*)*")
_NO_KEY: Final = object()


@dataclass(slots=True)
class Parsed:
    """What one file holds. `readable` is false after a `yaml-syntax` or `yaml-unsafe` error.

    `ignores` are the comments that silence warnings, in a file that is readable.
    """

    documents: list[Document] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True
    ignores: list[Ignore] = field(default_factory=list)


def after(text: str, line: int, column: int) -> tuple[int, int]:
    """Return the place that follows `text`, which begins at `line` and `column`."""
    end = None
    for found in _BREAK.finditer(text):
        line, end = line + 1, found.end()
    return (line, column + len(text)) if end is None else (line, 1 + len(text) - end)


class _Frame:
    """A collection being built. `count`: how many nodes aliases had stood for at its start.

    `firsts` leads from each key to its first node, once a doubled key has asked for it.
    """

    __slots__ = (
        "anchor",
        "count",
        "firsts",
        "keep",
        "key",
        "key_node",
        "node",
        "odd_keys",
        "value",
    )

    def __init__(self, value: Any, node: int, anchor: str | None, count: int) -> None:
        self.value = value
        self.node = node
        self.anchor = anchor
        self.count = count
        self.key: Any = _NO_KEY
        self.key_node = -1
        self.keep = True
        self.odd_keys: dict[tuple[type, object], int] = {}
        self.firsts: dict[str, int] | None = None


class Builder:
    """Turns one file's events into documents."""

    def __init__(self, text: str, file: str, *, cut: bool) -> None:
        self.text = text
        self.file = file
        self.cut = cut  # the text ends early: its last document is not whole
        self.parsed = Parsed()
        self.stopped = False
        self.past_bound = False
        self._start_document()

    def run(self) -> None:
        parser = CParser(self.text)
        handle: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: lambda event: self._open(event, {}),
            yaml.SequenceStartEvent: lambda event: self._open(event, []),
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: lambda _: self._start_document(),
            yaml.DocumentEndEvent: self._end_document,
        }
        get_event = parser.get_event
        try:
            while not self.stopped:
                event = get_event()
                if event is None or type(event) is yaml.StreamEndEvent:
                    break
                handler = handle.get(type(event))
                if handler:
                    handler(event)
        except yaml.YAMLError as error:
            self._parser_stopped(error)
        finally:
            parser.dispose()

    def _parser_stopped(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        if self.cut and (mark is None or mark.index >= len(self.text)):
            return  # it ran into the end of the fit text: that is reported where it is
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        context = getattr(error, "context", None)
        message = f"{problem} {context}" if context else problem
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if mark and mark.index >= len(self.text):  # libyaml adds an end to an unended last line
            line, column = after(self.text, 1, 1)
        self.syntax(message, line, column, _syntax_hint(problem))
        self.stopped = True

    # -- findings ---------------------------------------------------------------------

    def syntax(self, message: str, line: int, column: int, hint: str | None = None) -> None:
        """Report a `yaml-syntax` error; it makes the file unreadable."""
        self.parsed.readable = False
        self.parsed.findings.append(
            Finding(
                code="yaml-syntax",
                message=message,
                location=Location(self.file, line, column),
                hint=hint,
            )
        )

    def _unsafe(self, message: str, line: int, column: int, hint: str) -> None:
        self.unsafe.append(
            Finding(
                code="yaml-unsafe",
                message=message,
                location=Location(self.file, line, column),
                hint=hint,
                pointer=pointer(self._path_of_next()),
            )
        )

    def _bounded(self, message: str, line: int, column: int, hint: str) -> None:
        """Report that a bound is passed, once a document: all that follows would pass it too."""
        if not self.past_bound:
            self.past_bound = True
            self._unsafe(message, line, column, hint)

    def _path(self) -> Path:
        return tuple(
            len(frame.value) - 1 if isinstance(frame.value, list) else str(frame.key)
            for frame in self.stack
            if frame.key is not _NO_KEY or isinstance(frame.value, list)
        )

    def _path_of_next(self) -> Path:
        """Return the path of the node that is met, which its list doesn't hold yet."""
        path = self._path()
        if path and isinstance(self.stack[-1].value, list):
            return (*path[:-1], len(self.stack[-1].value))
        return path

    # -- documents --------------------------------------------------------------------

    def _start_document(self) -> None:
        self.places = Places()
        self.stack: list[_Frame] = []
        self.root: Any = None
        self.empty = False
        self.floats = False
        self.undefined = False
        self.past_bound = False
        self.expanded = 0
        self.anchors: dict[str, tuple[Any, int, int] | None] = {}
        self.problems: list[Finding] = []
        self.odd: list[Path] = []
        self.unsafe: list[Finding] = []

    def _end_document(self, event: Any) -> None:
        if self.cut and event.end_mark.index >= len(self.text):
            return
        if self.unsafe:
            self.parsed.readable = False
            self.parsed.findings.extend(self.unsafe)
        elif not self.undefined and not self.empty:
            self.parsed.findings.extend(self.problems)
            self.parsed.documents.append(
                Document(
                    self.file,
                    self.root,
                    self.places,
                    text=self.text,
                    floats=self.floats,
                    odd=tuple(self.odd),
                )
            )

    # -- nodes ------------------------------------------------------------------------

    def _place(self, event: Any, *, nothing: bool = False) -> int:
        """Number a node and note its place: after its anchor; at its key when it is empty."""
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        frame = self.stack[-1] if self.stack else None
        if nothing and frame and frame.key is not _NO_KEY:
            line, column = self.places.line[frame.key_node], self.places.column[frame.key_node]
        elif event.anchor is not None:
            skipped = _ANCHOR.match(self.text, mark.index)
            if skipped:
                filling = _FILLING.match(self.text, skipped.end())
                end = filling.end() if filling else skipped.end()
                line, column = after(self.text[mark.index : end], line, column)
        return self.places.add(line, column)

    def _tagged(self, event: Any, node: int) -> None:
        mark, line, column = (
            event.start_mark,
            event.start_mark.line + 1,
            event.start_mark.column + 1,
        )
        if self.text[mark.index : mark.index + 1] != "!":
            line, column = self.places.line[node], self.places.column[node]
        self._unsafe(
            f"the tag {quoted(_short_tag(event.tag))} is not allowed",
            line,
            column,
            "remove the tag: values are text, booleans, numbers, lists and mappings only",
        )

    def _scalar(self, event: Any) -> None:
        text = event.value
        plain = event.implicit[0] and event.tag is None
        nothing = plain and not text
        node = self._place(event, nothing=nothing)
        if event.tag is not None:
            self._tagged(event, node)
        if not self.stack and nothing and event.anchor is None:
            self.empty = True
            return
        value: Any = resolve(text) if plain else text
        if type(value) is float:
            self.floats = True
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, node, 1)
        self._attach(value, node, text=text, plain=plain)

    def _open(self, event: Any, value: Any) -> None:
        node = self._place(event)
        if event.tag is not None:
            self._tagged(event, node)
        depth = len(self.stack) + 1
        if depth > DEPTH:
            self._bounded(
                f"nesting is deeper than {DEPTH} levels",
                self.places.line[node],
                self.places.column[node],
                "no document needs such depth: look for a missing bracket",
            )
            if depth > _GIVE_UP_DEPTH:
                self.parsed.readable = False
                self.parsed.findings.extend(self.unsafe)
                self.stopped = True
                return
        self._attach(value, node)
        if event.anchor is not None:
            self.anchors[event.anchor] = None  # open: an alias to it would never end
        self.stack.append(_Frame(value, node, event.anchor, self.expanded))

    def _close(self, _: Any) -> None:
        frame = self.stack.pop()
        size = len(self.places.line) - frame.node
        self.places.size[frame.node] = size
        if frame.anchor is not None:
            count = size + self.expanded - frame.count
            self.anchors[frame.anchor] = (frame.value, frame.node, count)
        if self.stack:
            self._value_ended(self.stack[-1])

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        node = self.places.add(line, column)
        name = event.anchor
        if name not in self.anchors:
            if not self.undefined:
                self.syntax(
                    f"the alias `*{name}` has no anchor before it", line, column, "define it first"
                )
            self.undefined = True
            self._attach(None, node)
            return
        target = self.anchors[name]
        if target is None:
            self._bounded(
                f"the alias `*{name}` stands for a node that contains it", line, column, "remove it"
            )
            self._attach(None, node)
            return
        value, target_node, count = target
        self.expanded += count
        if self.expanded > ALIASED_NODES:
            self._bounded(
                f"aliases expand to more than {ALIASED_NODES:,} nodes",
                line,
                column,
                "write fewer aliases, or split the document",
            )
        self.places.targets[node] = target_node
        self._attach(value, node, text=value if isinstance(value, str) else None, plain=False)

    # -- putting values where they belong ---------------------------------------------

    def _attach(
        self, value: Any, node: int, *, text: str | None = None, plain: bool = False
    ) -> None:
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        container = frame.value
        if type(container) is list:
            container.append(value)
        elif frame.key is _NO_KEY:
            self._key(frame, value, node, text=text, plain=plain)
        else:
            if frame.keep:
                container[frame.key] = value
            if not isinstance(value, dict | list) or node in self.places.targets:
                self._value_ended(frame)

    def _value_ended(self, frame: _Frame) -> None:
        if type(frame.value) is list:
            return
        if frame.key is _NOT_TEXT_OPEN:  # it was the key that ended
            frame.key = _NOT_TEXT
        else:
            frame.key = _NO_KEY

    def _key(self, frame: _Frame, value: Any, node: int, *, text: str | None, plain: bool) -> None:
        frame.key_node = node
        frame.keep = False
        if type(value) is not str:
            self._odd_key(frame, value, node, text)
            return
        frame.key = intern(value)
        if value == "<<" and plain:
            self._unsafe_merge(node)
        elif value in frame.value:
            self._doubled_key(value, node, self._first(frame, value))
        else:
            frame.keep = True
            if frame.firsts is not None:
                frame.firsts[value] = node
            return
        self.places.hidden.add(node)

    def _unsafe_merge(self, node: int) -> None:
        self._unsafe(
            "the merge key `<<` is not allowed",
            self.places.line[node],
            self.places.column[node],
            "write the keys out",
        )

    def _odd_key(self, frame: _Frame, value: Any, node: int, text: str | None) -> None:
        """Report a key that is not text; its pair is not examined further."""
        self.places.hidden.add(node)
        composite = isinstance(value, dict | list)
        frame.key = _NOT_TEXT_OPEN if composite and node not in self.places.targets else _NOT_TEXT
        if not composite:
            first = frame.odd_keys.setdefault((type(value), value), node)
            if first != node:
                self._doubled_key(text or "null", node, first)
                return
        self.odd.append(self._path()[:-1])
        shown = "a collection" if composite else quoted(text or "null")
        self._problem(
            Finding(
                code="schema",
                message=f"a key must be text, and {shown} is not",
                location=self._location(node),
                hint="write a single word as the key" if composite else f'quote it: "{text or ""}"',
                pointer=pointer(self._path()[:-1]),
            )
        )

    def _doubled_key(self, shown: str, node: int, first: int) -> None:
        self._problem(
            Finding(
                code="yaml-duplicate-key",
                message=f"the key {quoted(shown)} stands twice in one mapping",
                location=self._location(node),
                hint="keep one of the two: only the first would count",
                pointer=pointer(self._path()),
                related=(Related(self._location(first), "first given here"),),
            )
        )

    def _problem(self, finding: Finding) -> None:
        """Note a finding, unless it stands inside a pair that is not examined."""
        if all(frame.keep or type(frame.value) is list for frame in self.stack[:-1]):
            self.problems.append(finding)

    def _first(self, frame: _Frame, key: str) -> int:
        """Return the first node of a key that the mapping being built has already."""
        if frame.firsts is None:
            nodes, child = [], frame.node + 1
            while child < frame.key_node:
                if child not in self.places.hidden:
                    nodes.append(child)
                value = child + self.places.size[child]
                child = value + self.places.size[value]
            frame.firsts = dict(zip(frame.value, nodes, strict=True))
        return frame.firsts[key]

    def _location(self, node: int) -> Location:
        return Location(self.file, self.places.line[node], self.places.column[node])


_NOT_TEXT: Final = object()
_NOT_TEXT_OPEN: Final = object()


def _short_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!") or "!"


def _syntax_hint(problem: str) -> str | None:
    """Say what most people who meet this libyaml message have to do."""
    for sign, hint in _SYNTAX_HINTS.items():
        if sign in problem:
            return hint
    return None


_SYNTAX_HINTS: Final = {
    "cannot start any token": "indent with spaces; quote text that begins with `@` or a backtick",
    "mapping values are not allowed": "quote text that contains `: `, or check the indentation",
    "did not find expected key": "check the indentation, and that brackets and quotes are closed",
    "could not find expected ':'": "write `key: value`",
    "did not find expected ',' or": "close the bracket, or part the entries by commas",
    "did not find expected '-' indicator": "check the indentation of the list",
    "unexpected end of stream": "close the quote",
    "did not find expected <document start>": "check the indentation, or part documents by `---`",
}
