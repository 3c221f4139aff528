"""What an edit would do, and the question to ask about it, in the words of the product's dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.edit.plan import Action
from engine.model import Scope, State
from engine.review.comparison import Comparison, Label, compare
from engine.review.conflicts import lock_conflicts
from engine.review.phrases import people
from engine.review.population import Population
from engine.review.testing import is_met
from engine.shapes import dataclass

if TYPE_CHECKING:
    from engine.edit.plan import Plan
    from engine.model import Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A plan's effect.

    `unmet` are the expectations that hold now and would not, `conflicts` the opposite locks that
    users would meet, each in a sentence; the guardrails that it would break are those of the
    comparison.
    """

    comparison: Comparison
    unmet: tuple[Expectation, ...]
    conflicts: tuple[str, ...]
    question: str


def preview(plan: Plan) -> Preview:
    """Return what a plan would do to whom."""
    labels = (Label("as it is"), Label("as it would be"))
    comparison = compare(plan.old, plan.new, labels=labels)
    met = {finding.message for finding in lock_conflicts(Population(plan.old))}
    return Preview(
        comparison=comparison,
        unmet=tuple(
            one
            for one in plan.old.expectations
            if is_met(plan.old, one) and not is_met(plan.new, one)
        ),
        conflicts=tuple(
            finding.message
            for finding in lock_conflicts(Population(plan.new))
            if finding.message not in met
        ),
        question=question(plan, comparison),
    )


def question(plan: Plan, comparison: Comparison) -> str:
    """Return the question: "Disable for 412 people?", "Lock for everyone in Legal?"."""
    name = getattr(plan.target, "name", None) or plan.target.id
    if plan.scope is Scope.USER:
        name = plan.target.id
    if plan.goal is None:
        if not comparison.affected:
            return f"Let {name} inherit, which alters nothing for anybody now?"
        return f"Let {name} inherit, which alters something for {people(comparison.affected)}?"
    verb = "Enable" if plan.goal.state is State.ENABLED else "Disable"
    locks = plan.goal.locked and not (plan.now and plan.now.locked)
    flips = plan.now is None or plan.now.state is not plan.goal.state
    if plan.request.action is Action.UNLOCK:
        return f"Unlock for everyone in {name}?"
    if locks:
        said = f"{verb} and lock" if flips and plan.request.action is Action.SET else "Lock"
        return f"{said} for everyone in {name}?"
    if plan.scope is Scope.USER:
        return f"{verb} for {name}?"
    number = sum(
        one.users
        for one in comparison.transitions
        if one.toggle == plan.toggle.key
        and one.new.state is plan.goal.state
        and one.old.state is not plan.goal.state
    )
    if number:
        return f"{verb} for {people(number)}?"
    return f"{verb} for {name}, where it alters nothing for anybody now?"
