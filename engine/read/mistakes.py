"""Mistakes in YAML, each with its place, the path to it, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.findings import Finding, Related, quoted
from engine.model import Location, Path
from engine.read.document import Places, pointer
from engine.read.frames import NO_KEY
from engine.read.parsed import Parsed

if TYPE_CHECKING:
    from engine.read.frames import Frame


class Mistakes:
    """Reports what is wrong in one file, as far as it was read.

    `stack` holds the collections that are open, and `places` those of the document's nodes.
    `problems` are its findings that leave the file readable, `unsafe` those that don't.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.parsed = Parsed()
        self.start()

    def start(self) -> None:
        """Begin with a document."""
        self.places = Places()
        self.stack: list[Frame] = []
        self.past_bound = False
        self.problems: list[Finding] = []
        self.unsafe: list[Finding] = []

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

    def unsafe_node(self, message: str, line: int, column: int, hint: str) -> None:
        self.unsafe.append(
            Finding(
                code="yaml-unsafe",
                message=message,
                location=Location(self.file, line, column),
                hint=hint,
                pointer=pointer(self.path_of_next()),
            )
        )

    def bounded(self, message: str, line: int, column: int, hint: str) -> None:
        """Report that a bound is passed, once a document: all that follows would pass it too."""
        if not self.past_bound:
            self.past_bound = True
            self.unsafe_node(message, line, column, hint)

    def path(self) -> Path:
        return tuple(
            len(frame.value) - 1 if isinstance(frame.value, list) else str(frame.key)
            for frame in self.stack
            if frame.key is not NO_KEY or isinstance(frame.value, list)
        )

    def path_of_next(self) -> Path:
        """Return the path of the node that is met, which its list doesn't hold yet."""
        path = self.path()
        if path and isinstance(self.stack[-1].value, list):
            return (*path[:-1], len(self.stack[-1].value))
        return path

    def tagged(self, event: Any, node: int) -> None:
        mark, line, column = (
            event.start_mark,
            event.start_mark.line + 1,
            event.start_mark.column + 1,
        )
        if self.text[mark.index : mark.index + 1] != "!":
            line, column = self.places.line[node], self.places.column[node]
        self.unsafe_node(
            f"the tag {quoted(_short_tag(event.tag))} is not allowed",
            line,
            column,
            "remove the tag: values are text, booleans, numbers, lists and mappings only",
        )

    def unsafe_merge(self, node: int) -> None:
        self.unsafe_node(
            "the merge key `<<` is not allowed",
            self.places.line[node],
            self.places.column[node],
            "write the keys out",
        )

    def problem(self, finding: Finding) -> None:
        """Note a finding, unless it stands inside a pair that is not examined."""
        if all(frame.keep or type(frame.value) is list for frame in self.stack[:-1]):
            self.problems.append(finding)

    def location(self, node: int) -> Location:
        return Location(self.file, self.places.line[node], self.places.column[node])

    def doubled_key(self, shown: str, node: int, first: int) -> None:
        self.problem(
            Finding(
                code="yaml-duplicate-key",
                message=f"the key {quoted(shown)} stands twice in one mapping",
                location=self.location(node),
                hint="keep one of the two: only the first would count",
                pointer=pointer(self.path()),
                related=(Related(self.location(first), "first given here"),),
            )
        )

    def first_of(self, frame: Frame, key: str) -> int:
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


def _short_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!") or "!"


def syntax_hint(problem: str) -> str | None:
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
    "tab character": "indent with spaces, not with tabs",
    "did not find expected <document start>": "check the indentation, or part documents by `---`",
}
