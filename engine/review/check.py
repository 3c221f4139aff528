"""Every finding of a set: what reading found, and what only decisions show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import ordered
from engine.review.conflicts import lock_conflicts

if TYPE_CHECKING:
    from engine.findings import Finding
    from engine.read.load import Loaded


def check(loaded: Loaded) -> list[Finding]:
    """Return all findings, ordered by file, line, column and code.

    Conflicts are looked for in whatever is sound, unless toggles require each other (then
    nothing can be decided).
    """
    return ordered((*loaded.findings, *lock_conflicts(loaded.policies)))
