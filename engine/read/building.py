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

from engine.findings import Finding, quoted
from engine.read.document import Document, pointer
from engine.read.frames import NO_KEY, Frame, after
from engine.read.mistakes import Mistakes, syntax_hint
from engine.read.parsed import DEPTH
from engine.read.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.model import Path

ALIASED_NODES: Final = 10_000
"""How many nodes the aliases of one document may stand for (SPEC §2)."""
_GIVE_UP_DEPTH: Final = 1000  # libyaml's cost is quadratic in depth: past this, stop reading
_ANCHOR: Final = re.compile(r"&[^\s,\[\]{}]+")
_FILLING: Final = re.compile(r"(?:[ \t\r\n]+|(?<=[ \t\r\n])#[^\r\n]*)*")


class Builder(Mistakes):
    """Turns one file's events into documents."""

    def __init__(self, text: str, file: str, *, cut: bool) -> None:
        super().__init__(text, file)
        self.cut = cut  # the text ends early: its last document is not whole
        self.stopped = False

    def run(self) -> None:
        parser = CParser(self.text)
        handle: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: lambda event: self._open(event, {}),
            yaml.SequenceStartEvent: lambda event: self._open(event, []),
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: lambda _: self.start(),
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
        self.syntax(message, line, column, syntax_hint(problem))
        self.stopped = True

    # -- documents --------------------------------------------------------------------

    def start(self) -> None:
        """Begin with a document."""
        super().start()
        self.root: Any = None
        self.empty = False
        self.floats = False
        self.undefined = False
        self.expanded = 0
        self.anchors: dict[str, tuple[Any, int, int] | None] = {}
        self.odd: list[Path] = []

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
        if nothing and frame and frame.key is not NO_KEY:
            line, column = self.places.line[frame.key_node], self.places.column[frame.key_node]
        elif event.anchor is not None:
            skipped = _ANCHOR.match(self.text, mark.index)
            if skipped:
                filling = _FILLING.match(self.text, skipped.end())
                end = filling.end() if filling else skipped.end()
                line, column = after(self.text[mark.index : end], line, column)
        return self.places.add(line, column)

    def _scalar(self, event: Any) -> None:
        text = event.value
        plain = event.implicit[0] and event.tag is None
        nothing = plain and not text
        node = self._place(event, nothing=nothing)
        if event.tag is not None:
            self.tagged(event, node)
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
            self.tagged(event, node)
        depth = len(self.stack) + 1
        if depth > DEPTH:
            self.bounded(
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
        self.stack.append(Frame(value, node, event.anchor, self.expanded))

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
            self.bounded(
                f"the alias `*{name}` stands for a node that contains it", line, column, "remove it"
            )
            self._attach(None, node)
            return
        value, target_node, count = target
        self.expanded += count
        if self.expanded > ALIASED_NODES:
            self.bounded(
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
        elif frame.key is NO_KEY:
            self._key(frame, value, node, text=text, plain=plain)
        else:
            if frame.keep:
                container[frame.key] = value
            if not isinstance(value, dict | list) or node in self.places.targets:
                self._value_ended(frame)

    def _value_ended(self, frame: Frame) -> None:
        if type(frame.value) is list:
            return
        if frame.key is _NOT_TEXT_OPEN:  # it was the key that ended
            frame.key = _NOT_TEXT
        else:
            frame.key = NO_KEY

    def _key(self, frame: Frame, value: Any, node: int, *, text: str | None, plain: bool) -> None:
        frame.key_node = node
        frame.keep = False
        if type(value) is not str:
            self._odd_key(frame, value, node, text)
            return
        frame.key = intern(value)
        if value == "<<" and plain:
            self.unsafe_merge(node)
        elif value in frame.value:
            self.doubled_key(value, node, self.first_of(frame, value))
        else:
            frame.keep = True
            if frame.firsts is not None:
                frame.firsts[value] = node
            return
        self.places.hidden.add(node)

    def _odd_key(self, frame: Frame, value: Any, node: int, text: str | None) -> None:
        """Report a key that is not text; its pair is not examined further."""
        self.places.hidden.add(node)
        composite = isinstance(value, dict | list)
        frame.key = _NOT_TEXT_OPEN if composite and node not in self.places.targets else _NOT_TEXT
        if not composite:
            first = frame.odd_keys.setdefault((type(value), value), node)
            if first != node:
                self.doubled_key(text or "null", node, first)
                return
        self.odd.append(self.path()[:-1])
        shown = "a collection" if composite else quoted(text or "null")
        self.problem(
            Finding(
                code="schema",
                message=f"a key must be text, and {shown} is not",
                location=self.location(node),
                hint="write a single word as the key" if composite else f'quote it: "{text or ""}"',
                pointer=pointer(self.path()[:-1]),
            )
        )


_NOT_TEXT: Final = object()
_NOT_TEXT_OPEN: Final = object()
