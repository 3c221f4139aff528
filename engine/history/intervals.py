"""An interval of a decision, and the declared changes that began it (SPEC §4)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from engine.history.instants import MICROSECONDS
from engine.model import Scope
from engine.review.causes import Causes
from engine.review.changes import ROWS, declared
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.history.subjects import Parts, Subject
    from engine.history.walk import Step
    from engine.model import Decision
    from engine.review.changes import DeclaredChange


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A time during which (state, locked, sync, reason, source) of a decision stood still.

    `begin` and `end` are R7's instants, in seconds since 1970; `end` is None while it lasts.
    `commit` began it, `ended_by` is the commit that ended it; `gone` says what that commit took
    away, `target` or `toggle`, None where another decision followed. `changes` are those that
    caused it, worked out when somebody asks.
    """

    decision: Decision
    begin: int
    end: int | None
    commit: str
    ended_by: str | None
    gone: str | None
    beginning: Beginning

    @cached_property
    def changes(self) -> tuple[DeclaredChange, ...]:
        """The declared changes, since the last valid commit before, that are causes."""
        return self.beginning.causes(self.decision.toggle)

    def overlaps(self, since: int | None, until: int | None) -> bool:
        """Tell whether it stood at any instant from `since` to `until`, in microseconds."""
        begin = self.begin * MICROSECONDS
        end = None if self.end is None else self.end * MICROSECONDS
        if until is not None and begin > until:
            return False
        return since is None or end is None or end > since or begin == end == since


class Since(NamedTuple):
    """Since when what stands now has stood: state and sync, and the lock with them."""

    state: int
    lock: int


def since(intervals: Sequence[Interval]) -> Since:
    """Look back from the last interval of a toggle, past changes of reason and source alone.

    An empty interval was never in force, and breaks nothing.
    """
    last = intervals[-1]
    found, is_locked_so = Since(last.begin, last.begin), True
    for one in reversed(intervals[:-1]):
        if one.begin == one.end:
            continue
        is_other = (one.decision.state, one.decision.sync) != (
            last.decision.state,
            last.decision.sync,
        )
        if one.gone or one.end != found.state or is_other:
            break
        is_locked_so = is_locked_so and one.decision.locked == last.decision.locked
        found = Since(one.begin, one.begin if is_locked_so else found.lock)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beginning:
    """What is kept of a step so that its causes can be found later.

    `before` is None where the subject did not exist; `half_way` are further groups that the
    decision may read in a set between the two.
    """

    subject: Subject
    step: Step
    before: Parts | None
    after: Parts
    half_way: Parts

    def causes(self, toggle: str) -> tuple[DeclaredChange, ...]:
        """Return the declared changes that are causes (SPEC §4), in order."""
        parts = [part for part in (self.before, self.after, self.half_way) if part]
        old, new = self.step.sets(
            [entry for part in parts for entry in part.entries],
            [row for part in parts for row in part.rows],
        )
        changes = declared(old, new)
        ids = set(self._ids(Causes(old, new, changes), changes, toggle))
        return tuple(change for change in changes if change.id in ids)

    def _ids(self, causes: Causes, changes: Sequence[DeclaredChange], toggle: str) -> Sequence[int]:
        subject, old, new = self.subject, causes.old, causes.new
        if self.before is None and subject.scope is Scope.USER:
            return causes.ids(((None, ROWS),), None, new.users[subject.id])
        if self.before is None:
            kind, account = subject.scope.value, subject.account or subject.id
            return _arrival(changes, kind, subject.id, account)
        if toggle not in old.toggles:
            return _arrival(changes, "toggle", toggle, None)
        if subject.scope is Scope.USER:
            return causes.of_user(old.users[subject.id], new.users[subject.id], toggle)
        if subject.scope is Scope.GROUP:
            return causes.of_group((str(subject.account), subject.id), toggle)
        return causes.of_account(subject.id, toggle)


def _arrival(
    changes: Sequence[DeclaredChange], kind: str, scope_id: str, account: str | None
) -> list[int]:
    """Return the id of the change that brought an entity."""
    key = (kind, scope_id, account)
    return [c.id for c in changes if c.is_whole and (c.kind, c.scope_id, c.account) == key]
