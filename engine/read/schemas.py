"""What a document must be: finds the JSON Schemas and asks them.

jsonschema is the authority. Where jsonschema-rs is installed it passes what is clean, so
that jsonschema sees only the few documents that are not; and the first few of all are passed
by `passing`, sooner than either is loaded.
"""

from __future__ import annotations

import os
from functools import cache

from engine.read.cache.notation import read
from engine.read.passing import is_worth_it, passes
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from engine.model import Path
    from engine.read.document import Document

KINDS: Final = (
    "account",
    "group",
    "user",
    "users",
    "directory",
    "catalogue",
    "roles",
    "expectations",
    "guardrails",
)

_ENTRIES: Final = "users"
"""The kind, and the key, whose list may be very long: its entries are asked one by one."""


_LONGEST: Final = 254
_C: Final = r"\x00-\x1F\x7F-\x9F"  # the control characters
_AHEAD: Final = rf"^(?! |[\s\S]*[{_C}]|[\s\S]{{{_LONGEST + 1}}})"
_PLAIN: Final = {
    rf"{_AHEAD}[\s\S]*[^ ]$": rf"^[^ {_C}](?:[^{_C}]*[^ {_C}])?$",
    rf"{_AHEAD}[^@]+@[^@]*[^ @]$": rf"^[^ @{_C}][^@{_C}]*@[^@{_C}]*[^ @{_C}]$",
}
"""The patterns of ids, and what passes the same beside a largest length: a test compares them."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated constraint: jsonschema's error, and the path of the instance in its document."""

    path: Path
    error: ValidationError


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind, or of all with `bundle`."""
    with open(os.path.join(_folder(), f"{name}.json"), encoding="utf-8") as file:
        found: dict[str, Any] = read(file.read().strip())
    return found


@cache
def _whole(kind: str) -> dict[str, Any]:
    return schema(kind)


def _folder() -> str:
    """Find the schemas: inside the engine in a wheel, beside it in a checkout."""
    engine = os.path.dirname(os.path.dirname(__file__))
    inside = os.path.join(engine, "schema")
    return inside if os.path.isdir(inside) else os.path.join(engine, os.pardir, "schema")


def violations(document: Document, kind: str) -> list[Violation]:
    """Return every violated constraint of a document, in jsonschema's order."""
    value = document.value
    if not document.floats and is_worth_it() and passes(_whole(kind), value):
        return []
    clean = None if document.floats else _fast(kind)
    if clean and clean(value):
        return []
    entries = value.get(_ENTRIES) if kind == _ENTRIES else None
    if not isinstance(entries, list):
        return [Violation(tuple(e.absolute_path), e) for e in _authority(kind).iter_errors(value)]
    found = list(_each_entry(entries, exact=document.floats))
    shell = {**value, _ENTRIES: []}
    outside = (Violation(tuple(e.absolute_path), e) for e in _authority(kind).iter_errors(shell))
    return [*outside, *found]


def _each_entry(entries: list[Any], *, exact: bool) -> Iterator[Violation]:
    clean = None if exact else _fast(_ENTRIES, "entry")
    for index, entry in enumerate(entries):
        if clean and clean(entry):
            continue
        for error in _authority(_ENTRIES, "entry").iter_errors(entry):
            yield Violation((_ENTRIES, index, *error.absolute_path), error)


def _part(kind: str, definition: str | None) -> dict[str, Any]:
    whole = schema(kind)
    if definition is None:
        return whole
    return {"$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]}


@cache
def _fast(kind: str, definition: str | None = None) -> Callable[[Any], bool] | None:
    """Return jsonschema-rs's answer to "is it clean?", or None where it isn't installed."""
    try:
        import jsonschema_rs
    except ImportError:
        return None
    plainer = _plainer(_part(kind, definition))
    is_valid = jsonschema_rs.Draft202012Validator(plainer).is_valid

    def clean(value: Any) -> bool:
        try:
            return bool(is_valid(value))
        except ValueError:  # a value that it cannot hold, such as a very large integer
            return False

    return clean


def _plainer(schema: Any) -> Any:
    """Return a schema that passes the same, by patterns that cost a tenth to compile.

    NOTE: any character, 255 times, is spelled out over all of Unicode, and looking ahead keeps the
    engine from its linear way. The originals stay for the words that they come with.
    """
    if isinstance(schema, list):
        return [_plainer(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _plainer(value) for key, value in schema.items()}
    plain = _PLAIN.get(str(found.get("pattern")))
    return found | {"pattern": plain, "maxLength": _LONGEST} if plain else found


@cache
def _authority(kind: str, definition: str | None = None) -> Validator:
    from jsonschema import Draft202012Validator, validators

    strict = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    extend: Any = validators.extend  # published without types
    cls = extend(Draft202012Validator, {"uniqueItems": _unique_items}, type_checker=strict)
    made: Validator = cls(_part(kind, definition))
    return made


def _unique_items(
    _: Validator, wanted: bool, instance: object, __: object
) -> Iterator[ValidationError]:
    # NOTE: jsonschema compares each entry with each where they cannot be sorted.
    from jsonschema.exceptions import ValidationError

    if wanted and isinstance(instance, list) and doubled(instance):
        yield ValidationError("an entry stands twice in the list")


def doubled(entries: list[Any]) -> list[int]:
    """Return the indexes of the entries of a list that stand in it before."""
    import json

    seen: set[object] = set()
    found = []
    for index, entry in enumerate(entries):
        collection = isinstance(entry, dict | list)
        identity = (type(entry), json.dumps(entry, sort_keys=True) if collection else entry)
        if identity in seen:
            found.append(index)
        seen.add(identity)
    return found


@cache
def pattern(definition: str) -> re.Pattern[str]:
    """Return the pattern of a definition that all kinds share, such as `id` or `user_id`."""
    import re

    return re.compile(schema("user")["$defs"][definition]["pattern"])


def _is_integer(_: object, value: object) -> bool:
    # NOTE: JSON Schema counts 1.0 as an integer; SPEC §2 wants one written as such.
    return isinstance(value, int) and not isinstance(value, bool)


def suggestions(error: ValidationError) -> tuple[str, ...]:
    """Return the words that an instance might have been meant to be."""
    found: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    words = found.get("x-words") or found.get("enum") or ()
    return tuple(str(word) for word in words)
