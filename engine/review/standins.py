"""Stand-ins: of people whose groups say the same, one is decided for all.

For a user whom both sides of a diff declare the same, R4 hears of the primary group what it
declares, and of the others only their locks. A group that no change touches says the same on both
sides, so that another one with the same settings may take its place until the row is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.decide.facts import resolution
from engine.model import Resolution, Scope
from engine.shapes import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from engine.model import Decision, PolicySet, User
    from engine.review.rows import Pattern


class StandIns:
    """Who stands in for whom between two sets; decisions read a change in the groups `changed`."""

    def __init__(
        self, old: PolicySet, new: PolicySet, changed: Collection[tuple[str, str]]
    ) -> None:
        self.old = old
        self.new = new
        self.changed = changed
        self._first: dict[Hashable, str] = {}

    def of(self, user: User) -> User:
        """Return who is decided for a user: the same groups as far as any change can tell."""
        account, primary = user.account, user.primary_group
        sides = (self.old, self.new)
        if any(resolution(side, account) is not Resolution.PRIMARY_GROUP for side in sides):
            return user
        heard = [g for g in user.groups if g != primary and self._is_heard(account, g)]
        if primary is None or primary not in user.groups:
            return user
        first = primary if (account, primary) in self.changed else self._alike(account, primary)
        if first in heard:  # it cannot be the primary group and another one
            first = primary
        return replace(user, groups=(first, *heard), primary_group=first)

    def _is_heard(self, account: str, group: str) -> bool:
        if (account, group) in self.changed:
            return True
        found = self.new.groups.get((account, group))
        return found is not None and any(s.locked for s in found.settings.values())

    def _alike(self, account: str, group: str) -> str:
        """Return the first group that was met of those that declare what this one does."""
        found = self.new.groups.get((account, group))
        settings = found.settings.items() if found else ()
        said = frozenset((key, setting.state, setting.locked) for key, setting in settings)
        return self._first.setdefault((account, said), group)


def restored(patterns: tuple[Pattern, ...], stood_in: User, user: User) -> tuple[Pattern, ...]:
    """Return the patterns of a user from the stand-in's: a new tuple, which makes a crowd."""
    first, primary = stood_in.primary_group, user.primary_group

    def row(one: Decision | None) -> Decision | None:
        if one is None or primary is None or first == primary:
            return one
        by_first = one.source_scope is Scope.GROUP and one.source_id == first
        return one._replace(source_id=primary) if by_first else one

    return tuple([one._replace(old=row(one.old), new=row(one.new)) for one in patterns])
