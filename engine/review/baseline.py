"""Only what is new: findings told apart from those of an earlier revision.

Two findings are the same when they have one code and are about the same thing, whatever line
that stands on. A set with old trouble can so be held to no new trouble from today.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.findings import Finding

Identity: TypeAlias = tuple[str, ...]


def identity(finding: Finding) -> Identity:
    """Return what stays the same of a finding when text moves: its code, and what it is about."""
    return (finding.code, *finding.about)


def new_since(found: Iterable[Finding], earlier: Iterable[Finding]) -> list[Finding]:
    """Return the findings that were not there before; of several alike, those that are more."""
    known = Counter(identity(finding) for finding in earlier)
    fresh = []
    for finding in found:
        key = identity(finding)
        if known[key] > 0:
            known[key] -= 1
        else:
            fresh.append(finding)
    return fresh
