"""R8: who may change what, judged over the declared changes between two sets.

Roles, owners and admins are read from the old set, so that nobody promotes themselves in the
change that needs it; locks are read from the new one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.decide.decisions import decide, profile
from engine.model import Account, Privilege, Scope, User
from engine.review.changes import ROWS, home, users_between
from engine.review.holders import listed, whom_to_ask, with_privilege
from engine.review.places import titled
from engine.shapes import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from engine.model import Decision, PolicySet
    from engine.review.changes import DeclaredChange
    from engine.review.targets import Target


class Because(StrEnum):
    """Why a change is allowed or refused, the first that holds."""

    LOCKED_ABOVE = "locked_above"
    OWNER = "owner"
    PRIVILEGE = "privilege"
    GROUP_ADMIN = "group_admin"
    SELF = "self"
    NOT_PERMITTED = "not_permitted"


class Lock(NamedTuple):
    """What masks a state that a change declares: the scope that locks, and the toggle."""

    account: str
    scope: Scope
    scope_id: str
    toggle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One declared change, judged. `needs` are what would do, and `holders` who has one of it.

    `lock` is what must be changed instead where `because` is `locked_above`; `commit` the one
    that was judged, where commits are.
    """

    change: DeclaredChange
    actor: str
    allowed: bool
    needs: tuple[str, ...]
    because: Because
    message: str
    holders: tuple[str, ...]
    lock: Lock | None = None
    commit: str | None = None

    def at(self, commit: str) -> Verdict:
        """Return the same verdict, on a change that a commit made."""
        return replace(self, commit=commit)


_FOR_ADMINS: Final = frozenset({"setting", "note", "name"})
"""The fields of a group that a place in its `admins` is enough for."""
_MEMBERSHIP: Final = frozenset({"groups", "primary_group"})


def authorize(
    old: PolicySet, new: PolicySet, changes: Iterable[DeclaredChange], actor: str
) -> list[Verdict]:
    """Judge changes between two sets, as `declared` gives them, for one actor."""
    judge = Judge(old, new)
    return [judge.verdict(change, actor) for change in changes]


class Judge:
    """R8 between two sets. `authority` is the set that roles, owners and admins are read from."""

    def __init__(
        self, old: PolicySet, new: PolicySet, *, authority: PolicySet | None = None
    ) -> None:
        self.old = old
        self.new = new
        self.authority = old if authority is None else authority
        self._privileged = {p: with_privilege(self.authority, p) for p in Privilege}
        self._decided: dict[tuple[Hashable, str], Decision] = {}

    def verdict(self, change: DeclaredChange, actor: str) -> Verdict:
        """Judge one change."""
        lock = self.lock_above(change)
        if lock is not None:
            return Verdict(
                change=change,
                actor=actor,
                allowed=False,
                needs=(),
                because=Because.LOCKED_ABOVE,
                message=self._locked(lock),
                holders=(),
                lock=lock,
            )
        having = self._having(change)
        because, message = self._found(change, actor, having)
        return Verdict(
            change=change,
            actor=actor,
            allowed=because is not Because.NOT_PERMITTED,
            needs=tuple(having),
            because=because,
            message=message,
            holders=tuple(sorted(set().union(*having.values()))),
        )

    # -- who --------------------------------------------------------------------------------

    def _having(self, change: DeclaredChange) -> dict[str, set[str]]:
        """Return everything that would do, in R8's order, and who has it in the old set."""
        found = {Because.OWNER.value: set(self.authority.owners)}
        for privilege in _privileges(change):
            found[privilege.value] = self._privileged[privilege]
        if _for_admins(change):
            found[Because.GROUP_ADMIN.value] = self._admins(change)
        if change.kind == "user" and change.toggle is not None:
            found[Because.SELF.value] = {str(change.scope_id)}
        return found

    def _admins(self, change: DeclaredChange) -> set[str]:
        """Return those who are admins of every group concerned; a group that is new has none."""
        groups = [self.authority.groups.get(key) for key in self._groups(change)]
        admins = [set(group.admins) if group else set() for group in groups]
        return set.intersection(*admins) if admins else set()

    def _groups(self, change: DeclaredChange) -> set[tuple[str, str]]:
        """Return the groups that a change is about, by account and id."""
        if change.kind == "group":
            return {(str(change.account), str(change.scope_id))}
        both = (self.old.users[str(change.scope_id)], self.new.users[str(change.scope_id)])
        if change.field == "primary_group":
            return {(u.account, u.primary_group) for u in both if u.primary_group is not None}
        before, after = ({(user.account, group) for group in user.groups} for user in both)
        return before ^ after

    def _found(
        self, change: DeclaredChange, actor: str, having: Mapping[str, set[str]]
    ) -> tuple[Because, str]:
        """Return why, and the same in words."""
        for need, holders in having.items():
            if actor not in holders:
                continue
            if need == Because.OWNER:
                return Because.OWNER, f"{actor} is an owner"
            if need == Because.SELF:
                return Because.SELF, "it is their own choice"
            if need == Because.GROUP_ADMIN:
                groups = " and ".join(sorted(group for _, group in self._groups(change)))
                return Because.GROUP_ADMIN, f"{actor} is an admin of {groups}"
            return Because.PRIVILEGE, f"{actor} holds {need}"
        everyone = sorted(set().union(*having.values()))
        wanted = " or ".join(_words(need, change) for need in having)
        who = listed(everyone) if everyone else "nobody is or has that"
        name = actor.strip() or "somebody without an address"
        return Because.NOT_PERMITTED, f"{name} may not: it takes {wanted} ({who})"

    # -- locks above --------------------------------------------------------------------------

    def lock_above(self, change: DeclaredChange) -> Lock | None:
        """Return the lock that masks, in the new set, a state that the change declares."""
        if change.action == "removed" or not (
            change.toggle is not None or change.field in {None, ROWS}
        ):
            return None
        if change.kind == "group":
            return self._over_group(change)
        if change.kind == "user":
            user = self.new.users[str(change.scope_id)]
            return self._over_user(user, change.toggle)
        if change.kind == "directory":
            found = (self._over_user(*one) for one in self._rows(change))
            return next((lock for lock in found if lock), None)
        return None

    def _over_group(self, change: DeclaredChange) -> Lock | None:
        group = self.new.groups[str(change.account), str(change.scope_id)]
        asked = group.settings if change.toggle is None else (change.toggle,)
        found = (lock_over(self.new, group, key) for key in asked if key in group.settings)
        return next((lock for lock in found if lock), None)

    def _over_user(self, user: User, toggle: str | None) -> Lock | None:
        asked = user.settings if toggle is None else (toggle,)
        found = (_lock(self._decision(user, key)) for key in asked if key in user.settings)
        return next((lock for lock in found if lock), None)

    def _decision(self, user: User, toggle: str) -> Decision:
        key = (profile(user), toggle)
        if key not in self._decided:
            self._decided[key] = decide(self.new, user, toggle)
        return self._decided[key]

    def _rows(self, change: DeclaredChange) -> Iterator[tuple[User, str | None]]:
        """Yield the users of tables in whose rows a directory's change declares something."""
        at = (change.account, change.scope_id)
        for _, before, user in users_between(self.old.users, self.new.users):
            if user is None or home(before, user) != at:
                continue
            if change.toggle is None:
                if before is None:
                    yield user, None
            elif before and _said(before, change) != _said(user, change):
                yield user, change.toggle

    def _locked(self, lock: Lock) -> str:
        scope = titled(self.new, lock.scope, lock.account, lock.scope_id)
        whom = whom_to_ask(self.authority, lock.scope, lock.account, lock.scope_id)
        return f"{scope} locks {lock.toggle}: to change it there, ask {whom}"


def _said(user: User, change: DeclaredChange) -> object:
    """Return what a user declares in the field of a setting's change: its state, or its note."""
    setting = user.settings.get(str(change.toggle))
    return setting and (setting.note if change.field == "note" else setting.state)


def lock_over(policies: PolicySet, target: Target, toggle: str) -> Lock | None:
    """Return the lock above a scope that greys its switch out: nobody declares a state there."""
    if isinstance(target, User):
        return _lock(decide(policies, target, toggle))
    if isinstance(target, Account):
        return None
    setting = policies.accounts[target.account].settings.get(toggle)
    if setting is None or not setting.locked:
        return None
    return Lock(target.account, Scope.ACCOUNT, target.account, toggle)


def _lock(row: Decision) -> Lock | None:
    if not row.locked:
        return None
    return Lock(row.account, row.source_scope, row.source_id, row.toggle)


def _privileges(change: DeclaredChange) -> tuple[Privilege, ...]:
    """Return the privileges that would do; none of them makes owners."""
    if change.kind == "group":
        return (Privilege.GROUP,)
    if change.kind == "user":
        both = change.field in _MEMBERSHIP
        return (Privilege.USER, Privilege.GROUP) if both else (Privilege.USER,)
    if change.kind == "directory":
        return (Privilege.USER,)
    if change.kind == "role":
        return () if change.field == "owners" else (Privilege.ROLE,)
    return (Privilege.ACCOUNT_SETTING,)


def _for_admins(change: DeclaredChange) -> bool:
    if change.kind == "group":
        return change.field in _FOR_ADMINS
    return change.kind == "user" and change.field in _MEMBERSHIP


def _words(need: str, change: DeclaredChange) -> str:
    """Return a need for a person."""
    if need == Because.GROUP_ADMIN:
        return (
            "a place among its admins"
            if change.kind == "group"
            else ("a place among the admins of every group concerned")
        )
    return {Because.OWNER.value: "an owner", Because.SELF.value: "the user"}.get(need, need)
