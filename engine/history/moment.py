"""Which policy was in force at an instant (R7): what `--at` asks."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from engine.errors import QuestionError
from engine.findings import has_errors
from engine.history.instants import MICROSECONDS, iso, parsed
from engine.history.log import first_parents, touching
from engine.read.git import repository
from engine.read.load import load
from engine.read.revisions import revision
from engine.shapes import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.read.git import Repository
    from engine.read.load import Loaded
    from engine.read.revisions import Revision


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
    for source in _candidates(found, policies, newest):
        loaded = load(replace(source, name=at))
        if not has_errors(loaded.findings):
            return loaded
    raise QuestionError(
        f"no policy was in force at `{at}`",
        hint="no commit until then has valid policies: `calsync validate --rev REV` says why",
    )


def _candidates(found: Repository, policies: str, newest: str) -> Iterator[Revision]:
    """Yield the policies of a commit, and those before it that are other ones, newest first.

    Where a link leads out of the policy directory, any commit may have other ones.
    """
    source = revision(policies, newest)
    yield source
    touched, as_later = set(touching(found, newest)), False
    for commit, _ in reversed(first_parents(found, newest)):
        if not as_later and commit != newest:
            source = revision(policies, commit)
            yield source
        as_later = commit not in touched and not source.leads_outside()
