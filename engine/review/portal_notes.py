"""What a runbook says beside its steps: what the product does to meetings (R7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.decide.sync import required

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.model import PolicySet
    from engine.review.portal_steps import Step

MEETINGS: Final = (
    "Switching sync on changes nothing that is scheduled already: a meeting reaches the other"
    " calendars when somebody creates or updates it afterwards. Switching it off takes nothing"
    " away either: what reached a calendar before stays there."
)
"""What the product does to meetings that are scheduled already (R7)."""
_DECIDING: Final = frozenset(
    {"groups", "primary_group", "account", "calendars", "group_resolution", "priority"}
)
"""The fields, apart from settings, that may switch somebody's sync."""


def notes(steps: Iterable[Step], policies: PolicySet) -> tuple[str, ...]:
    """Return what is to be known where a step may switch somebody's sync."""
    syncing = _syncing(policies)
    touches = any(
        step.field in _DECIDING if step.toggle is None else step.toggle in syncing for step in steps
    )
    return (MEETINGS,) if touches and syncing else ()


def _syncing(policies: PolicySet) -> set[str]:
    """Return the toggles that sync hangs on: those for calendars, and what they require (R6)."""
    own = [key for key, toggle in policies.toggles.items() if toggle.supported_calendars]
    return {*own, *(needed for key in own for needed in required(policies.toggles, key))}
