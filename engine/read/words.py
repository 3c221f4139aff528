"""A violated constraint, worded for a person: what, where, and what to write instead.

One mistake becomes one finding: of several constraints on one scalar only the nearest speaks.
The schemas branch by `if`, never by an `anyOf` of mappings, so that each error names its field.
"""

from __future__ import annotations

from functools import lru_cache

from engine.findings import Finding, quoted
from engine.read.document import pointer
from engine.read.schemas import Violation, doubled, suggestions, violations
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jsonschema.exceptions import ValidationError

    from engine.model import Location, Path
    from engine.read.document import Document

_TYPES: Final = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_SHORT: Final = 40
"""A value that is longer than this is not repeated in a hint."""
_NEARNESS: Final = ("type", "enum", "const", "anyOf", "pattern", "minimum")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A schema finding, and the path in the document that is not to be used because of it.

    `path` is None where nothing present is wrong (a key is missing); `finding` is None where
    an alias makes a mistake appear again. `lacks` is the path of a mapping that lacks a key;
    `value` says that what stands there is wrong, not its key nor its company.
    """

    path: Path | None
    finding: Finding | None
    lacks: Path | None = None
    value: bool = False


def troubles(document: Document, kind: str) -> list[Trouble]:
    """Return what the schema of `kind` has against a document, once per mistake."""
    found: list[Trouble] = []
    spoken: set[Path] = set()
    lacking: set[Path] = set()
    for violation in sorted(violations(document, kind), key=_nearness):
        keyword = violation.error.validator
        if keyword == "additionalProperties":
            found.extend(_unknown_keys(document, violation))
        elif keyword == "required":
            if violation.path not in lacking:
                lacking.add(violation.path)
                found.extend(_missing_keys(document, violation))
        elif keyword == "uniqueItems":
            found.extend(_doubled_entries(document, violation))
        elif "propertyNames" in violation.error.absolute_schema_path:
            found.append(_bad_key(document, violation))
        elif violation.path not in spoken:
            spoken.add(violation.path)
            found.append(_bad_value(document, violation))
    return _once(found)


def _once(found: list[Trouble]) -> list[Trouble]:
    """Drop what an alias makes appear twice: the same words, or a wrong value, at one place.

    What is said of a wrong value names its key, and each alias may have another.
    """
    seen: set[tuple[Location, str]] = set()
    kept = []
    for trouble in found:
        if trouble.finding is None:
            continue
        known = (trouble.finding.location, "" if trouble.value else trouble.finding.message)
        kept.append(Trouble(trouble.path, None) if known in seen else trouble)
        seen.add(known)
    return kept


def _nearness(violation: Violation) -> int:
    keyword = str(violation.error.validator)
    return _NEARNESS.index(keyword) if keyword in _NEARNESS else len(_NEARNESS)


def _finding(location: Location, path: Path, message: str, hint: str | None = None) -> Finding:
    return Finding(
        code="schema", message=message, hint=hint, location=location, pointer=pointer(path)
    )


# -- keys -----------------------------------------------------------------------------------


def _unknown_keys(document: Document, violation: Violation) -> Iterator[Trouble]:
    schema: Any = violation.error.schema
    written: Any = violation.error.instance
    known = tuple(schema.get("properties", ()))
    for key in written:
        if key in known:
            continue
        path = (*violation.path, key)
        yield Trouble(
            path,
            _finding(
                document.locate(path, key=True),
                path,
                f"unknown key {quoted(str(key))}",
                _unknown_key_hint(str(key), known),
            ),
        )


def _unknown_key_hint(key: str, known: Sequence[str]) -> str:
    meant = did_you_mean(key, known)
    if meant:
        return meant
    if key == "locked":
        return "a user cannot lock: remove it, or lock the toggle at a group or the account"
    return f"known here: {', '.join(f'`{word}`' for word in known)}"


def _missing_keys(document: Document, violation: Violation) -> Iterator[Trouble]:
    instance: Any = violation.error.instance
    wanted: Any = violation.error.validator_value
    place = document.first_key(violation.path)
    for key in wanted:
        if key not in instance:
            hint = "a lock carries a value: say which" if key == "state" else f"add `{key}: …`"
            finding = _finding(place, violation.path, f"the key `{key}` is missing", hint)
            yield Trouble(None, finding, lacks=violation.path)


def _bad_key(document: Document, violation: Violation) -> Trouble:
    path = (*violation.path, str(violation.error.instance))
    return Trouble(
        path,
        _finding(
            document.locate(path, key=True),
            path,
            f"{quoted(str(violation.error.instance))} is not a well-formed key",
            _ID_HINT,
        ),
    )


# -- values ---------------------------------------------------------------------------------

_ID_HINT: Final = "1 to 254 characters, without control characters or spaces at the ends"


def _doubled_entries(document: Document, violation: Violation) -> Iterator[Trouble]:
    entries: Any = violation.error.instance
    for index in doubled(entries):
        path = (*violation.path, index)
        message = f"{_what(entries[index])} stands twice in the list"
        yield Trouble(path, _finding(document.locate(path), path, message, "keep one"))


def _bad_value(document: Document, violation: Violation) -> Trouble:
    path, error = violation.path, violation.error
    location = document.locate(path)
    keys = _alternatives(error)
    if keys:
        message = f"none of the keys {', '.join(keys)} is given"
        place = document.first_key(path)
        return Trouble(None, _finding(place, path, message, "add at least one of them"))
    message, hint = _value_words(document, violation)
    return Trouble(path, _finding(location, path, message, hint), value=True)


def _alternatives(error: ValidationError) -> list[str]:
    """Return the keys of which an `anyOf` wants at least one, if that is what it says."""
    branches: Any = error.validator_value if error.validator == "anyOf" else ()
    return [f"`{key}`" for branch in branches for key in branch.get("required", ())]


def _value_words(document: Document, violation: Violation) -> tuple[str, str | None]:
    error, name = violation.error, _name(violation.path)
    schema: Any = error.schema
    value: Any = error.instance
    words = suggestions(error)
    if value is None:
        return (
            f"{name} has no value",
            "write one, or remove the key: nothing means the default here",
        )
    if error.validator == "type" and _wants_text(error) and isinstance(value, bool | int | float):
        kind = "a boolean" if isinstance(value, bool) else "a number"
        written = document.written(violation.path)
        hint = f'quote it: "{written}"' if len(written) < _SHORT else "quote it"
        return f"{name} must be text, and {quoted(written)} is {kind}", hint
    if error.validator == "type":
        hint = _meant(error) or schema.get("description")
        return f"{name} must be {_expected(error)}, and this is {_what(value)}", hint
    if words or error.validator == "const":
        words = words or (str(error.validator_value),)
        shown = _what(value)
        return (
            f"{shown} is not a valid value of {name}",
            did_you_mean(str(value), words)
            or (schema.get("description") if len(words) == 1 else None)
            or f"one of {', '.join(f'`{w}`' for w in words)}",
        )
    if error.validator == "pattern":
        hint = schema.get("patternErrorMessage") or schema.get("description")
        return f"{_what(value)} is not a valid value of {name}", hint
    if error.validator == "minimum":
        return f"{name} must be {error.validator_value} or more, and this is {_what(value)}", None
    return _REST.get(str(error.validator), f"{name} is not valid"), schema.get("description")


_REST: Final = {
    "minItems": "the list is empty",
    "minLength": "the text is empty",
    "minProperties": "the mapping is empty",
}


def _meant(error: ValidationError) -> str | None:
    """Return what to write where a list or an entry was cut short to the text that is in it."""
    schema: Any = error.schema
    value: Any = error.instance
    if not isinstance(value, str):
        return None
    import re

    if not re.fullmatch(_PLAIN, value):
        return None
    if error.validator_value == "array":
        return f"write a list: `[{value}]`"
    if error.validator_value == "object" and schema.get("required") == ["id"]:
        return f"write `{{id: {value}}}`"
    return None


_PLAIN: Final = r"[\w.@-]{1,60}(, ?[\w.@-]{1,60})*"
"""Text that is the same inside of brackets, an id or several."""


def _wants_text(error: ValidationError) -> bool:
    wanted = error.validator_value
    return wanted == "string" or (isinstance(wanted, list) and "string" in wanted)


def _expected(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    names = [wanted] if isinstance(wanted, str) else wanted
    return " or ".join(_TYPES[name] for name in names)


def _what(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return quoted(str(value).lower())
    if isinstance(value, str | int | float):
        return quoted(str(value))
    return "a mapping" if isinstance(value, dict) else "a list"


def _name(path: Path) -> str:
    """Name a value by its key; an entry of a list by the list's."""
    if path and isinstance(path[-1], int):
        return f"an entry of {_name(path[:-1])}"
    return quoted(str(path[-1])) if path else "the document"


def did_you_mean(word: str, known: Sequence[str]) -> str | None:
    """Return a hint that names the known word nearest to `word`, if one is near."""
    return _did_you_mean(word, tuple(known))


@lru_cache(maxsize=1000)
def _did_you_mean(word: str, known: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), [k.lower() for k in known], n=1, cutoff=0.6)
    for candidate in known:
        if near and candidate.lower() == near[0]:
            return f"did you mean `{candidate}`?"
    return None
