"""The declared changes as lines of a list, users who changed alike folded into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.report.change_words import Said, place, said
from engine.report.screen import plain
from engine.review.phrases import Word, people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.review.comparison import Comparison
    from engine.review.phrases import Sentence
    from engine.review.story import Story, Told

_FEW_ALIKE: Final = 3
"""So many users who changed alike have a line each; more are folded into one."""
_MOST_OWNERS: Final = 20


class Owner(NamedTuple):
    """One of those whose own entries changed in the same way."""

    id: int
    name: str
    places: list[str]


class Line(NamedTuple):
    """A declared change, or several users' who changed alike: then `owners` are the first."""

    id: int
    numbers: str
    action: str
    subject: Sentence
    said: Said
    places: list[str]
    effect: str
    owners: list[Owner]
    more: int


def plainly(sentence: Sentence) -> Sentence:
    """Return a sentence whose words cannot move the cursor or turn the line around."""
    return tuple(word._replace(text=plain(word.text)) for word in sentence)


def lines(comparison: Comparison, story: Story) -> Iterator[Line]:
    """Yield the declared changes in order; users who changed alike are one line."""
    alike: dict[tuple[Any, ...], list[Told]] = {}
    for told in story.declared:
        change = told.change
        same = change.kind == "user" and (
            change.action,
            *said(change, comparison),
            told.users > 0,
        )
        alike.setdefault(same or (change.id,), []).append(told)
    for some in alike.values():
        if len(some) <= _FEW_ALIKE:
            yield from (_line(told, comparison) for told in some)
        else:
            yield _folded(some, comparison)


def _line(told: Told, comparison: Comparison) -> Line:
    change = told.change
    return Line(
        id=change.id,
        numbers=f"#{change.id}",
        action=change.action,
        subject=plainly(told.subject),
        said=said(change, comparison),
        places=_places(told),
        effect=people(told.users) if told.users else "",
        owners=[],
        more=0,
    )


def _folded(some: Sequence[Told], comparison: Comparison) -> Line:
    owners = [
        Owner(told.change.id, plain(str(told.change.scope_id)), _places(told))
        for told in some[:_MOST_OWNERS]
    ]
    users = sum(told.users for told in some)
    return _line(some[0], comparison)._replace(
        numbers=f"#{some[0].change.id}-{some[-1].change.id}",
        subject=(Word(f"{len(some):,} users"),),
        places=[],
        effect=people(users) if users else "",
        owners=owners,
        more=len(some) - len(owners),
    )


def _places(told: Told) -> list[str]:
    both = (told.change.old_location, told.change.new_location)
    return list(dict.fromkeys(place(one) for one in both if one))
