"""A small YAML 1.2 core-schema loader over PyYAML's events, for tests only (SPEC §2).

Owns turning files into raw documents: plain scalars by the core schema, anchors and aliases,
empty documents, dot files and other endings passed over. Assumes well-formed, safe YAML.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.reference.model import Entity

INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def read(files: Mapping[str, str]) -> list[Entity]:
    """Every document of the policy files among these (path to text), in file order."""
    documents: list[Entity] = []
    for path in sorted(files):
        hidden = any(part.startswith(".") for part in path.split("/"))
        if path.endswith((".yaml", ".yml")) and not hidden:
            documents += load_all(files[path])
    return documents


def load_all(text: str) -> list[Any]:
    """The documents of one text that are not empty."""
    events = yaml.parse(text, Loader=yaml.CSafeLoader)
    documents = [
        _node(next(events), events, {})
        for event in events
        if isinstance(event, yaml.DocumentStartEvent)
    ]
    return [document for document in documents if document is not None]


def plain(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core schema."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if FLOAT.fullmatch(text):
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _node(event: Any, events: Iterator[Any], anchors: dict[str, Any]) -> Any:
    if isinstance(event, yaml.AliasEvent):
        return anchors[str(event.anchor)]
    value: Any
    if isinstance(event, yaml.ScalarEvent):
        value = plain(event.value) if event.implicit[0] else event.value
    elif isinstance(event, yaml.SequenceStartEvent):
        value = _items(events, anchors)
    else:
        items = _items(events, anchors)
        value = dict(zip(items[::2], items[1::2], strict=True))
    if event.anchor is not None:
        anchors[event.anchor] = value
    return value


def _items(events: Iterator[Any], anchors: dict[str, Any]) -> list[Any]:
    items = []
    for event in events:
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            break
        items.append(_node(event, events, anchors))
    return items
