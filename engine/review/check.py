"""Every finding of a set: what reading found, and what only decisions show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import has_errors, ordered
from engine.read.load import collector_at_rest
from engine.review.conflicts import lock_conflicts
from engine.review.ignoring import silence
from engine.review.lint import lint
from engine.review.population import Population

if TYPE_CHECKING:
    from engine.findings import Finding
    from engine.read.load import Loaded


def check(loaded: Loaded, *, as_baseline: bool = False) -> list[Finding]:
    """Return all findings, ordered by file, line, column and code.

    Conflicts are looked for in whatever is sound, unless toggles require each other (then
    nothing can be decided). Warnings are given for valid sets only: one without an error but
    `lock-conflict`. `as_baseline` gives them for what is sound of any set, so that mending the
    errors does not make old warnings look new.
    """
    with collector_at_rest():
        people = Population(loaded.policies)
        found = [*loaded.findings, *lock_conflicts(people)]
        if as_baseline or not has_errors(loaded.findings):
            warnings = lint(people)
            found += silence(warnings, loaded.ignores)
        return ordered(found)
