"""What an edit command is to do: which setting, in which file, and the set as it would be.

A plan is made without writing anything. What may not be done is refused here: what is locked
above, what the text does not take, what would leave the policies invalid.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from engine.decide.decisions import decide_account, decide_group
from engine.edit.overlay import Overlay
from engine.edit.people import Newcomer, is_list_for, with_user
from engine.edit.place import place_of
from engine.edit.rewrite import with_setting
from engine.errors import QuestionError, RefusedError, UnknownTargetError
from engine.findings import has_errors
from engine.model import Account, Group, Scope, Setting, User
from engine.read.labels import is_policy_file
from engine.read.load import collector_at_rest, nothing_to_read
from engine.read.parse import parse
from engine.read.shared import Shared
from engine.review.authority import lock_over
from engine.review.holders import whom_to_ask
from engine.review.places import titled
from engine.review.targets import find, find_toggle
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.model import PolicySet, State, Toggle
    from engine.read.load import Loaded
    from engine.read.source import WorkingTree
    from engine.review.targets import Target


class Action(StrEnum):
    """The edit commands."""

    SET = "set"
    LOCK = "lock"
    UNLOCK = "unlock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for. For `set`, `state` is None to inherit, and `lock` adds a lock."""

    action: Action
    target: str
    toggle: str
    account: str | None = None
    state: State | None = None
    lock: bool = False
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An edit that can be made: one setting from `now` to `goal`, in one file.

    `path` is the file's below the policy directory, `file` as messages name it. `before` is None
    where there is no such file yet.
    """

    source: WorkingTree
    request: Request
    target: Target
    toggle: Toggle
    now: Setting | None
    goal: Setting | None
    path: str
    file: str
    before: bytes | None
    after: bytes
    old: PolicySet
    new: PolicySet

    @property
    def scope(self) -> Scope:
        """The scope that is edited."""
        return scope_of(self.target)

    @property
    def account(self) -> str:
        """The account that it is in."""
        return self.target.id if isinstance(self.target, Account) else self.target.account

    @property
    def is_nothing(self) -> bool:
        """Whether the file says so already."""
        return self.before == self.after


def scope_of(target: Target) -> Scope:
    """Return the scope that a target is."""
    if isinstance(target, User):
        return Scope.USER
    return Scope.GROUP if isinstance(target, Group) else Scope.ACCOUNT


class _Edit(NamedTuple):
    """A plan's part of which only the text is known."""

    target: Target
    now: Setting | None
    goal: Setting | None
    path: str
    before: bytes | None
    after: bytes


def plan(source: WorkingTree, request: Request, ask: Callable[[Sequence[str]], str]) -> Plan:
    """Plan an edit. `ask` picks one of several files for a user who is declared nowhere.

    Raises RefusedError where it may not be made, and what `find` and `load` raise.
    """
    with collector_at_rest():
        return _planned(source, request, ask)


def _planned(source: WorkingTree, request: Request, ask: Callable[[Sequence[str]], str]) -> Plan:
    shared = Shared()
    loaded = shared.load(source)
    if not loaded.files:
        raise nothing_to_read(source)
    old = loaded.valid()
    toggle = find_toggle(old, request.toggle)
    try:
        target = find(old, request.target, account=request.account)
    except UnknownTargetError as error:
        user = _newcomer(old, request, error)
        edit = _declared(source, loaded, request, user, ask)
    else:
        edit = _changed(source, loaded, request, target)
    is_nothing = edit.before == edit.after
    new = old if is_nothing else _edited(shared, Overlay(source, edit.path, edit.after))
    if edit.goal is not None:
        there = new.users[edit.target.id] if isinstance(edit.target, User) else edit.target
        refuse_if_locked(new, there, toggle.key)
    return Plan(
        source=source,
        request=request,
        toggle=toggle,
        file=source.label(edit.path),
        old=old,
        new=new,
        **edit._asdict(),
    )


def _changed(source: WorkingTree, loaded: Loaded, request: Request, target: Target) -> _Edit:
    now = target.settings.get(request.toggle)
    goal = _goal(loaded.policies, request, target, now)
    if goal is not None:
        refuse_if_locked(loaded.policies, target, request.toggle)
    place = place_of(loaded, target, request.toggle)
    if request.file is not None and _chosen(source, request.file) != place.path:
        raise QuestionError(
            f"`{target.id}` is declared already, in `{place.file}`: --file is for who isn't",
            hint="leave --file out",
        )
    before = source.read(place.path)
    return _Edit(target, now, goal, place.path, before, with_setting(before, place, goal))


def _goal(
    policies: PolicySet, request: Request, target: Target, now: Setting | None
) -> Setting | None:
    """Return the setting that is asked for; None: none."""
    locking = request.action is Action.LOCK or request.lock
    if isinstance(target, User) and (locking or request.action is Action.UNLOCK):
        raise QuestionError(
            f"`{target.id}` is a user, and there is no lock at user scope",
            hint="lock the toggle at a group or the account",
        )
    if request.action is Action.UNLOCK:
        return now and now._replace(locked=False)
    if request.action is Action.LOCK:
        return (now or Setting(_own_state(policies, target, request.toggle)))._replace(locked=True)
    if request.state is None:
        return None
    return Setting(request.state, locked=locking or bool(now and now.locked))


def _own_state(policies: PolicySet, target: Target, toggle: str) -> State:
    """Return R10's state of a group or an account."""
    if isinstance(target, Group):
        return decide_group(policies, target, toggle).state
    return decide_account(policies, target.id, toggle).state


def refuse_if_locked(policies: PolicySet, target: Target, toggle: str) -> None:
    """Raise RefusedError where a lock above greys the target's switch out (R8)."""
    lock = lock_over(policies, target, toggle)
    if lock is None:
        return
    where = (lock.scope, lock.account, lock.scope_id)
    name = titled(policies, *where)
    own = titled(policies, scope_of(target), lock.account, target.id)
    word = "account" if lock.scope is Scope.ACCOUNT else f"group:{lock.scope_id}"
    raise RefusedError(
        f"greyed out for {own}: {name} locks `{toggle}`",
        hint=f"it must be changed there (`{word}`); ask {whom_to_ask(policies, *where)}",
    )


def _edited(shared: Shared, overlay: Overlay) -> PolicySet:
    """Return the set as it would be."""
    loaded = shared.load(overlay)
    wrong = [f for f in loaded.findings if f.severity == "error"]
    if has_errors(wrong):
        raise RefusedError(
            f"the policies would not be valid: {wrong[0].location}: {wrong[0].message}",
            hint=wrong[0].hint,
        )
    return loaded.policies


# -- users who are declared nowhere -----------------------------------------------------------


def _newcomer(policies: PolicySet, request: Request, error: UnknownTargetError) -> User:
    """Return the user to be declared, or raise `error` where the target can be none."""
    name = request.target.removeprefix("user:")
    parts = name.split("@")
    can_be = len(parts) == 2 and all(parts) and name not in policies.users
    if not can_be or request.action is not Action.SET or request.state is None or request.lock:
        raise error
    if request.account is None and len(policies.accounts) > 1:
        names = ", ".join(f"`--in {account}`" for account in sorted(policies.accounts))
        raise QuestionError(f"`{name}` is in no account yet", hint=f"add one of {names}")
    return User(id=name, account=request.account or next(iter(policies.accounts)))


def _declared(
    source: WorkingTree,
    loaded: Loaded,
    request: Request,
    user: User,
    ask: Callable[[Sequence[str]], str],
) -> _Edit:
    assert request.state is not None  # noqa: S101 - `_newcomer` saw to it
    account = user.account if len(loaded.policies.accounts) > 1 else None
    if request.file is not None:
        path = _chosen(source, request.file)
    else:
        path = ask(_files_with_users(loaded, account))
    before = source.read(path) if path in set(source.files()) else None
    new = Newcomer(id=user.id, account=account, toggle=request.toggle, state=request.state)
    after = with_user(before or b"", source.label(path), new)
    return _Edit(user, None, Setting(request.state), path, before, after)


def _chosen(source: WorkingTree, file: str) -> str:
    """Return `--file`, seen from the working directory, as seen from the policy directory."""
    path = os.path.relpath(os.path.abspath(file), os.path.abspath(source.root))
    path = path.replace(os.sep, "/")
    parts = path.split("/")
    if parts[0] == ".." or not is_policy_file(path) or any(p.startswith(".") for p in parts):
        raise QuestionError(
            f"`{file}` would not be a policy file",
            hint=f"name a *.yaml or *.yml file below `{source.root}`",
        )
    if not os.path.isdir(os.path.join(source.root, *parts[:-1])):
        raise QuestionError(f"the folder of `{file}` is not there", hint="make it first")
    return path


def _files_with_users(loaded: Loaded, account: str | None) -> list[str]:
    """Return the files that a user may be added to, those that hold users first."""

    def holds(path: str) -> bool:
        documents = parse(loaded.source.read(path), path).documents
        return any(is_list_for(d, account) or d.value["kind"] == "user" for d in documents)

    return [path for path in loaded.files if holds(path)] or list(loaded.files)
