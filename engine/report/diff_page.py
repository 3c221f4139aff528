"""What stands on the page of a comparison, in the order of reading: the story, numbers, pictures.

It says what is shown; `page/page.html.j2` says how.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.counts import agree
from engine.report.change_lines import lines, plainly
from engine.report.change_words import place
from engine.report.flow import Stream, flow
from engine.report.screen import plain
from engine.report.stages import rank, words
from engine.report.tested_text import breaches, demanded
from engine.review.fields import place_of, title
from engine.review.phrases import people, plain_text
from engine.review.targets import toggle_name
from engine.review.testing import Guarded
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.report.change_lines import Line
    from engine.report.diff_rows import Table
    from engine.report.diff_shapes import Move
    from engine.report.flow import Flow
    from engine.report.stages import Stage, Words
    from engine.review.comparison import Comparison
    from engine.review.crowds import Effect
    from engine.review.guardrails import Verdict
    from engine.review.phrases import Sentence
    from engine.review.story import Story
    from engine.review.surprises import Surprise

_MOST_CHANGES: Final = 200
_MOST_PICTURES: Final = 3
_MOST_REASONS: Final = 3
_MOST_NAMES: Final = 4


class Tile(NamedTuple):
    """One number. `tone` is that of a stage, plain or bad."""

    number: int
    label: str
    tone: str


class Because(NamedTuple):
    """Why some make a move. `users` is 0 where all who make it have this one reason."""

    users: int
    reasons: list[Sentence]


class Moved(NamedTuple):
    """A line beside a picture; `number` is that of the move in the page's data.

    `again` stands for the reasons of the line before, `more` for people with other reasons.
    """

    number: int
    users: int
    old: Words
    new: Words
    because: list[Because]
    again: bool
    more: int


class Picture(NamedTuple):
    """The flow of one toggle. `told` says the same in words, `numbers` leads to the page's data."""

    title: str
    told: str
    flow: Flow
    words: dict[Stage, Words]
    numbers: dict[Stream, int]
    titles: dict[Stream, str]
    moves: list[Moved]


class Aside(NamedTuple):
    """A sentence about some people, and who they are: the first few."""

    sentence: Sentence
    who: str


class Rail(NamedTuple):
    """A guardrail newly broken."""

    name: str
    place: str
    demand: str
    breaches: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that the template shows, but for the rows.

    `drawn` pictures stand open, the others folded. `others` are declared changes that alter
    nobody's decision; `left_out` are not listed.
    """

    title: str
    sides: Sentence
    totals: str
    headline: list[Sentence]
    tiles: list[Tile]
    surprises: list[Aside]
    unnoticed: list[Aside]
    guardrails: list[Rail]
    pictures: list[Picture]
    pictures_note: str
    drawn: int
    changes: list[Line]
    others: list[Line]
    left_out: int
    people: bool
    people_note: str


def page(comparison: Comparison, story: Story, rows: Table, *, provenance: bool) -> Page:
    """Return what stands on the page of a comparison."""
    listed = list(lines(comparison, story))
    changes = [line for line in listed if line.effect]
    others = [line for line in listed if not line.effect]
    headline = [plainly(sentence) for sentence in story.headline]
    pictures = list(_pictures(comparison, story, rows))
    return Page(
        title=plain_text(headline[0]).removesuffix("."),
        sides=plainly(story.sides),
        totals=story.totals,
        headline=headline,
        tiles=_tiles(comparison, rows),
        surprises=_asides(story.surprises),
        unnoticed=_asides(story.unnoticed) if provenance else [],
        guardrails=[_rail(verdict) for verdict in comparison.guardrails],
        pictures=pictures,
        pictures_note=_pictures_note(comparison, pictures),
        drawn=_MOST_PICTURES,
        changes=changes[:_MOST_CHANGES],
        others=others[:_MOST_CHANGES],
        left_out=sum(max(0, len(some) - _MOST_CHANGES) for some in (changes, others)),
        people=bool(rows.content["people"]),
        people_note=_people_note(rows),
    )


def _asides(told: Iterable[Surprise]) -> list[Aside]:
    return [Aside(plainly(one.sentence), _named(one.users)) for one in told]


def _named(users: Sequence[str]) -> str:
    shown = ", ".join(plain(user) for user in users[:_MOST_NAMES])
    rest = len(users) - _MOST_NAMES
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _tiles(comparison: Comparison, rows: Table) -> list[Tile]:
    """Return the numbers: always how many are affected, others where they are not nought."""
    broken = len(comparison.guardrails)
    newly = f"{agree(broken, 'guardrail', 'guardrails')} newly broken"
    return [
        Tile(comparison.affected, f"of {people(comparison.users_both)} affected", "plain"),
        *([Tile(broken, newly, "bad")] if broken else []),
        *(
            Tile(rows.effects[effect], agree(rows.effects[effect], one, many), tone)
            for effect, one, many, tone in _EFFECTS
            if rows.effects[effect]
        ),
    ]


_EFFECTS: Final = (
    ("lose", "loses sync", "lose sync", "off"),
    ("get", "gets sync", "get sync", "on"),
    ("off", "turned off", "turned off", "off"),
    ("on", "turned on", "turned on", "on"),
    ("held", "newly locked", "newly locked", "idle"),
    ("freed", "no longer locked", "no longer locked", "idle"),
    ("come", "new", "new", "absent"),
    ("go", "gone", "gone", "absent"),
)


def _people_note(rows: Table) -> str:
    if not rows.left_out:
        return ""
    shown = len(rows.content["people"])
    return (
        f"The table holds the first {shown:,} of {shown + rows.left_out:,} people, by account and "
        "id; the numbers above count all. `calsync diff --format csv` lists everybody."
    )


def _rail(verdict: Verdict) -> Rail:
    guarded = Guarded(place_of(verdict.guardrail), verdict, ())
    return Rail(
        plain(title(verdict.guardrail)),
        place(guarded.place),
        plain(demanded(guarded)),
        [plain(told) for told in breaches(guarded)],
    )


# -- pictures -------------------------------------------------------------------------------------


def _pictures(comparison: Comparison, story: Story, rows: Table) -> Iterator[Picture]:
    """Yield a picture of each toggle that changed for somebody, in the order of keys."""
    for toggle in comparison.toggles:
        moves = sorted(
            (move for move in rows.moves if move.toggle == toggle),
            key=lambda move: (rank(move.old), rank(move.new)),
        )
        if any(move.old is not None and move.new is not None for move in moves):
            name = plain(toggle_name(comparison.new.toggles[toggle]))
            yield _picture(name, moves, story, rows)


def _pictures_note(comparison: Comparison, pictures: Sequence[Picture]) -> str:
    others = comparison.users_both - comparison.affected
    rest = agree(others, "person notices", f"{people(others)} notice")
    told = [f"The other {rest} nothing."] if others else []
    if any(picture.flow.is_widened for picture in pictures):
        told.append("The thinnest ribbons are drawn thicker than to scale, so that they show.")
    return " ".join(told)


def _picture(name: str, moves: Sequence[Move], story: Story, rows: Table) -> Picture:
    streams = [Stream(move.old, move.new, rows.moves[move]) for move in moves]
    stages = sorted({stage for move in moves for stage in move[1:]}, key=rank)
    told = [f"{rows.moves[m]:,}: {words(m.old).text} → {words(m.new).text}" for m in moves]
    return Picture(
        title=name,
        told=f"People by what they had and what they get. {'; '.join(told)}",
        flow=flow(streams, stages),
        words={stage: words(stage) for stage in stages},
        numbers={stream: rows.numbers[move] for stream, move in zip(streams, moves, strict=True)},
        titles=dict(zip(streams, told, strict=True)),
        moves=_all_moved(sorted(moves, key=lambda move: -rows.moves[move]), story, rows),
    )


def _all_moved(moves: Sequence[Move], story: Story, rows: Table) -> list[Moved]:
    found: list[Moved] = []
    before: list[Because] = []
    for move in moves:
        one = _moved(move, story, rows)
        again = bool(one.because) and one.because == before and not one.more
        before = one.because
        found.append(one._replace(because=[], again=True) if again else one)
    return found


def _moved(move: Move, story: Story, rows: Table) -> Moved:
    effects = [e for e in story.effects if (e.toggle.key, e.old, e.new) == move]
    because = [_because(effect, alone=len(effects) == 1) for effect in effects[:_MOST_REASONS]]
    return Moved(
        rows.numbers[move],
        rows.moves[move],
        words(move.old),
        words(move.new),
        because,
        again=False,
        more=sum(len(effect.users) for effect in effects[_MOST_REASONS:]),
    )


def _because(effect: Effect, *, alone: bool) -> Because:
    reasons = [plainly(reason) for reason in effect.reasons[:_MOST_REASONS]]
    return Because(0 if alone else len(effect.users), reasons)
