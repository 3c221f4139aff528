"""What a finding of reading is about, apart from where it stands: entity and path, not line.

Two revisions of one file have the same mistake when the same entity has it in the same place of
itself, wherever that entity has moved to.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right

from engine.shapes import replace
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.findings import Finding
    from engine.read.document import Document

_LISTS: Final = {
    "users": "user",
    "roles": "role",
    "expectations": "expectation",
    "guardrails": "guardrail",
    "catalogue": "toggle",
}
"""Kinds of documents that hold many entities: the kind of each."""
_NONE: Final[tuple[list[int], list[Document]]] = ([], [])
_PLACE: Final = re.compile(r"(?<=:)\d+(?::\d+)?")
_TOTAL: Final = re.compile(r" \(one of [\d,]+ bad rows\)$")


def identified(findings: Iterable[Finding], documents: Sequence[Document]) -> list[Finding]:
    """Return the findings, each with what it is about."""
    by_file: dict[str, tuple[list[int], list[Document]]] = {}
    for document in documents:
        lines, found = by_file.setdefault(document.file, ([], []))
        lines.append(document.locate().line)
        found.append(document)
    return [
        replace(one, about=_about(one, *by_file.get(one.location.file, _NONE))) for one in findings
    ]


def _about(
    finding: Finding, lines: Sequence[int], documents: Sequence[Document]
) -> tuple[str, ...]:
    message = _TOTAL.sub("", _PLACE.sub("", finding.message))
    begun = bisect_right(lines, finding.location.line)
    if finding.code.startswith("yaml-s") or not begun:
        return ("file", finding.location.file, message)
    document = documents[begun - 1]
    return (*_subject(document.value, _steps(finding.pointer), document.file), message)


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _subject(value: Any, steps: list[str], file: str) -> tuple[str, ...]:
    """Return kind, account and id of the entity that a pointer leads into, and the way in it."""
    kind = value.get("kind") if isinstance(value, dict) else None
    entity, name, account = value, None, None
    if isinstance(kind, str) and kind in _LISTS and len(steps) > 1:
        account, name = value.get("account"), steps[1]
        entity, kind = _step(_step(value, steps[0]), name), _LISTS[kind]
        steps = steps[2:]
        if kind != "toggle":
            name = None
    way = []
    at = entity
    for step in steps:
        way.append(_named(at, step))
        at = _step(at, step)
    own = entity if isinstance(entity, dict) else {}
    name = name or own.get("id") or own.get("name") or own.get("source")
    name = name or (file if entity is value else _text(entity))
    return (str(kind), str(own.get("account") or account or ""), str(name), *way)


def _step(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return None


def _named(value: Any, step: str) -> str:
    """Return a step; one into a list by what stands there, since its order means nothing."""
    found = _step(value, step) if isinstance(value, list) else None
    return step if found is None else _text(found)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
