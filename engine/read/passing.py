"""A few small documents passed by their schemas in plain Python, sooner than a library is loaded.

It passes what it is sure of, and says nothing of the rest: what has a mistake, a keyword or a
pattern that it does not know, or comes when enough was looked at already. A test holds it to
jsonschema.
"""

from __future__ import annotations

from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ENOUGH: Final = 3_000
"""After so many looks at a value, in one process, a library would have been sooner."""
_SILENT: Final = frozenset(
    (
        *("$schema", "$id", "$defs", "$comment", "title", "description", "markdownDescription"),
        *("default", "examples", "x-words", "enumDescriptions", "patternErrorMessage"),
        *("defaultSnippets", "then", "else"),  # the last two are for `if`
    )
)
_LONGEST: Final = 254
_FLAGS: Final = frozenset(("on", "off", "true", "false", "yes", "no"))
_STATES: Final = frozenset(("enabled", "disabled"))
_SCOPES: Final = frozenset(("account", "group", "user", "catalogue"))
_TYPES: Final[Mapping[str, type]] = {
    "string": str,
    "object": dict,
    "array": list,
    "integer": int,
    "boolean": bool,
}


def _is_id(text: str) -> bool:
    # NOTE: no control character can be printed; some that cannot be may stand in an id.
    ends = text[:1] + text[-1:]
    return 0 < len(text) <= _LONGEST and " " not in ends and text.isprintable()


def _is_user(text: str) -> bool:
    return _is_id(text) and text.count("@") == 1 and "@" not in {text[0], text[-1]}


def _is_flag(text: str) -> bool:
    return text.isascii() and text.lower() in _FLAGS


def _is_other_state(text: str) -> bool:
    spelled = text.isascii() and text.lower() in _FLAGS | _STATES
    return spelled and text not in _STATES


def _is_source(text: str) -> bool:
    scope, _, name = text.partition(":")
    return scope in _SCOPES and _is_id(name)


def _is_share(text: str) -> bool:
    number, sign = text[:-1], text[-1:]
    whole, dot, tenth = number.partition(".")
    if sign != "%" or not number.isascii() or (dot and not (len(tenth) == 1 and tenth.isdigit())):
        return False
    small = whole.isdigit() and (len(whole) == 1 or (len(whole) == 2 and whole[0] != "0"))
    return small or number in {"100", "100.0"}


_C: Final = r"\x00-\x1F\x7F-\x9F"
_AHEAD: Final = rf"^(?! |[\s\S]*[{_C}]|[\s\S]{{{_LONGEST + 1}}})"
_FLAG: Final = "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Oo][Nn]|[Oo][Ff][Ff]|[Yy][Ee][Ss]|[Nn][Oo]"
_STATE: Final = (
    "[Ee][Nn][Aa][Bb][Ll][Ee][Dd]|[Dd][Ii][Ss][Aa][Bb][Ll][Ee][Dd]|[Oo][Nn]|[Oo][Ff][Ff]"
    "|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]"
)
PATTERNS: Final[Mapping[str, Callable[[str], bool]]] = {
    rf"{_AHEAD}[\s\S]*[^ ]$": _is_id,
    rf"{_AHEAD}[^@]+@[^@]*[^ @]$": _is_user,
    rf"^(?:{_FLAG})(?![\s\S])": _is_flag,
    rf"^(?!(?:enabled|disabled)$)(?:{_STATE})(?![\s\S])": _is_other_state,
    rf"^(?:account|group|user|catalogue):{_AHEAD[1:]}[\s\S]*[^ ]$": _is_source,
    r"^(?:100(?:\.0)?|[1-9]?[0-9](?:\.[0-9])?)%(?![\s\S])": _is_share,
}
"""The patterns of the schemas that are known, and what passes no more than they do."""


@dataclass(slots=True)
class Passer:
    """Passes values by the parts of one schema, as long as `left` looks are left."""

    definitions: Mapping[str, Any]
    left: list[int]

    def passes(self, schema: Mapping[str, Any], value: Any) -> bool:
        """Tell whether a value surely satisfies a schema."""
        self.left[0] -= 1
        if self.left[0] < 0:
            return False
        for keyword, rule in schema.items():
            if keyword not in _SILENT:
                check = _CHECKS.get(keyword)
                if check is None or not check(self, schema, rule, value):
                    return False
        return True


_left: Final = [_ENOUGH]


def passes(schema: Mapping[str, Any], value: Any) -> bool:
    """Tell whether a document surely satisfies a schema, and it was not too much to tell."""
    return Passer(schema.get("$defs", {}), _left).passes(schema, value)


def is_worth_it() -> bool:
    """Tell whether there is any use in asking."""
    return _left[0] > 0


# -- the keywords ---------------------------------------------------------------------------


def _type(_: Passer, __: Any, rule: Any, value: Any) -> bool:
    names = [rule] if isinstance(rule, str) else rule
    return any(type(value) is _TYPES.get(name) for name in names)


def _ref(passer: Passer, _: Any, rule: str, value: Any) -> bool:
    part = passer.definitions.get(rule.removeprefix("#/$defs/"))
    return part is not None and passer.passes(part, value)


def _required(_: Passer, __: Any, rule: Any, value: Any) -> bool:
    return type(value) is not dict or all(key in value for key in rule)


def _properties(passer: Passer, _: Any, rule: Any, value: Any) -> bool:
    if type(value) is not dict:
        return True
    return all(passer.passes(rule[key], one) for key, one in value.items() if key in rule)


def _additional(passer: Passer, schema: Any, rule: Any, value: Any) -> bool:
    if type(value) is not dict:
        return True
    known = schema.get("properties", {})
    others = (one for key, one in value.items() if key not in known)
    return all(rule if isinstance(rule, bool) else passer.passes(rule, one) for one in others)


def _names(passer: Passer, _: Any, rule: Any, value: Any) -> bool:
    return type(value) is not dict or all(passer.passes(rule, key) for key in value)


def _items(passer: Passer, _: Any, rule: Any, value: Any) -> bool:
    return type(value) is not list or all(passer.passes(rule, one) for one in value)


def _unique(_: Passer, __: Any, ___: Any, value: Any) -> bool:
    if type(value) is not list:
        return True
    return all(type(one) is str for one in value) and len(set(value)) == len(value)


def _enum(_: Passer, __: Any, rule: Any, value: Any) -> bool:
    return any(type(value) is type(one) and value == one for one in rule)


def _const(_: Passer, __: Any, rule: Any, value: Any) -> bool:
    return type(value) is type(rule) is str and value == rule


def _any(passer: Passer, _: Any, rule: Any, value: Any) -> bool:
    return any(passer.passes(one, value) for one in rule)


def _if(passer: Passer, schema: Any, rule: Any, value: Any) -> bool:
    if rule != {"type": "object"}:
        return False
    branch = schema.get("then" if type(value) is dict else "else", {})
    return passer.passes(branch, value)


def _at_least(_: Passer, __: Any, rule: int, value: Any) -> bool:
    return type(value) is not list or len(value) >= rule


def _as_long(_: Passer, __: Any, rule: int, value: Any) -> bool:
    return type(value) is not str or len(value) >= rule


def _as_large(_: Passer, __: Any, rule: int, value: Any) -> bool:
    return type(value) is not int or value >= rule


def _pattern(_: Passer, __: Any, rule: str, value: Any) -> bool:
    return type(value) is not str or (rule in PATTERNS and PATTERNS[rule](value))


_CHECKS: Final[Mapping[str, Callable[[Passer, Any, Any, Any], bool]]] = {
    "type": _type,
    "$ref": _ref,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "items": _items,
    "uniqueItems": _unique,
    "enum": _enum,
    "const": _const,
    "anyOf": _any,
    "if": _if,
    "minItems": _at_least,
    "minLength": _as_long,
    "minimum": _as_large,
    "pattern": _pattern,
}
