"""What a runbook says in any format for people: blocks of steps, each with its heading."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.counts import count
from engine.review.authority import Because

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.review.portal_steps import Step
    from engine.review.runbook import Runbook

NOTHING: Final = "Nothing to do in the portal."
_TOLD: Final = "To tell people, or to do by other means than a switch:"


class Line(NamedTuple):
    """One step for people. `way` is empty where it is that of the step before."""

    number: int
    way: tuple[str, ...]
    text: str


def title(book: Runbook) -> str:
    """Return the first line."""
    return f"In the portal, {count(len(book.steps), 'step')}"


def blocks(book: Runbook) -> Iterator[tuple[str, list[Line]]]:
    """Yield the steps that one sign-in does together, under a heading."""
    for (sign_in, needs), steps in groupby(book.steps, key=lambda s: (s.sign_in, s.needs)):
        last: tuple[str, ...] = ()
        lines: list[Line] = []
        for step in steps:
            lines.append(Line(step.number, () if step.path == last else step.path, _text(step)))
            last = step.path
        yield _heading(sign_in, needs), lines


def _heading(sign_in: str, needs: tuple[str, ...]) -> str:
    if not sign_in:
        return _TOLD
    is_own = needs == (Because.SELF,)
    return f"Only {sign_in} can do this:" if is_own else f"Sign in as {sign_in}:"


def _text(step: Step) -> str:
    """Return a step's text, with `it` for the switch that stands at the end of the way.

    It begins with a capital, unless it begins with an id: those are as they are.
    """
    label = f"“{step.path[-1]}”" if step.path else ""
    text = step.text.replace(label, "it", 1) if label else step.text
    first = text[0] if text.startswith(step.id) else text[0].upper()
    return f"{first}{text[1:]}."
