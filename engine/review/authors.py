"""R8 over a range of commits: every change is judged for whoever made it.

Roles, owners and admins are those of the range's old end for every commit, so that nobody
promotes themselves on the way; locks are those of the commit itself. A merge answers for what
it says unlike all of its parents. Where a commit's set is not valid, its changes belong to the
next valid one, and are judged for the people behind both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.errors import GitError
from engine.findings import has_errors
from engine.read.git import at_commit
from engine.read.shared import Shared
from engine.read.source import Memory
from engine.read.span import between
from engine.review.authority import Judge, Verdict
from engine.review.changes import declared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.model import PolicySet
    from engine.read.git import Repository
    from engine.read.span import Commit
    from engine.review.changes import DeclaredChange


Files: TypeAlias = "dict[str, tuple[str, str]]"
"""Mode and object id by path: commits that agree in them declare the same."""


class _State(NamedTuple):
    """The last valid set as of a commit, its files, and who has changed those since."""

    policies: PolicySet
    files: Files
    pending: tuple[str, ...] = ()


def judge_commits(
    repository: Repository, policies: str, authority: PolicySet, ends: tuple[str, str], *, by: str
) -> Iterator[Verdict]:
    """Yield a verdict per commit and change, parents before children.

    `ends` are the commits of the range, whose old end declares `authority`; `by` is author or
    committer. Raises GitError where the new end's set is not valid.
    """
    judge = _Commits(repository, policies, authority)
    commits = between(repository, *ends, by=by)
    for commit in commits:
        yield from judge.judged(commit)
    if commits and judge.states[commits[-1].id].pending:
        message = f"the policies of {commits[-1].id[:12]} are not valid, so they cannot be judged"
        raise GitError(message, hint=f"run `calsync validate --rev {commits[-1].id[:12]}`")


class _Commits:
    def __init__(self, repository: Repository, policies: str, authority: PolicySet) -> None:
        self.repository = repository
        self.policies = policies
        self.authority = authority
        self.shared = Shared(repository.hashing())
        self.states: dict[str, _State] = {}

    def judged(self, commit: Commit) -> Iterator[Verdict]:
        parents = [self._state(parent) for parent in commit.parents] or [self._nothing()]
        now, files = self._read(commit.id)
        touching = () if any(files == state.files for state in parents) else (commit.actor,)
        people = dict.fromkeys([*(who for state in parents for who in state.pending), *touching])
        if now is None:
            self.states[commit.id] = _State(parents[0].policies, files, tuple(people))
            return
        self.states[commit.id] = _State(now, files)
        bases = [state.policies for state in parents]
        judge = Judge(bases[0], now, authority=self.authority)
        for change in _own(bases, now):
            for actor in people or [commit.actor]:
                yield judge.verdict(change, actor).at(commit.id)

    def _state(self, commit: str) -> _State:
        """Return the state of a parent; before the range, that of the last valid ancestor."""
        if commit not in self.states:
            now, files = self._read(commit)
            at = commit
            while now is None:
                words = ["rev-list", "--parents", "--max-count=1", at]
                parents = self.repository.run(*words).decode().split()[1:]
                now = self._read(parents[0])[0] if parents else self._nothing().policies
                at = parents[0] if parents else ""
            self.states[commit] = _State(now, files)
        return self.states[commit]

    def _read(self, commit: str) -> tuple[PolicySet | None, Files]:
        """Return the set of a commit, None where it is not valid, and what its files are."""
        source = at_commit(self.repository, self.policies, commit[:12], commit)
        loaded = self.shared.load(source)
        return (None if has_errors(loaded.findings) else loaded.policies), source.blobs

    def _nothing(self) -> _State:
        """Return the state before the first commit."""
        return _State(self.shared.load(Memory({})).policies, {})


def _own(bases: Sequence[PolicySet], now: PolicySet) -> list[DeclaredChange]:
    """Return the changes to the first parent that are changes to every other one as well."""
    first, *others = (declared(base, now) for base in bases)
    for changes in others:
        known = [_said(change) for change in changes]
        first = [change for change in first if _said(change) in known]
    return first


def _said(change: DeclaredChange) -> tuple[object, ...]:
    return (
        change.kind,
        change.account,
        change.scope_id,
        change.toggle,
        change.field,
        change.action == "removed",
        change.new,
    )
