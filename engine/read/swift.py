"""The quick way through a file in which nothing is odd: values and places in one tight loop.

It gives up, without a finding, at anything that is rare: an anchor, a tag, a doubled key, a
key that is not text, a bound, an error. The careful way in `parse` then reads the file from
its beginning, so what a file means is said there; this way may only agree with it.
"""

from __future__ import annotations

from array import array
from sys import intern

import yaml
from yaml._yaml import CParser

from engine.read.document import Document, Places
from engine.read.scalars import resolve
from engine.typed import Any, Final

_UNRESOLVED: Final = frozenset(["", *"0123456789+-.~nNtTfF"])
"""How a plain scalar begins that may be something other than its text."""


class _Odd(Exception):  # noqa: N818 - it is no error: the careful way takes over
    """Something that the quick way leaves to the careful one."""


def documents(text: str, file: str, depth: int) -> list[Document] | None:
    """Return a file's documents, or None where it holds anything out of the ordinary.

    `depth` is the deepest nesting that is passed over in silence.
    """
    parser = CParser(text)
    try:
        return _documents(parser.get_event, text, file, depth)
    except (yaml.YAMLError, _Odd):
        return None
    finally:
        parser.dispose()


def _documents(get_event: Any, text: str, file: str, depth: int) -> list[Document]:
    found: list[Document] = []
    started, ended = yaml.DocumentStartEvent, yaml.StreamEndEvent
    while True:
        event = get_event()
        if event is None or type(event) is ended:
            return found
        if type(event) is started:
            document = _document(get_event, text, file, depth)
            if document is not None:
                found.append(document)


def _document(  # noqa: PLR0915 - a call for each event is what this loop is without
    get_event: Any, text: str, file: str, depth: int
) -> Document | None:
    """Build one document from its first node to its end.

    NOTE: one long loop over local names, without a call for each event of ours: this is where
    a large set spends its time. `mode` says what comes next: a root, an entry, a key or a value.
    """
    scalar, mapping, sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
    mapping_end, sequence_end = yaml.MappingEndEvent, yaml.SequenceEndEvent
    document_end = yaml.DocumentEndEvent
    unresolved, share = _UNRESOLVED, intern
    at_root, at_entry, at_key, at_value = 0, 1, 2, 3
    lines, columns = array("I"), array("I")
    add_line, add_column = lines.append, columns.append
    starts: list[int] = []  # the node of each open collection
    sizes: list[tuple[int, int]] = []
    outer: list[tuple[Any, int]] = []
    root: Any = None
    within: Any = None
    key, key_node, mode, floats = "", 0, at_root, False
    while True:
        event = get_event()
        kind = type(event)
        if kind is scalar:
            value = event.value
            if event.tag is not None or event.anchor is not None:
                raise _Odd
            mark = event.start_mark
            if event.implicit[0] and value[:1] in unresolved:
                if value:
                    value = resolve(value)
                    floats = floats or type(value) is float
                elif mode == at_value:
                    value = None
                    add_line(lines[key_node])
                    add_column(columns[key_node])
                    within[key] = value
                    mode = at_key
                    continue
                elif mode == at_root:
                    if type(get_event()) is not document_end:
                        raise _Odd
                    return None
                else:
                    value = None
            if mode == at_key:
                if type(value) is not str or value in within or value == "<<":
                    raise _Odd
                key, key_node, mode = share(value), len(lines), at_value
            elif mode == at_value:
                within[key] = value
                mode = at_key
            elif mode == at_entry:
                within.append(value)
            else:
                root = value
            add_line(mark.line + 1)
            add_column(mark.column + 1)
        elif kind is mapping or kind is sequence:
            if (
                event.tag is not None
                or event.anchor is not None
                or mode == at_key
                or len(outer) >= depth
            ):
                raise _Odd
            value = {} if kind is mapping else []
            if mode == at_value:
                within[key] = value
                outer.append((within, at_key))
            elif mode == at_entry:
                within.append(value)
                outer.append((within, at_entry))
            else:
                root = value
                outer.append((within, at_root))
            mark = event.start_mark
            starts.append(len(lines))
            add_line(mark.line + 1)
            add_column(mark.column + 1)
            within = value
            mode = at_key if kind is mapping else at_entry
        elif kind is mapping_end or kind is sequence_end:
            start = starts.pop()
            sizes.append((start, len(lines) - start))
            within, mode = outer.pop()
        elif kind is document_end:
            break
        else:
            raise _Odd
    size = array("I", [1]) * len(lines)
    for node, count in sizes:
        size[node] = count
    return Document(file, root, Places(lines, columns, size), text=text, floats=floats)
