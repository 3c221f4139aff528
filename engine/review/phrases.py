"""Sentences made of words that know what they are, so that each format can mark and escape them.

Here is what somebody notices of a changed decision; why it changed is `reasons`.
"""

from __future__ import annotations

from enum import StrEnum

from engine.counts import count
from engine.model import SYNC_TOGGLE, State
from engine.review.explanation import on_or_off
from engine.review.targets import toggle_name
from engine.typed import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.model import Location, Toggle
    from engine.review.comparison import Outcome


class Sort(StrEnum):
    """What a word is: ours, a place in a file, or something that the policies call so."""

    PLAIN = "plain"
    PLACE = "place"
    NAME = "name"


class Word(NamedTuple):
    """A piece of a sentence; spaces stand in it as they are printed."""

    text: str
    sort: Sort = Sort.PLAIN


Sentence: TypeAlias = tuple[Word, ...]


def say(*parts: str | Word | Sentence) -> Sentence:
    """Put a sentence together."""
    words: list[Word] = []
    for part in parts:
        if isinstance(part, str):
            words.append(Word(part))
        elif isinstance(part, Word):
            words.append(part)
        else:
            words.extend(part)
    return tuple(word for word in words if word.text)


def plain_text(sentence: Sentence) -> str:
    """Return the text of a sentence."""
    return "".join(word.text for word in sentence)


def at(location: Location) -> Word:
    """Return a place as a person says it: file and line."""
    return Word(f"{location.file}:{location.line}", Sort.PLACE)


def called(name: str) -> Word:
    """Return something by its name in the policies."""
    return Word(name, Sort.NAME)


def listed(parts: Iterable[str | Word | Sentence], *, most: int = 3) -> Sentence:
    """Return `a`, `a and b`, `a, b and c`, or the first ones and how many more."""
    pieces = list(parts)
    rest = len(pieces) - most
    if rest > 0:
        pieces[most:] = [f"{rest:,} more"]
    words: list[str | Word | Sentence] = []
    for part in pieces[:-1]:
        words += [", ", part] if words else [part]
    return say(*words, " and " if words else "", *pieces[-1:])


def people(number: int) -> str:
    """Return `1 person`, `2 people`."""
    return count(number, "person", "people")


def noun(toggle: Toggle) -> Word:
    """Return what a toggle gives: sync for the one that matters, else its name."""
    return Word("sync") if toggle.key == SYNC_TOGGLE else called(toggle_name(toggle))


def effect(toggle: Toggle, old: Outcome, new: Outcome, *, many: bool) -> Sentence:
    """Return what one or many notice of a decision that changed, without who: `lose sync …`."""
    s = "" if many else "s"
    if old.sync != new.sync:
        return _flow(toggle, old, new, s)
    if old.state is new.state:
        return _lock_alone(toggle, new)
    words = say("have " if many else "has ", noun(toggle), f" turned {on_or_off(new.state)}")
    if new.sync is None:
        return say(words, _lock(old, new))
    on = new.state is State.ENABLED
    tail = " (but no events flow)" if on else " (no events flowed before)"
    return say(words, _lock(old, new), tail)


def _flow(toggle: Toggle, old: Outcome, new: Outcome, s: str) -> Sentence:
    """Say that events begin or cease to flow."""
    if old.sync is None or new.sync is None:
        does = f"now sync{s}" if new.sync else f"no longer sync{s}"
        return say(f"{does} through ", noun(toggle))
    words = say(f"get{s} " if new.sync else f"lose{s} ", noun(toggle))
    if old.state is not new.state:
        return say(words, _lock(old, new))
    if old.locked is new.locked:
        return say(words, " (the switch was on)" if new.sync else " (the switch stays on)")
    lock = "is locked now" if new.locked else "is locked no longer"
    return say(words, f" (the switch stays on and {lock})")


def _lock(old: Outcome, new: Outcome) -> str:
    """Say what the lock adds where the state changed."""
    if new.locked:
        on = new.state is State.ENABLED
        return " and can't turn it off" if on else " and can't turn it back on"
    return " and may change it themselves" if old.locked else ""


def _lock_alone(toggle: Toggle, new: Outcome) -> Sentence:
    other = "off" if new.state is State.ENABLED else "on"
    if new.locked:
        return say("can no longer turn ", noun(toggle), f" {other}")
    return say("may now turn ", noun(toggle), f" {other} themselves")


def standing(outcome: Outcome) -> str:
    """Return an outcome in a few words: `off, locked`, `on, no events`."""
    words = on_or_off(outcome.state) + (", locked" if outcome.locked else "")
    return (
        f"{words}, no events" if outcome.state is State.ENABLED and outcome.sync is False else words
    )
