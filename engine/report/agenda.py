"""A move to priorities for the meeting that decides it: the groups in order, and what each notices.

What stands in it; text, Markdown, JSON and the page lay it out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.counts import agree
from engine.report.diff_shapes import effects
from engine.report.screen import plain
from engine.review.crowds import crowds, names
from engine.review.explanation import on_or_off
from engine.review.models import Source
from engine.review.phrases import called, listed, noun, people, say
from engine.shapes import dataclass

if TYPE_CHECKING:
    from engine.model import Group, PolicySet
    from engine.review.comparison import Comparison
    from engine.review.models import Move
    from engine.review.phrases import Sentence

EFFECTS: Final = {
    "get": "get sync",
    "lose": "lose sync",
    "on": "turned on",
    "off": "turned off",
    "held": "newly locked",
    "freed": "no longer locked",
}
"""What members may notice: the names that `diff_shapes.effects` gives, and the head of a column."""
UNDONE: Final = (
    "The product's own migration to priorities cannot be undone: decide before somebody starts it."
)
_MOST_NAMES: Final = 4
_MOST_GROUPS: Final = 8


class Line(NamedTuple):
    """One group: its priority in the new order, and how many members notice what."""

    priority: int
    before: int | None
    id: str
    name: str
    declares: str
    members: int
    affected: int
    effects: Counter[str]


class Who(NamedTuple):
    """Members of one group who notice the same: the first few."""

    group: str
    does: str
    users: tuple[str, ...]
    names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What the meeting has before it. `shown` are the effects that anybody notices."""

    move: Move
    title: str
    about: tuple[Sentence, ...]
    shown: tuple[str, ...]
    lines: tuple[Line, ...]
    who: tuple[Who, ...]
    idle: Sentence

    @property
    def heads(self) -> list[str]:
        """The heads of the columns."""
        effects = [EFFECTS[effect] for effect in self.shown]
        return ["priority", "group", "declares", "members", "notice", *effects]

    def numbers(self, line: Line) -> list[int]:
        """Return the numbers of a line, under the last heads."""
        return [line.members, line.affected, *(line.effects[effect] for effect in self.shown)]


def agenda(move: Move, comparison: Comparison) -> Agenda:
    """Return what the meeting has before it; `comparison` is that of the move's two sets."""
    noticed = _noticed(move, comparison)
    groups = [move.new.groups[move.account.id, name] for name in move.order]
    lines = tuple(_line(move, group, noticed.get(group.id, _Noticed())) for group in groups)
    shown = tuple(effect for effect in EFFECTS if any(line.effects[effect] for line in lines))
    return Agenda(
        move=move,
        title=f"{plain(move.account.name or move.account.id)} by the priorities of its groups",
        about=(_order(move), say(_compared(move, comparison)), say(UNDONE)),
        shown=shown,
        lines=lines,
        who=tuple(
            _who(comparison, group, effect, noticed[group.id].numbers[effect])
            for group in groups
            for effect in shown
            if group.id in noticed and effect in noticed[group.id].numbers
        ),
        idle=_idle(move),
    )


def keys(found: Agenda) -> dict[str, Any]:
    """Return the keys that JSON has beyond those of a comparison."""
    move = found.move
    lines = [
        {
            **{key: getattr(line, key) for key in ("priority", "id", "name", "members")},
            "old_priority": line.before,
            "affected": line.affected,
            **{key.replace(" ", "_"): line.effects[effect] for effect, key in EFFECTS.items()},
        }
        for line in found.lines
    ]
    fewest = {
        "affected": move.fewest.affected,
        "exact": move.fewest.exact,
        "order": move.fewest.groups,
    }
    return {
        "account": move.account.id,
        "reversible": False,
        "order": {"source": move.source, "groups": lines, "idle": move.idle, "fewest": fewest},
    }


# -- sentences -----------------------------------------------------------------------------------


def _order(move: Move) -> Sentence:
    if not move.order:
        return say("No group declares anything, so there is no order to decide about.")
    return say(_SOURCES[move.source], ": ", _best(move))


_SOURCES: Final = {
    Source.GIVEN: "The order is the one that was given",
    Source.DECLARED: "The order is that of the priorities in the policies",
    Source.PROPOSED: "The order is a proposal",
}


def _best(move: Move) -> Sentence:
    """Say how far an order is from the best one, and how sure that is."""
    more = move.affected - move.fewest.affected
    if more > 0:
        told = "the fewest that any order changes" if move.fewest.exact else "the best order found"
        order = listed((called(plain(name)) for name in move.fewest.groups), most=_MOST_GROUPS)
        return say(f"{people(more)} more than {told} (", order, ").")
    if move.fewest.exact:
        return say("no other order changes fewer people.")
    return say(
        "the best that was found. More than eight groups meet in the same people, so not every "
        "order was tried, and there may be a better one."
    )


def _compared(move: Move, comparison: Comparison) -> str:
    number = comparison.affected
    notice = agree(number, "notices", "notice")
    whole = people(move.people)
    return f"{number:,} of {whole} {notice} a difference." if number else "Nobody notices anything."


def _idle(move: Move) -> Sentence:
    if not move.idle:
        return ()
    groups = (move.new.groups[move.account.id, name] for name in move.idle)
    names = listed((called(plain(group.name or group.id)) for group in groups), most=_MOST_GROUPS)
    declare = agree(len(move.idle), "declares nothing, so its", "declare nothing, so their")
    return say(names, f" {declare} priority does not matter.")


# -- groups --------------------------------------------------------------------------------------


class _Noticed:
    """Whom of a group's members a change concerns, by effect."""

    def __init__(self) -> None:
        self.people = 0
        self.numbers: dict[str, list[int]] = {}


def _noticed(move: Move, comparison: Comparison) -> dict[str, _Noticed]:
    found: dict[str, _Noticed] = {}
    for crowd in crowds(comparison):
        if crowd.new is None:
            continue
        seen = {effect for pattern in crowd.patterns for effect in effects(pattern)}
        for group in set(crowd.new.groups).intersection(move.order):
            one = found.setdefault(group, _Noticed())
            one.people += len(crowd.numbers)
            for effect in seen:
                one.numbers.setdefault(effect, []).extend(crowd.numbers)
    return found


def _line(move: Move, group: Group, noticed: _Noticed) -> Line:
    assert group.priority is not None  # noqa: S101 - the move gave every group one
    return Line(
        priority=group.priority,
        before=move.old.groups[group.account, group.id].priority,
        id=group.id,
        name=plain(group.name or group.id),
        declares=_declares(move.new, group),
        members=move.members[group.id],
        affected=noticed.people,
        effects=Counter({effect: len(found) for effect, found in noticed.numbers.items()}),
    )


def _declares(policies: PolicySet, group: Group) -> str:
    said = []
    for key, setting in sorted(group.settings.items()):
        what = noun(policies.toggles[key]).text
        lock = ", locked" if setting.locked else ""
        said.append(f"{plain(what)} {on_or_off(setting.state)}{lock}")
    return "; ".join(said)


def _who(comparison: Comparison, group: Group, effect: str, numbers: list[int]) -> Who:
    users = names(comparison, numbers)
    shown = ", ".join(plain(user) for user in users[:_MOST_NAMES])
    rest = len(users) - _MOST_NAMES
    does = _ONE.get(effect, EFFECTS[effect]) if len(users) == 1 else EFFECTS[effect]
    return Who(
        group=plain(group.name or group.id),
        does=f"{len(users):,} {does}",
        users=users[:_MOST_NAMES],
        names=f"{shown} and {rest:,} more" if rest > 0 else shown,
    )


_ONE: Final = {"get": "gets sync", "lose": "loses sync"}
