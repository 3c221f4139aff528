"""What an authorization refuses, as annotations on the changed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.model import Location
from engine.report.annotations import Annotated, Annotation, Rule
from engine.report.diff_text import difference

if TYPE_CHECKING:
    from engine.review.authority import Verdict
    from engine.review.authorization import Authorization

RULES: Final = {
    "authorize": Rule(
        "a change is not for this person to make",
        "Roles, owners and admins say who may change what; this change was made by somebody else.",
        "Roles, owners and admins say who may change what; this change was made by somebody else. "
        "They are read from the side before the change, so nobody can promote themselves in it.",
    )
}


def annotated(found: Authorization, *, fallback: str, root: str = "") -> Annotated:
    """Return the refusals; one without a place is put at the `fallback` file's first line."""
    return Annotated(
        command="authorize",
        said=found.summary(),
        annotations=[_annotation(found, verdict, fallback) for verdict in found.refused],
        rules=RULES,
        root=root,
    )


def _annotation(found: Authorization, verdict: Verdict, fallback: str) -> Annotation:
    change = verdict.change
    what = f"{found.subject(change)}, {difference(change)}"
    return Annotation(
        rule="authorize",
        level="error",
        message=f"{verdict.message} ({what})",
        location=change.new_location or change.old_location or Location(fallback, 1, 1),
        about=f"{what}\0{verdict.actor}",
        fails=True,
    )
