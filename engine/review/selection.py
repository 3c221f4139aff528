"""Which decision rows are asked for: by toggle, user, group, and by what the rows say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.decide.decisions import decide_all
from engine.errors import QuestionError
from engine.model import SYNC_TOGGLE, Decision, Group, Reason, Scope, State, SyncReason, User
from engine.population.asked import Asked
from engine.review.targets import find, find_toggle
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.model import PolicySet

_FLAGS: Final = ("true", "false")
_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "state": tuple(State),
    "locked": _FLAGS,
    "reason": tuple(Reason),
    "source_scope": tuple(Scope),
    "sync": (*_FLAGS, ""),
    "sync_reason": (*SyncReason, ""),
}
"""What a column may say, where that is a closed set; the empty text is null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The filters of `evaluate`, as given. `conditions` are `COLUMN=VALUE`."""

    toggles: tuple[str, ...] = ()
    all_toggles: bool = False
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    account: str | None = None
    conditions: tuple[str, ...] = ()
    sorted: bool = True
    memory: str | None = None


def asked(policies: PolicySet, selection: Selection) -> Asked:
    """Return what is asked for, with every name resolved.

    Raises UnknownTargetError or QuestionError for a filter that names what isn't there.
    """
    if selection.toggles and selection.all_toggles:
        raise QuestionError("--toggle and --all-toggles exclude each other")
    for key in selection.toggles:
        find_toggle(policies, key)
    keys = tuple(policies.toggles) if selection.all_toggles else selection.toggles or (SYNC_TOGGLE,)
    account = selection.account
    if account is not None and account not in policies.accounts:
        find(policies, f"account:{account}")
    users = [find(policies, f"user:{name}", account=account).id for name in selection.users]
    groups = [
        group for name in selection.groups for group in _groups_named(policies, name, account)
    ]
    return Asked(
        toggles=tuple(sorted(set(keys))),
        account=account,
        users=tuple(users),
        members=tuple((group.account, group.id) for group in groups),
        conditions=conditions(selection.conditions),
        sorted=selection.sorted,
        memory=selection.memory,
    )


def select(policies: PolicySet, wanted: Asked) -> Iterator[Decision]:
    """Return the rows asked for, ordered by account, user and toggle, or as the users come."""
    rows = decide_all(
        policies, wanted.toggles, _people(policies, wanted), as_they_come=not wanted.sorted
    )
    return (row for row in rows if says(row, wanted.conditions))


def _people(policies: PolicySet, wanted: Asked) -> Iterable[User]:
    if wanted.users and not wanted.members:
        return [policies.users[user] for user in dict.fromkeys(wanted.users)]
    members = set(wanted.members)
    return (
        user
        for user in policies.users.values()
        if (wanted.account is None or user.account == wanted.account)
        and (not wanted.users or user.id in wanted.users)
        and (not members or any((user.account, group) in members for group in user.groups))
    )


def _groups_named(policies: PolicySet, name: str, account: str | None) -> list[Group]:
    found = [
        group
        for (owner, group_id), group in policies.groups.items()
        if group_id == name and account in {None, owner}
    ]
    if not found:
        find(policies, f"group:{name}", account=account)  # says what is nearest
    return found


def conditions(given: tuple[str, ...]) -> dict[int, set[str]]:
    """Return, by column number, the values that a row may have, as CSV writes them."""
    wanted: dict[int, set[str]] = {}
    for condition in given:
        column, equals, value = condition.partition("=")
        if not equals or column not in Decision._fields:
            from difflib import get_close_matches

            near = get_close_matches(column, Decision._fields, n=1)
            columns = ", ".join(Decision._fields)
            hint = (
                f"did you mean `{near[0]}=…`?"
                if near
                else f"write COLUMN=VALUE; columns: {columns}"
            )
            raise QuestionError(f"`{condition}` is no condition on a column", hint=hint)
        closed = _VALUES.get(column)
        if value == "null" and closed is not None and "" in closed:  # a toggle may be called so
            value = ""
        if closed is not None and value not in closed:
            words = ", ".join(word or "null" for word in closed)
            raise QuestionError(f"`{value}` is no value of {column}", hint=f"one of {words}")
        wanted.setdefault(Decision._fields.index(column), set()).add(value)
    return wanted


def says(row: Decision, wanted: Mapping[int, set[str]]) -> bool:
    """Tell whether a row meets the conditions."""
    return all(_written(row[at]) in values for at, values in wanted.items())


def _written(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
