"""Guardrails that one side of a comparison breaks and the other did not (SPEC §4, `guardrails`).

A guardrail is the same on both sides when its name is, or what it says where it has no name. One
that is new, and broken, is broken newly.
"""

from __future__ import annotations

from engine.review.fields import keyed
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.model import PolicySet
    from engine.review.guardrails import Verdict


def newly_broken(
    old: PolicySet, new: PolicySet, toggles: Collection[str] | None = None
) -> tuple[Verdict, ...]:
    """Return the new side's verdicts on guardrails (about `toggles`) that only it breaks.

    They are ordered by the guardrail's place. The old side's people are looked at only where
    the new side breaks anything.
    """
    mine, theirs = keyed("guardrail", new), keyed("guardrail", old)
    asked = [one for one in mine.values() if toggles is None or one.toggle in toggles]
    if not asked:
        return ()
    from engine.review.guardrails import judge

    names = {id(one): name for name, one in mine.items()}
    broken = {
        names[id(verdict.guardrail)]: verdict for verdict in judge(new, asked) if not verdict.passed
    }
    before = [theirs[name] for name in broken if name in theirs]
    held = {id(verdict.guardrail) for verdict in judge(old, before) if verdict.passed}
    found = [
        verdict
        for name, verdict in broken.items()
        if name not in theirs or id(theirs[name]) in held
    ]
    return tuple(sorted(found, key=_place))


def _place(verdict: Verdict) -> tuple[object, ...]:
    origin = verdict.guardrail.origin
    return tuple(origin.locate()) if origin else ()
