"""R8 over a range of commits: every change is judged for whoever made it.

Roles, owners and admins are those of the range's old end for every commit, so that nobody
promotes themselves on the way; locks are those of the commit itself. A merge answers for what
does not follow from its parents: see `engine.review.merges`. Where a commit's set is not valid,
its changes belong to the next valid one, and are judged for the people behind both.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.errors import GitError
from engine.findings import has_errors
from engine.read.revisions import at_commit
from engine.read.shared import Shared
from engine.read.source import Memory
from engine.read.span import between
from engine.review.authority import Judge, Verdict
from engine.review.merges import own_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.model import PolicySet
    from engine.read.git import Repository
    from engine.read.span import Commit

Files: TypeAlias = "dict[str, tuple[str, str]]"
"""Mode and object id by path: commits that agree in them declare the same."""


class _Base(NamedTuple):
    """A commit whose set is valid; None is the one before the first."""

    commit: str | None
    policies: PolicySet


class _State(NamedTuple):
    """The last valid sets as of a commit, its files, and who has changed those since.

    There are several where a merge is not valid: whatever follows it has both its parents.
    """

    bases: tuple[_Base, ...]
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
        bases = tuple({base.commit: base for state in parents for base in state.bases}.values())
        now, files = self._read(commit.id)
        # A merge is its author's, also where it leaves every file as one parent has it.
        is_idle = len(parents) == 1 and files == parents[0].files
        touching = () if is_idle else (commit.actor,)
        people = dict.fromkeys([*(who for state in parents for who in state.pending), *touching])
        if now is None:
            self.states[commit.id] = _State(bases, files, tuple(people))
            return
        self.states[commit.id] = _State((_Base(commit.id, now),), files)
        judges = [Judge(base.policies, now, authority=self.authority) for base in bases]
        sets = [base.policies for base in bases]
        for place, change in own_changes(sets, now, partial(self._ancestors, bases)):
            for actor in people or [commit.actor]:
                yield judges[place].verdict(change, actor).at(commit.id)

    def _ancestors(self, bases: Sequence[_Base], one: int, other: int) -> list[PolicySet]:
        """Return the sets from which two went their ways; nothing, where they share no commit."""
        end, other_end = bases[one].commit, bases[other].commit
        common = self.repository.merge_bases(end, other_end) if end and other_end else ()
        states = [self._state(commit) for commit in common] or [self._nothing()]
        return [base.policies for state in states for base in state.bases]

    def _state(self, commit: str) -> _State:
        """Return the state of a parent; before the range, that of the last valid ancestor."""
        if commit not in self.states:
            now, files = self._read(commit)
            at = commit
            while now is None:
                words = ["rev-list", "--parents", "--max-count=1", at]
                parents = self.repository.run(*words).decode().split()[1:]
                now = self._read(parents[0])[0] if parents else self._nothing().bases[0].policies
                at = parents[0] if parents else ""
            self.states[commit] = _State((_Base(at or None, now),), files)
        return self.states[commit]

    def _read(self, commit: str) -> tuple[PolicySet | None, Files]:
        """Return the set of a commit, None where it is not valid, and what its files are."""
        source = at_commit(self.repository, self.policies, commit[:12], commit)
        loaded = self.shared.load(source)
        return (None if has_errors(loaded.findings) else loaded.policies), source.blobs

    def _nothing(self) -> _State:
        """Return the state before the first commit."""
        return _State((_Base(None, self.shared.load(Memory({})).policies),), {})
