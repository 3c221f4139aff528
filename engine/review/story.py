"""A comparison told: what the reviewer will repeat, what surprises, and who notices what and why.

Every format tells this one story. It holds sentences and people; how they are laid out, and how
many people are shown, is the renderers' business.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from engine.counts import agree, count
from engine.model import SYNC_TOGGLE
from engine.read.sides import WORKING_TREE
from engine.review.comparison import ADDED, REMOVED, Comparison
from engine.review.crowds import (
    Crowd,
    Effect,
    counted_causes,
    crowds,
    effects,
    names,
)
from engine.review.fields import entry_name, place_of, title
from engine.review.phrases import (
    Sentence,
    at,
    called,
    effect,
    listed,
    noun,
    people,
    plain_text,
    say,
)
from engine.review.reasons import Reasons
from engine.review.surprises import Surprise, surprises, unnoticed
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.review.changes import DeclaredChange
    from engine.review.guardrails import Verdict

_HEADLINES: Final = 3
_PARTS: Final = 3
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_AS_IT_IS: Final = frozenset(f"{_LETTERS}{_LETTERS.upper()}0123456789@%+=:,./-_")
"""What a shell takes as it stands."""


class Told(NamedTuple):
    """A declared change, whom or what it is about, and how many people it is a cause for."""

    change: DeclaredChange
    subject: Sentence
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What every format tells, in this order.

    `headline` are the sentences to repeat. `arrivals` are those who came or went. `unnoticed`
    are those who keep what they have for another reason. `declared` has all changes of the
    files. `totals` and `sides` say how much that is, and between what; `command` lists everybody.
    """

    headline: tuple[Sentence, ...]
    guardrails: tuple[Sentence, ...]
    surprises: tuple[Surprise, ...]
    effects: tuple[Effect, ...]
    arrivals: tuple[Surprise, ...]
    unnoticed: tuple[Surprise, ...]
    declared: tuple[Told, ...]
    totals: str
    sides: Sentence
    command: str


def tell(comparison: Comparison) -> Story:
    """Tell what a comparison shows."""
    found = crowds(comparison)
    reasons = Reasons(comparison.old, comparison.new)
    noticed = effects(comparison, found, reasons)
    arrivals = tuple(_arrivals(comparison, found))
    counts = counted_causes(comparison, found)
    return Story(
        headline=tuple(_headline(comparison, noticed, arrivals)),
        guardrails=tuple(_broken(verdict) for verdict in comparison.guardrails),
        surprises=tuple(surprises(comparison, found, reasons)),
        effects=tuple(noticed),
        arrivals=arrivals,
        unnoticed=tuple(unnoticed(comparison, reasons)),
        declared=tuple(
            Told(change, _subject(reasons, change), counts[change.id])
            for change in comparison.declared
        ),
        totals=_totals(comparison),
        sides=_sides(comparison),
        command=_command(comparison),
    )


# -- the sentences to repeat ---------------------------------------------------------------------


def _headline(
    comparison: Comparison, noticed: Sequence[Effect], arrivals: Sequence[Surprise]
) -> Iterator[Sentence]:
    alike: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for one in noticed:
        words = plain_text(effect(one.toggle, one.old, one.new, many=True))
        alike[one.toggle.key, words].append(one)
    ranked = sorted(alike.values(), key=_weight)
    yield from (_repeated(parts) for parts in ranked[:_HEADLINES])
    rest = {user for parts in ranked[_HEADLINES:] for one in parts for user in one.users}
    told = {user for parts in ranked[:_HEADLINES] for one in parts for user in one.users}
    if rest - told:
        number = len(rest - told)
        notice = agree(number, "more person notices", "more people notice")
        yield say(f"{number:,} {notice} something else.")
    elif rest:
        notice = agree(len(rest), "notices", "notice")
        yield say(f"{len(rest):,} of them {notice} something else as well.")
    yield from (one.sentence for one in arrivals)
    if not noticed and not arrivals:
        yield _nothing(comparison)


def _weight(parts: Sequence[Effect]) -> tuple[object, ...]:
    """Put first what makes events flow or cease, then what most people notice."""
    first = parts[0]
    flows = first.old.sync != first.new.sync
    number = sum(len(one.users) for one in parts)
    return not flows, first.toggle.key != SYNC_TOGGLE, -number, plain_text(first.does)


def _repeated(parts: Sequence[Effect]) -> Sentence:
    """Say what people notice, and because of what; with several reasons, how many for each."""
    number = sum(len(one.users) for one in parts)
    first = parts[0]
    does = effect(first.toggle, first.old, first.new, many=number > 1)
    who = say(f"{people(number)} ", does)
    reasons: Counter[Sentence] = Counter()
    for one in parts:
        reasons[_because(one)] += len(one.users)
    if len(reasons) == 1:
        return say(who, ", because ", *reasons, ".")
    most = _PARTS if len(reasons) <= _PARTS else _PARTS - 1
    said = [say(f"{n:,} because ", words) for words, n in reasons.most_common(most)]
    rest = number - sum(n for _, n in reasons.most_common(most))
    if rest:
        said.append(say(f"{rest:,} for {count(len(reasons) - most, 'other reason')}"))
    return say(who, ": ", listed(said), ".")


def _because(one: Effect) -> Sentence:
    return listed(one.reasons, most=2)


def _nothing(comparison: Comparison) -> Sentence:
    number = len(comparison.declared)
    others = _affected_in_the_reason_alone(comparison)
    if not number:
        return say("Nothing changes: both sides declare the same.")
    if others:
        whom = f"for {people(others)} something else decides now"
        return say(f"Nobody notices anything: {whom}, to the same effect.")
    which = "the one change" if number == 1 else f"none of the {number:,} changes"
    verb = "alters no" if number == 1 else "alters a"
    asked = set(comparison.toggles)
    names: Sentence = ()
    if asked < comparison.old.toggles.keys() & comparison.new.toggles.keys():
        names = say(" on ", listed(noun(comparison.new.toggles[key]) for key in sorted(asked)))
    return say(f"Nobody notices anything: {which} in the files {verb} decision", names, ".")


# -- those who came or went ----------------------------------------------------------------------


def _arrivals(comparison: Comparison, found: Sequence[Crowd]) -> Iterator[Surprise]:
    synced = SYNC_TOGGLE in comparison.toggles
    for action, side in ((ADDED, 1), (REMOVED, 0)):
        numbers: list[int] = []
        syncing = 0
        for crowd in found:
            mine = [one for one in crowd.patterns if one.action == action]
            if mine:
                numbers += crowd.numbers
                rows = ((one.old, one.new)[side] for one in mine if one.toggle == SYNC_TOGGLE)
                syncing += len(crowd.numbers) * any(row and row.sync for row in rows)
        if numbers:
            yield Surprise(
                _arrived(action, len(numbers), syncing if synced else None),
                names(comparison, numbers),
            )


def _arrived(action: str, number: int, syncing: int | None) -> Sentence:
    words = f"{people(number)} {agree(number, 'is', 'are')} {'new' if action == ADDED else 'gone'}"
    if syncing is None:
        return say(f"{words}.")
    if number == 1:
        return say(f"{words}, {'with' if syncing else 'without'} sync.")
    return say(f"{words}, {syncing:,} with sync and {number - syncing:,} without.")


# -- the rest ------------------------------------------------------------------------------------


def _subject(reasons: Reasons, change: DeclaredChange) -> Sentence:
    if change.scope_id is None:
        return say("the roles")
    if change.kind in {"account", "group", "toggle"}:
        return reasons.named(change)
    return say(f"the {change.kind} ", called(entry_name(change.kind, change.scope_id)))


def _affected_in_the_reason_alone(comparison: Comparison) -> int:
    """Return how many people have a decision with another reason, and none that differs more."""
    others = comparison.provenance.people
    more = {person.user for person in comparison.rows.people} if others else ()
    return sum(person.user not in more for person in others)


def _totals(comparison: Comparison) -> str:
    number = len(comparison.declared)
    changes = count(number, "change")
    whole = people(comparison.users_both)
    others = _affected_in_the_reason_alone(comparison)
    quiet = f", {people(others)} affected in the reason alone" if others else ""
    return f"{comparison.affected:,} of {whole} affected{quiet}, {changes} in the files"


def _sides(comparison: Comparison) -> Sentence:
    old, new = (
        say(called(side.label), f" ({side.revision[:12]})" if side.revision else "")
        for side in comparison.labels
    )
    return say(old, " → ", new)


def _command(comparison: Comparison) -> str:
    """Return what to type to have everybody listed."""
    old, new = comparison.labels
    words = [old.revision[:12] if old.revision and " " in old.label else old.label]
    words += [new.label] if new.revision or new.label != WORKING_TREE else []
    return _joined(["calsync", "diff", *words, "--format", "csv"])


def _joined(words: Sequence[str]) -> str:
    """Return words as a shell reads them.

    NOTE: `shlex` does it too, and brings regular expressions: a test holds the two to each other.
    """
    return " ".join(
        word if word and _AS_IT_IS.issuperset(word) else "'{}'".format(word.replace("'", "'\"'\"'"))
        for word in words
    )


def _broken(verdict: Verdict) -> Sentence:
    where = place_of(verdict.guardrail)
    name = called(title(verdict.guardrail))
    whom = people(verdict.broken_by)
    return say(f"Newly broken, by {whom}: the guardrail ", name, " (", at(where), ").")
