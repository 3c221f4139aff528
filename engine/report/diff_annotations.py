"""A comparison as annotations: each changed line that somebody notices, and broken guardrails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.report.annotations import Annotated, Annotation
from engine.report.change_words import line
from engine.report.screen import plain
from engine.report.tested_annotations import RULES
from engine.review.fields import place_of, title
from engine.review.phrases import people, plain_text

if TYPE_CHECKING:
    from engine.review.comparison import Comparison
    from engine.review.story import Story, Told


def annotated(story: Story, comparison: Comparison, *, root: str = "") -> Annotated:
    """Return what a reviewer wants to see beside the changed lines."""
    found = [
        Annotation(
            rule="guardrail",
            level="error",
            message=f"{title(verdict.guardrail)}: broken now, and not before",
            location=place_of(verdict.guardrail),
            about=title(verdict.guardrail),
            fails=True,
        )
        for verdict in comparison.guardrails
    ]
    found += [one for told in story.declared if (one := _change(told, comparison)) is not None]
    return Annotated(
        command="diff",
        said=" ".join(plain(plain_text(sentence)) for sentence in story.headline),
        annotations=found,
        rules=RULES,
        root=root,
    )


def _change(told: Told, comparison: Comparison) -> Annotation | None:
    place = told.change.new_location or told.change.old_location
    if place is None or not told.users:
        return None
    return Annotation(
        rule="diff",
        level="note",
        message=f"{people(told.users)} will notice: {line(told, comparison)}",
        location=place,
        about=line(told, comparison),
        fails=False,
    )
