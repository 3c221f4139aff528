"""What a person may write, turned into the one canonical form. Cerberus does it, and nothing else.

Settings come in a few dozen distinct spellings, so each distinct one is normalised once and
remembered; whole entities are normalised only for the rare kinds, and what is spelled as
most people do passes by a table: a test holds it to what Cerberus says.
"""

from __future__ import annotations

from functools import cache

from engine.model import SYNC_TOGGLE, Resolution, Setting, State
from engine.typed import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

_STATES: Final = {
    **dict.fromkeys(("enabled", "on", "true", "yes"), State.ENABLED),
    **dict.fromkeys(("disabled", "off", "false", "no"), State.DISABLED),
}
_FLAGS: Final = {
    **dict.fromkeys(("on", "true", "yes"), True),
    **dict.fromkeys(("off", "false", "no"), False),
}


_T = TypeVar("_T")


def _state(value: object) -> State:
    return _STATES[str(value).lower()]


def _flag(value: object) -> bool:
    return _FLAGS[str(value).lower()]


def _resolution(value: str) -> Resolution:
    return Resolution(value)  # the class itself would pass for a chain: enumerations are iterable


def _spelled_out(value: object) -> object:
    return value if isinstance(value, dict) else {"state": value}


_SETTING: Final = {
    "setting": {
        "coerce": _spelled_out,
        "type": "dict",
        "schema": {
            "state": {"coerce": _state},
            "locked": {"coerce": _flag, "default": False},
        },
    }
}
_ENTITIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "account": {
        "group_resolution": {"default": "primary_group", "coerce": _resolution},
    },
    "toggle": {"default": {"coerce": _state}},
    "role": {"privileges": {"default": []}, "members": {"default": []}},
    "expectation": {
        "toggle": {"default": SYNC_TOGGLE},
        "state": {"coerce": _state},
        "locked": {"coerce": _flag},
    },
    "guardrail": {
        "toggle": {"default": SYNC_TOGGLE},
        "must_be": {"coerce": _state},
        "whatever_users_choose": {"coerce": _flag, "default": False},
        "locked": {"coerce": _flag},
    },
}


def _usual(words: Mapping[str, _T]) -> dict[tuple[type, object], _T]:
    return {
        **{(str, word): meant for word, meant in words.items()},
        **{(bool, flag): words[str(flag).lower()] for flag in (True, False)},
    }


_WORDS: Final[Mapping[Any, Mapping[tuple[type, object], object]]] = {
    _state: _usual(_STATES),
    _flag: _usual(_FLAGS),
    _resolution: {(str, one.value): one for one in Resolution},
}
"""The usual words and what Cerberus makes of them, by what would coerce them there."""


def setting(raw: Any) -> Setting:
    """Return the canonical form of a setting that satisfies its schema."""
    if not isinstance(raw, dict):
        return _distinct(type(raw).__name__, raw, "", None)
    state, locked = raw["state"], raw.get("locked")
    found = _distinct(type(state).__name__, state, type(locked).__name__, locked)
    note = raw.get("note")
    return found if note is None else found._replace(note=note)


@cache
def _distinct(_: str, state: Hashable, __: str, locked: Hashable) -> Setting:
    # NOTE: the types are part of the key because Python holds `True == 1`.
    known = _WORDS[_state].get((type(state), state))
    lock = _WORDS[_flag].get((type(locked), locked)) if locked is not None else False
    if known is not None and lock is not None:
        return Setting(State(str(known)), bool(lock))
    written: object = state if locked is None else {"state": state, "locked": locked}
    found = _normalised(_SETTING, {"setting": written})["setting"]
    return Setting(found["state"], found["locked"])


def spells_state(word: str) -> bool:
    """Tell whether a word spells a state."""
    return word.lower() in _STATES


def state(raw: Any) -> State:
    """Return the state that a word or boolean spells."""
    return setting(raw).state


def entity(kind: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an entity of a rare kind with defaults filled in and words in canonical form."""
    known = _canonical(_ENTITIES[kind], raw)
    return _normalised(_ENTITIES[kind], dict(raw)) if known is None else known


def _canonical(rules: Mapping[str, Any], raw: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return an entity in which no word is to be coerced; None where Cerberus has to look."""
    found = dict(raw)
    for field, rule in rules.items():
        words = _WORDS.get(rule.get("coerce"))
        value = raw.get(field, rule.get("default"))
        if value is None:
            continue
        if words is None:
            found[field] = value
        elif (type(value), value) in words:
            found[field] = words[type(value), value]
        else:
            return None
    return found


def _normalised(schema: Mapping[str, Any], raw: Mapping[str, Any]) -> Mapping[str, Any]:
    from cerberus import Validator  # as late as this: most sets are canonical as they stand

    found: Mapping[str, Any] = Validator(schema, allow_unknown=True).normalized(
        raw, always_return_document=True
    )
    return found
