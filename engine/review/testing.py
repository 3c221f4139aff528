"""`test`: expectations, guardrails and coverage of one policy set."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from engine.decide.decisions import decide
from engine.review.coverage import Coverage, cover
from engine.review.explanation import explain
from engine.review.fields import place_of, title
from engine.review.guardrails import Verdict, judged
from engine.review.mending import mends
from engine.review.population import Population
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model import Decision, Expectation, Guardrail, Location, PolicySet
    from engine.review.explanation import Explanation
    from engine.review.mending import Mend


class Failure(NamedTuple):
    """One field that is not what was expected."""

    field: str
    expected: str | bool
    actual: str | bool | None


class Checked(NamedTuple):
    """One expectation, put to the law. The decision is explained where it is not as expected."""

    expectation: Expectation
    place: Location
    decision: Decision
    failures: tuple[Failure, ...]
    explained: Explanation | None

    @property
    def passed(self) -> bool:
        """Tell whether every field is as expected."""
        return not self.failures


class Guarded(NamedTuple):
    """One guardrail, with its verdict, and for a broken one what would mend it."""

    place: Location
    verdict: Verdict
    mends: tuple[Mend, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What `test` found; expectations and guardrails are ordered by file and line."""

    expectations: tuple[Checked, ...]
    guardrails: tuple[Guarded, ...]
    coverage: Coverage

    @property
    def failed(self) -> int:
        """The number of expectations and guardrails that failed."""
        broken = sum(not guarded.verdict.passed for guarded in self.guardrails)
        return broken + sum(not checked.passed for checked in self.expectations)

    @property
    def total(self) -> int:
        """The number of expectations and guardrails."""
        return len(self.expectations) + len(self.guardrails)


def run(
    policies: PolicySet,
    *,
    filters: Sequence[str] = (),
    toggles: Sequence[str] = (),
    explained: bool = True,
) -> Tested:
    """Check the expectations and guardrails whose name matches a glob (all without one).

    `toggles` limits them, and the settings that coverage counts, to some toggles. Without
    `explained` it isn't said why an expectation fails, nor what would mend a guardrail.
    """
    asked = frozenset(toggles or policies.toggles)
    people = Population(policies)

    def chosen(one: Expectation | Guardrail) -> bool:
        name = title(one)
        wanted = not filters or any(fnmatchcase(name, pattern) for pattern in filters)
        return wanted and one.toggle in asked

    expectations = [
        _check(policies, one, explained=explained) for one in filter(chosen, policies.expectations)
    ]
    rails = list(filter(chosen, policies.guardrails))
    verdicts = judged(people, rails)
    guarded = (
        Guarded(
            place_of(v.guardrail),
            v,
            mends(people, v) if explained and not v.passed else (),
        )
        for v in verdicts
    )
    return Tested(
        expectations=tuple(sorted(expectations, key=lambda c: c.place)),
        guardrails=tuple(sorted(guarded, key=lambda g: g.place)),
        coverage=cover(people, (c.decision for c in expectations), asked),
    )


def _check(policies: PolicySet, expectation: Expectation, *, explained: bool) -> Checked:
    user = policies.users[expectation.user]
    decision = decide(policies, user, expectation.toggle)
    failures = (
        Failure(field, expected, actual(decision, field))
        for field, expected in expectation.expected.items()
    )
    wrong = tuple(f for f in failures if f.actual != f.expected)
    toggle = policies.toggles[expectation.toggle]
    told = explain(policies, user, toggle) if explained and wrong else None
    return Checked(expectation, place_of(expectation), decision, wrong, told)


def is_met(policies: PolicySet, expectation: Expectation) -> bool:
    """Tell whether an expectation of a policy set holds in it."""
    decision = decide(policies, policies.users[expectation.user], expectation.toggle)
    return all(actual(decision, field) == said for field, said in expectation.expected.items())


def actual(decision: Decision, field: str) -> str | bool | None:
    """Return what a decision says in a field of an expectation; `source` is `scope:id`."""
    if field == "source":
        return f"{decision.source_scope.value}:{decision.source_id}"
    found: str | bool | None = getattr(decision, field)
    return found
