"""Which policy was in force at an instant (R7): what `--at` asks."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import QuestionError
from engine.findings import has_errors
from engine.history.instants import MICROSECONDS, iso, parsed
from engine.history.log import first_parents, touching
from engine.read.git import repository, revision
from engine.read.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.read.git import Repository
    from engine.read.load import Loaded


def commit_at(policies: str, at: str, rev: str = "HEAD") -> str:
    """Return the last commit of a revision's first-parent history that is not later than `at`.

    Raises QuestionError for an instant before the first commit.
    """
    line = first_parents(repository(policies), rev)
    place = bisect_right([instant * MICROSECONDS for _, instant in line], parsed(at))
    if not place:
        raise QuestionError(
            f"no policy was in force at `{at}`",
            hint=f"the first commit of `{rev}` is of {iso(line[0][1])}",
        )
    return line[place - 1][0]


def in_force(policies: str, at: str, rev: str = "HEAD") -> Loaded:
    """Return the policies that were in force at an instant: those of the last valid commit.

    Raises QuestionError where there was none, SourceError where they had no policy files.
    """
    found = repository(policies)
    newest = commit_at(policies, at, rev)
    for commit in _candidates(found, newest):
        loaded = load(replace(revision(policies, commit), name=at))
        if not has_errors(loaded.findings):
            return loaded
    raise QuestionError(
        f"no policy was in force at `{at}`",
        hint="no commit until then has valid policies: `calsync validate --rev REV` says why",
    )


def _candidates(found: Repository, newest: str) -> Iterator[str]:
    """Yield a commit, and those before it that have other policies, the newest first."""
    yield newest
    touched = touching(found, newest)
    yield from touched[1:]
    first = first_parents(found, newest)[0][0]
    if first not in {newest, *touched}:
        yield first
