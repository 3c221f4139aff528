"""A test run as annotations: what failed, at the expectation or guardrail that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.findings import Related
from engine.report import tested_text
from engine.report.annotations import Annotated, Annotation, Rule
from engine.review.fields import title

if TYPE_CHECKING:
    from engine.review.testing import Checked, Guarded, Tested

RULES: Final = {
    "expectation": Rule(
        "an expectation is not met",
        "An expectation says what must be in effect for one user; something else is.",
        "An expectation says what must be in effect for one user; something else is. Run "
        "`calsync test` to see every tier that was asked, and why the one that decides wins.",
    ),
    "guardrail": Rule(
        "a guardrail is broken",
        "A guardrail says what must hold for everybody it names; for somebody it does not.",
        "A guardrail says what must hold for everybody it names; for somebody it does not. Run "
        "`calsync test` to see for whom, by which choice, and what would mend it.",
    ),
}


def annotated(tested: Tested, *, root: str = "") -> Annotated:
    """Return the failures of a test run, ordered by file and line."""
    found = [_expectation(one) for one in tested.expectations if not one.passed]
    found += [_guardrail(one) for one in tested.guardrails if not one.verdict.passed]
    return Annotated(
        command="test",
        said=f"{tested.total - tested.failed:,} passed, {tested.failed:,} failed",
        annotations=sorted(found, key=lambda one: one.location),
        rules=RULES,
        root=root,
    )


def _expectation(checked: Checked) -> Annotation:
    name = title(checked.expectation)
    wrong = "; ".join(tested_text.mismatch(failure) for failure in checked.failures)
    deciding = checked.explained.deciding if checked.explained else None
    related: tuple[Related, ...] = ()
    if deciding and deciding.location:
        related = (Related(deciding.location, "this setting decides"),)
    return Annotation(
        rule="expectation",
        level="error",
        message=f"{name}: {wrong}",
        location=checked.place,
        about=name,
        fails=True,
        related=related,
    )


def _guardrail(guarded: Guarded) -> Annotation:
    name = title(guarded.verdict.guardrail)
    broken = next(tested_text.breaches(guarded), tested_text.demanded(guarded))
    return Annotation(
        rule="guardrail",
        level="error",
        message=f"{name}: {broken}",
        location=guarded.place,
        about=name,
        fails=True,
    )
