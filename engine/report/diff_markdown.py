"""A comparison as Markdown for a pull-request comment: the story, and everyone behind a fold.

GitHub takes no comment of more than 65,536 characters. What does not fit is left out, people
first, and every list says how much of it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.counts import count
from engine.report.diff_text import difference
from engine.report.escapes import code, in_html, in_markdown, inline
from engine.review.phrases import called, people, plain_text, say, standing
from engine.review.targets import toggle_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.model import PolicySet
    from engine.review.comparison import Comparison
    from engine.review.crowds import Effect
    from engine.review.phrases import Sentence
    from engine.review.story import Story, Told
    from engine.review.surprises import Surprise

MARK: Final = "<!-- calsync diff -->"
"""The first line: by it a workflow finds its comment again, to keep one up to date."""
LIMIT: Final = 65_000
"""Bytes, which are never fewer than the characters that GitHub counts."""
_LONGEST: Final = 300


class _Room(NamedTuple):
    """How many of each list are shown."""

    people: int
    effects: int
    changes: int
    named: int


_ROOMS: Final = (
    _Room(1_000, 1_000, 1_000, 8),
    _Room(200, 200, 200, 8),
    _Room(100, 60, 100, 8),
    _Room(40, 30, 60, 5),
    _Room(15, 20, 30, 5),
    _Room(5, 12, 12, 3),
    _Room(0, 5, 5, 1),
    _Room(0, 0, 0, 0),
)


def render(
    story: Story,
    comparison: Comparison,
    *,
    provenance: bool = False,
    first: Sequence[str] = (MARK,),
) -> str:
    """Return the comment, ending in a newline.

    With `provenance` it lists those for whom only the reason changes. `first` are the mark and
    what else stands above the story; it must leave room for it.
    """
    text = ""
    for room in _ROOMS:
        parts = _parts(story, comparison, room, provenance=provenance)
        text = "\n\n".join((*first[1:], *parts)) + "\n"
        text = f"{first[0]}\n{text}"
        if len(text.encode()) <= LIMIT:
            break
    return text


def _parts(story: Story, comparison: Comparison, room: _Room, *, provenance: bool) -> Iterator[str]:
    first, *others = story.headline
    yield f"### {in_markdown(first)}"
    yield from (in_markdown(sentence) for sentence in others)
    shown = story.guardrails[: max(room.effects, 1)]
    yield from (f"**{in_markdown(sentence)}**" for sentence in shown)
    if len(shown) < len(story.guardrails):
        yield f"… and {count(len(story.guardrails) - len(shown), 'more guardrail')} newly broken."
    if story.surprises:
        lines = [_surprise(one, room) for one in story.surprises]
        yield "\n".join(["**Surprises**\n", *lines])
    if story.effects:
        yield _effects(story.effects, room)
    if story.effects or story.arrivals:
        yield from _everybody(story, comparison, room)
    if provenance and story.unnoticed:
        lines = [_surprise(one, room) for one in story.unnoticed]
        yield _folded("The same for another reason", "\n".join(lines))
    if story.declared:
        yield _changes(story.declared, room)
    yield f"<sub>{in_html(story.sides)}: {story.totals}</sub>"


def _folded(summary: str, body: str) -> str:
    """Return a fold; the blank lines let GitHub read Markdown inside it."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _surprise(one: Surprise, room: _Room) -> str:
    return f"- {in_markdown(one.sentence)}{': ' if room.named else ''}{_some(one.users, room)}"


def _some(users: Sequence[str], room: _Room) -> str:
    shown = ", ".join(code(user) for user in users[: room.named])
    rest = len(users) - room.named
    return f"{shown} and {rest:,} more" if room.named and rest > 0 else shown


def _table(*rows: Sequence[str], numbers: bool = False) -> str:
    head, *body = rows
    rule = ["---:" if numbers and at == 0 else "---" for at in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *body))


# -- who notices what ----------------------------------------------------------------------------


def _effects(effects: Sequence[Effect], room: _Room) -> str:
    rows = [
        (
            f"{len(one.users):,}",
            inline(toggle_name(one.toggle)),
            standing(one.old),
            standing(one.new),
            _because(one),
        )
        for one in effects[: room.effects]
    ]
    text = _table(("people", "what", "before", "after", "because"), *rows, numbers=True)
    rest = effects[room.effects :]
    if rest:
        number = len({user for one in rest for user in one.users})
        text += f"\n\n… and {count(len(rest), 'more row')} like these, for {people(number)}."
    return text


def _because(one: Effect) -> str:
    said = " and ".join(_short(reason) for reason in one.reasons[:2])
    rest = len(one.reasons) - 2
    return f"{said} and {rest:,} more" if rest > 0 else said


def _short(sentence: Sentence) -> str:
    text = plain_text(sentence)
    return in_markdown(sentence) if len(text) <= _LONGEST else f"{inline(text[:_LONGEST])}…"


def _everybody(story: Story, comparison: Comparison, room: _Room) -> Iterator[str]:
    """Yield a fold for each effect, with its people in a table."""
    if not room.people:
        yield f"There are too many people to list here: {code(story.command)} names them all."
        return
    for one in story.effects[: room.effects]:
        number = people(len(one.users))
        ends = f"{standing(one.old)} → {standing(one.new)}"
        what = in_html(say(called(toggle_name(one.toggle))))
        users = _people(one.users, comparison.new, story, room)
        yield _folded(f"<b>{number}</b>: {what} {ends}", users)
    for came in story.arrivals:
        side = comparison.new if came.users[0] in comparison.new.users else comparison.old
        yield _folded(in_html(came.sentence), _people(came.users, side, story, room))


def _people(users: Sequence[str], side: PolicySet, story: Story, room: _Room) -> str:
    rows = []
    for name in users[: room.people]:
        user = side.users[name]
        group = user.primary_group
        rows.append((code(name), inline(user.name or ""), code(group) if group else ""))
    text = _table(("person", "name", "main group"), *rows)
    rest = len(users) - room.people
    if rest > 0:
        text += f"\n\n… and {rest:,} more: {code(story.command)} names them all."
    return text


# -- what changed in the files -------------------------------------------------------------------


def _changes(declared: Sequence[Told], room: _Room) -> str:
    ranked = sorted(declared, key=lambda told: (-told.users, told.change.id))
    rows = [_change(told) for told in ranked[: room.changes]]
    number = len(declared)
    text = _table(("where", "what", "change", "notice"), *rows) if rows else ""
    if number > room.changes:
        text += f"\n\n… and {number - room.changes:,} more."
    return _folded(f"{count(number, 'change')} in the files", text)


def _change(told: Told) -> tuple[str, ...]:
    where = told.change.new_location or told.change.old_location
    place = code(f"{where.file}:{where.line}") if where else "built in"
    notice = people(told.users) if told.users else "nobody"
    return place, in_markdown(told.subject), inline(difference(told.change)), notice
