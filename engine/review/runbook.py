"""The runbook: what a person does in the web portal so that the product matches the new set.

The order keeps every step possible: a lock that goes, goes first, since what is locked above
is greyed out; one that comes, comes last. What the portal cannot do (a way back to "inherit",
a switch that stays greyed out) is a step that tells. Each step carries what it changes, so
that replaying all of them on the old set's state gives the new set's: `set`, `lock` and
`unlock` change `state` or `locked` of the toggle's setting, `member` the user's `groups` or
`primary_group`, `tell` whatever field it names (`setting`: null takes it away; `exists`: the
account, group or user comes without any setting, or goes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from engine.model import Account, Group, PolicySet, Scope, Setting, User
from engine.review.changes import each_user
from engine.review.portal import Portal, Switch
from engine.review.portal_notes import notes
from engine.review.portal_steps import Step, Wording
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """The steps in order, and what is to be known about meetings where sync changes."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]


_Person: TypeAlias = "tuple[str, User | None, User | None]"
"""The id of a user, and how they are declared in the old and in the new set."""


class _Task(NamedTuple):
    """A switch to bring from what the old set says to what the new one does."""

    switch: Switch
    goal: Setting | None

    @property
    def is_locking(self) -> bool:
        """Whether a lock stands at its end: such tasks come late."""
        return self.goal is not None and self.goal.locked


def runbook(old: PolicySet, new: PolicySet, *, toggles: Collection[str] | None = None) -> Runbook:
    """Return the steps from one set to another; `toggles` limits them to those of these."""
    # Of a population of millions, most people have nothing to do.
    people = sorted(each_user(old, new), key=lambda user: user[0])
    late = _Author(old, new, people, toggles, early=frozenset())
    late.write()
    author = late
    if late.greyed_out:  # perhaps they were not, before something else was locked
        author = _Author(old, new, people, toggles, early=frozenset(late.greyed_out))
        author.write()
    steps = tuple(step._replace(number=n) for n, step in enumerate(author.steps, 1))
    return Runbook(steps=steps, notes=notes(steps, new))


class _Author:
    """Writes the steps, carrying each out on the portal's model as it goes.

    `early` are tasks of users that are tried whenever anything has changed, since they were
    found to be greyed out at their usual place.
    """

    def __init__(
        self,
        old: PolicySet,
        new: PolicySet,
        people: Sequence[_Person],
        toggles: Collection[str] | None,
        *,
        early: frozenset[_Task],
    ) -> None:
        self.old = old
        self.new = new
        self.toggles = toggles
        self.people = people
        self.portal = Portal(old, new, {name: user for name, user, _ in people if user})
        self.words = Wording(old, new, self.portal)
        self.steps: list[Step] = []
        self.early = set(early)
        self.greyed_out: list[_Task] = []

    def write(self) -> None:
        scopes = [*self._of_accounts(), *self._of_groups()]
        self._coming()
        self._early()
        for task in scopes:
            if not task.is_locking:
                self._do(task)
                self._early()
        self._fields()
        self._early()
        self._of_users()
        groups_first = sorted(scopes, key=lambda task: task.switch.scope is Scope.ACCOUNT)
        for task in groups_first:
            if task.is_locking:
                self._do(task)
        self._going()

    # -- what there is to do ------------------------------------------------------------------

    def _of_accounts(self) -> Iterator[_Task]:
        for name, account in sorted(self.new.accounts.items()):
            yield from self._differing(Scope.ACCOUNT, name, self.old.accounts.get(name), account)

    def _of_groups(self) -> Iterator[_Task]:
        for (home, name), group in sorted(self.new.groups.items()):
            yield from self._differing(Scope.GROUP, home, self.old.groups.get((home, name)), group)

    def _differing(
        self,
        scope: Scope,
        account: str,
        before: Account | Group | User | None,
        after: Account | Group | User,
    ) -> Iterator[_Task]:
        then = before.settings if before is not None else {}
        for toggle in sorted({*then, *after.settings}):
            goal = after.settings.get(toggle)
            if self._asked(toggle) and not _alike(then.get(toggle), goal):
                yield _Task(Switch(scope, account, after.id, toggle), goal)

    def _asked(self, toggle: str) -> bool:
        return self.toggles is None or toggle in self.toggles

    def _users(self) -> Iterable[tuple[User | None, User]]:
        return ((before, user) for _, before, user in self.people if user and before != user)

    # -- entities and their other fields --------------------------------------------------------

    def _coming(self) -> None:
        for name, account in sorted(self.new.accounts.items()):
            if name not in self.old.accounts:
                self._exists(Scope.ACCOUNT, name, Account(id=name, name=account.name))
        for (home, name), group in sorted(self.new.groups.items()):
            if (home, name) not in self.old.groups:
                self._exists(Scope.GROUP, home, Group(id=name, account=home, name=group.name))
        for before, user in self._users():
            if before is None:
                person = User(id=user.id, account=user.account, name=user.name)
                self._exists(Scope.USER, user.account, person)

    def _exists(self, scope: Scope, account: str, bare: Account | Group | User) -> None:
        """Tell of what comes; from here on it is there, by its name, and declares nothing."""
        self.portal.put(scope, account, bare.id, bare)
        self.steps.append(self.words.comes(scope, account, bare.id, bare.name))

    def _going(self) -> None:
        for name, before, user in self.people:
            if before is not None and user is None:
                self._gone(Scope.USER, before.account, name)
        for home, name in sorted(self.old.groups.keys() - self.new.groups.keys()):
            self._gone(Scope.GROUP, home, name)
        for name in sorted(self.old.accounts.keys() - self.new.accounts.keys()):
            self._gone(Scope.ACCOUNT, name, name)

    def _gone(self, scope: Scope, account: str, scope_id: str) -> None:
        self.steps.append(self.words.goes(scope, account, scope_id))
        self.portal.put(scope, account, scope_id, None)

    def _fields(self) -> None:
        """Tell of how accounts resolve groups, and of the groups' priorities."""
        for name, account in sorted(self.new.accounts.items()):
            now = self.portal.entity(Scope.ACCOUNT, name, name)
            if isinstance(now, Account) and now.group_resolution is not account.group_resolution:
                value = account.group_resolution
                self._tell_field(Scope.ACCOUNT, name, name, "group_resolution", value)
        for (home, name), group in sorted(self.new.groups.items()):
            now = self.portal.entity(Scope.GROUP, home, name)
            if isinstance(now, Group) and now.priority != group.priority:
                self._tell_field(Scope.GROUP, home, name, "priority", group.priority)

    def _tell_field(
        self, scope: Scope, account: str, scope_id: str, field: str, value: Any
    ) -> None:
        self.steps.append(self.words.field(scope, account, scope_id, field, value))
        self.portal.change(scope, account, scope_id, **{field: value})

    # -- users ----------------------------------------------------------------------------------

    def _of_users(self) -> None:
        """Let people choose before their groups change where that works, else afterwards.

        All of one kind together, so that nobody has to sign in more often than needed.
        """
        users = list(self._users())
        tasks = [
            task
            for before, user in users
            for task in self._differing(Scope.USER, user.account, before, user)
        ]
        waiting = [task for task in tasks if not self._done_now(task)]
        for _, user in users:
            self._membership(user)
        for task in waiting:
            self._do(task)

    def _done_now(self, task: _Task) -> bool:
        if self._is_met(task):
            return True
        if task.goal is None or self.portal.is_greyed_out(task.switch):
            return False
        self._do(task)
        return True

    def _membership(self, user: User) -> None:
        now = self.portal.entity(Scope.USER, user.account, user.id)
        assert isinstance(now, User)  # noqa: S101 - `_coming` saw to it
        moves = now.account != user.account
        if moves:  # a group of the same name is another one there
            for group in now.groups:
                self._leave(user, group)
            self._tell_field(Scope.USER, user.account, user.id, "account", user.account)
        for group in user.groups:
            if group not in self._groups_of(user):
                self._member(user, (*self._groups_of(user), group), joined=group)
        for group in self._groups_of(user):
            if group not in user.groups:
                self._leave(user, group)
        if now.primary_group != user.primary_group or (moves and user.primary_group is not None):
            self.steps.append(self.words.primary(user, user.primary_group))
            self.portal.change(Scope.USER, user.account, user.id, primary_group=user.primary_group)
        if now.calendars != user.calendars and _listed(now) != _listed(user):
            value = None if user.calendars is None else list(user.calendars)
            self._tell_field(Scope.USER, user.account, user.id, "calendars", value)

    def _groups_of(self, user: User) -> tuple[str, ...]:
        return self.portal.policies.users[user.id].groups

    def _leave(self, user: User, group: str) -> None:
        self._member(user, tuple(g for g in self._groups_of(user) if g != group), left=group)

    def _member(
        self,
        user: User,
        groups: tuple[str, ...],
        joined: str | None = None,
        left: str | None = None,
    ) -> None:
        now = self.portal.policies.users[user.id]
        self.steps.append(self.words.member(now, groups, joined=joined, left=left))
        self.portal.change(Scope.USER, user.account, user.id, groups=groups)

    def _early(self) -> None:
        """Let those choose who can't later."""
        for task in sorted(self.early, key=lambda task: task.switch):
            there = self.portal.entity(*task.switch[:3])
            if there is not None and not self.portal.is_greyed_out(task.switch):
                self.early.discard(task)
                self._do(task)

    # -- settings -------------------------------------------------------------------------------

    def _is_met(self, task: _Task) -> bool:
        return _alike(self.portal.setting(task.switch), task.goal)

    def _do(self, task: _Task) -> None:
        """Bring a switch to its goal: the state, then the lock; or tell why that can't be done."""
        switch, goal = task
        if self._is_met(task):
            return
        now = self.portal.setting(switch)
        if self.portal.is_greyed_out(switch):
            if goal is not None and switch.scope is Scope.USER:
                self.greyed_out.append(task)
            self.steps += self.words.greyed_out(switch, goal)
            self.portal.declare(switch, goal)
            return
        if goal is None:
            if now is not None and now.locked:
                self._click(switch, "unlock", now._replace(locked=False))
            self.steps.append(self.words.withdrawn(switch))
            self.portal.declare(switch, None)
            return
        if now is None or now.state is not goal.state:
            now = Setting(goal.state, now.locked if now else False)
            self._click(switch, "set", now)
        if now.locked is not goal.locked:
            self._click(switch, "lock" if goal.locked else "unlock", goal)

    def _click(self, switch: Switch, action: str, after: Setting) -> None:
        self.steps.append(self.words.switch(switch, action, after))
        self.portal.declare(switch, after)


def _alike(one: Setting | None, other: Setting | None) -> bool:
    """Tell whether two settings are the same, notes aside."""
    return (one and one[:2]) == (other and other[:2])


def _listed(user: User) -> list[str] | None:
    return None if user.calendars is None else sorted(user.calendars)
