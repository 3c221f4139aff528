"""Words as a file spells them: the opposite of a state in the same style, keys in quotes.

INVARIANT: `opposite(opposite(raw)) == raw` for everything that it takes, so that an edit and
the opposite edit give back the bytes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from engine.model import State
from engine.read.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.model import Path

PAIRS: Final = (("enabled", "disabled"), ("on", "off"), ("true", "false"), ("yes", "no"))
"""The spellings of a state, `enabled` first."""
_OPPOSITES: Final = {**dict(PAIRS), **{off: on for on, off in PAIRS}}
_WRITTEN: Final = re.compile(r"(['\"]?)([A-Za-z]+)\1")
_ESCAPES: Final = {"": r"\x", "'": r"\u00", '"': r"\U000000"}
_ESCAPED: Final = re.compile(r'"(\\x|\\u00|\\U000000)([46][0-9a-f]|[57][0-9a])([A-Za-z]+)"')
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./+@-]*")


def opposite(raw: str) -> str | None:
    """Return the opposite word as the file would write it: same pair, same case, same quotes.

    `raw` is a scalar's text with its quotes. The two words of a pair differ by one letter in
    length; what the case of the longer one's last letter says is otherwise that of the letter
    before it. Where it isn't (`oFf`), it is kept by writing the first letter of the shorter
    word as an escape. Returns None for what is no word of a state, or is written with other
    escapes.
    """
    quote, letters, bent = _taken_apart(raw)
    other = _OPPOSITES.get(letters.lower())
    if other is None or (bent and len(other) < len(letters)):
        return None
    if len(other) > len(letters):
        last = letters[-1].isupper() != bent
        return quote + _cased(other, [*map(str.isupper, letters), last]) + quote
    word = _cased(other, [*map(str.isupper, letters)])
    if letters[-1].isupper() == letters[-2].isupper():
        return quote + word + quote
    return f'"{_ESCAPES[quote]}{ord(word[0]):02x}{word[1:]}"'


def _taken_apart(raw: str) -> tuple[str, str, bool]:
    """Return the quote, the letters, and whether the first of them is an escape of ours."""
    if found := _WRITTEN.fullmatch(raw):
        return found[1], found[2], False
    if found := _ESCAPED.fullmatch(raw):
        quote = next(q for q, escape in _ESCAPES.items() if escape == found[1])
        return quote, chr(int(found[2], 16)) + found[3], True
    return "", "", False


def _cased(word: str, capitals: list[bool]) -> str:
    pairs = zip(word, capitals, strict=False)
    return "".join(letter.upper() if capital else letter for letter, capital in pairs)


def state_of(word: str) -> State | None:
    """Return the state that a word spells, in any case; None for what is no such word."""
    lowered = word.lower()
    if lowered not in _OPPOSITES:
        return None
    return State.ENABLED if lowered in dict(PAIRS) else State.DISABLED


def word_for(state: State, like: str) -> str:
    """Return the word for a state in the style of another state's word, quotes aside."""
    lowered = like.lower()
    pair = next((pair for pair in PAIRS if lowered in pair), PAIRS[0])
    word = pair[0] if state is State.ENABLED else pair[1]
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[:1].isupper() else word


def style_of(values: Iterable[Any]) -> str | None:
    """Return the first spelling of a state among settings, as they were parsed."""
    for value in values:
        state = value.get("state") if isinstance(value, dict) else value
        if isinstance(state, bool):
            return str(state).lower()
        if isinstance(state, str) and state.lower() in _OPPOSITES:
            return state
    return None


def is_of_users(value: Any) -> bool:
    """Tell whether a document declares users: their choices are often spelled in another way."""
    return value["kind"] in {"user", "users"}


def settings_in(value: Any) -> Iterator[Any]:
    """Yield the settings of an entity, or of the entries of its list of users."""
    if not isinstance(value, dict):
        return
    toggles = value.get("toggles")
    if value.get("kind") != "catalogue" and isinstance(toggles, dict):
        yield from toggles.values()
    users = value.get("users")
    for user in users if isinstance(users, list) else ():
        yield from settings_in(user)


def at(value: Any, path: Path) -> Any:
    """Return what stands at a path."""
    for step in path:
        value = value[step]
    return value


def scalar(text: str, *, quoted: bool = False) -> str:
    """Return text as a scalar that may stand anywhere, plain where that is safe."""
    if not quoted and _PLAIN_KEY.fullmatch(text) and isinstance(resolve(text), str):
        return text
    return "".join(_escaped(char) for char in json.dumps(text, ensure_ascii=False))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\U{ord(character):08x}"
