"""The words and the order of outcomes: what a person sees of a decision, as one short label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.model import State
from engine.review.comparison import Outcome
from engine.review.explanation import on_or_off

if TYPE_CHECKING:
    from engine.model import Decision

Stage: TypeAlias = "Outcome | None"
"""An outcome; None for those who are not there."""

TONES: Final = ("on", "idle", "off", "absent")
"""How a stage is shown; `idle` is a sync toggle that is on and does not sync."""


class Words(NamedTuple):
    """A stage in words: on, off or not there, whether that is locked, and what follows."""

    label: str
    tone: str
    locked: bool
    tail: str

    @property
    def text(self) -> str:
        """The words in one."""
        return self.label + (", locked" if self.locked else "") + self.tail


def words(stage: Stage) -> Words:
    """Return a stage in words."""
    if stage is None:
        return Words("not there", "absent", locked=False, tail="")
    idle = stage.state is State.ENABLED and stage.sync is False
    label = on_or_off(stage.state)
    return Words(label, "idle" if idle else label, stage.locked, ", no events" if idle else "")


def rank(stage: Stage) -> int:
    """Order stages from on to off, those who are not there last, and unlocked before locked."""
    told = words(stage)
    return 2 * TONES.index(told.tone) + told.locked


def stage_of(row: Decision | None) -> Stage:
    """Return the stage of a decision row."""
    return None if row is None else Outcome.of(row)
