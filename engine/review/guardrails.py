"""Guardrails: what must hold for all of `who`, judged by kind, with the people who break it.

A guardrail demands a state, and may demand a lock and whether events flow (R6). Each of `who`
must satisfy all of that; with `at_most` or `at_least` so many of them, as a count or as an exact
share of `who`. With `whatever_users_choose` the verdict is one over every combination of choices
that the users could make: what one user chooses alters nobody else's decision, so the most and
the fewest who can satisfy it are sums over single users, and the proof is exact.
"""

from __future__ import annotations

from engine.decide.decisions import decide
from engine.model import NOTHING
from engine.review.choices import Chooser, Demand, choosing
from engine.review.population import Population
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from engine.model import Decision, Guardrail, PolicySet, User
    from engine.review.alike import Alike
    from engine.review.choices import Choices


class Breach(NamedTuple):
    """Users of one kind who count against a guardrail.

    `decision` is that of the first of them under `choices`, the smallest that make them count
    (empty: as declared).
    """

    decision: Decision
    choices: Choices
    ids: Sequence[str]


class Violation(NamedTuple):
    """One user who counts against a guardrail; the decision is the one under `choices`."""

    account: str
    user: str
    decision: Decision
    choices: Choices


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a guardrail fares. `checked` counts `who`.

    `least` and `most` of them satisfy it: the same number, unless it is asked whatever users
    choose. `breaches` is empty when it passed.
    """

    guardrail: Guardrail
    checked: int
    least: int
    most: int
    breaches: tuple[Breach, ...]
    passed: bool

    def violations(self) -> list[Violation]:
        """Return the users who count against it, ordered by account and user."""
        found = [
            Violation(breach.decision.account, user, breach.decision, breach.choices)
            for breach in self.breaches
            for user in breach.ids
        ]
        return sorted(found, key=lambda v: (v.account, v.user, sorted(v.choices.items())))

    @property
    def broken_by(self) -> int:
        """The number of users who count against it."""
        return len({user for breach in self.breaches for user in breach.ids})


def judge(policies: PolicySet, guardrails: Sequence[Guardrail]) -> list[Verdict]:
    """Judge guardrails over the population."""
    return judged(Population(policies), guardrails) if guardrails else []


def judged(people: Population, guardrails: Sequence[Guardrail]) -> list[Verdict]:
    """Judge guardrails over a population, which is indexed already."""
    return [_judged(people, guardrail) for guardrail in guardrails]


def demand_of(guardrail: Guardrail) -> Demand:
    """Return what a guardrail demands of each decision."""
    return Demand(
        toggle=guardrail.toggle,
        state=guardrail.must_be,
        locked=guardrail.locked,
        sync=guardrail.must_sync,
    )


def _judged(people: Population, guardrail: Guardrail) -> Verdict:
    chooser = Chooser(people, demand_of(guardrail))
    counted = [
        (one, *_stand(chooser, one.user, ever=guardrail.whatever_users_choose))
        for one in people.standing(guardrail.who, guardrail.toggle)
    ]
    checked = sum(one.people for one, _, _ in counted)
    most = sum(one.people for one, _, meeting in counted if meeting is not None)
    least = checked - sum(one.people for one, breaking, _ in counted if breaking is not None)
    too_few, too_many = _out_of_bounds(guardrail, checked, least, most)
    against = [(one, choices) for one, choices, _ in counted if too_few and choices is not None]
    against += [(one, choices) for one, _, choices in counted if too_many and choices is not None]
    return Verdict(
        guardrail=guardrail,
        checked=checked,
        least=least,
        most=most,
        breaches=tuple(_breaches(people, guardrail, against)),
        passed=not (too_few or too_many),
    )


def _stand(chooser: Chooser, user: User, *, ever: bool) -> tuple[Choices | None, Choices | None]:
    """Return the smallest choices that break the demand, and that meet it: none but as declared."""
    if ever:
        return chooser.smallest(user, holds=False), chooser.smallest(user, holds=True)
    return (None, NOTHING) if chooser.holds(user) else (NOTHING, None)


def within(guardrail: Guardrail, checked: int, least: int, most: int) -> bool:
    """Tell whether a guardrail holds where so many of `checked` satisfy it: see `Verdict`."""
    return not any(_out_of_bounds(guardrail, checked, least, most))


def _out_of_bounds(guardrail: Guardrail, checked: int, least: int, most: int) -> tuple[bool, bool]:
    """Return whether too few, and whether too many, satisfy it under the worst choices."""
    if guardrail.at_least is None and guardrail.at_most is None:
        return least < checked, False
    too_few = guardrail.at_least is not None and least < amount(guardrail.at_least, checked)
    too_many = guardrail.at_most is not None and most > amount(guardrail.at_most, checked)
    return too_few, too_many


def amount(written: str | int, whole: int) -> Fraction:
    """Return what an amount comes to: a count as it is, a percentage of `whole` exactly."""
    from fractions import Fraction  # few guardrails say one, and it takes milliseconds

    if isinstance(written, int):
        return Fraction(written)
    return Fraction(written.removesuffix("%")) * whole / 100


def _breaches(
    people: Population, guardrail: Guardrail, against: Sequence[tuple[Alike, Choices]]
) -> Iterator[Breach]:
    """Yield those who count against a guardrail by their choices, apart by who decides."""
    parts = people.named(guardrail.who, guardrail.toggle, [one for one, _ in against])
    for (_, choices), some in zip(against, parts, strict=True):
        for one in some:
            decision = decide(people.policies, choosing(one.user, choices), guardrail.toggle)
            yield Breach(decision, choices, one.ids)
