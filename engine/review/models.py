"""What an account would be under `group_priority` (R5): the same set with priorities, hypothetical.

The order of its groups comes from the set, from whoever asks, or is proposed such that the
fewest people notice a difference. Groups that declare nothing are never heard, so no order of
theirs matters; they get what priorities are left, since each group of the account needs one.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.decide.facts import rank
from engine.decide.sync import required
from engine.errors import QuestionError
from engine.model import Resolution
from engine.review.contests import contests, resolving_by_priority
from engine.review.ordering import Ordering, affected, best
from engine.review.population import shares
from engine.review.targets import find, unknown
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from engine.model import Account, Group, PolicySet


class Source(StrEnum):
    """Where the order comes from."""

    DECLARED = "declared"
    """The priorities that the set declares already."""
    GIVEN = "given"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An account's move to `group_priority`: `old` is the set, `new` as it would be.

    `order` are the groups that declare something, the highest priority first, `idle` the others
    in the order of their priorities. `affected` counts the people who notice a difference,
    `fewest` those of the best order; `people` are all of the account, `members` those by group.
    """

    account: Account
    source: Source
    order: tuple[str, ...]
    idle: tuple[str, ...]
    affected: int
    fewest: Ordering
    people: int
    members: Mapping[str, int]
    old: PolicySet
    new: PolicySet


def move(
    policies: PolicySet,
    account: Account,
    *,
    order: Sequence[str] | None = None,
    propose: bool = False,
    toggles: Collection[str] | None = None,
) -> Move:
    """Return the move of an account; `toggles` limits what counts as a difference.

    Raises QuestionError for an account that has moved, and for an order that is none, and
    UnknownTargetError for a group that is not there.
    """
    if account.group_resolution is Resolution.GROUP_PRIORITY:
        raise QuestionError(
            f"the account `{account.id}` resolves by group_priority already",
            hint="what other priorities would change is for `calsync diff` to say",
        )
    asked = sorted(policies.toggles if toggles is None else toggles)
    counting = declaring(policies, account.id, asked)
    if order is not None:
        _check(order, policies, account.id, counting)
    people = [share for share in shares(policies) if share.user.account == account.id]
    found = contests(policies, account.id, people, asked)
    fewest = best(counting, found)
    if order is not None:
        source, named = Source.GIVEN, tuple(order)
    elif not propose and counting and _is_ordered(policies, account.id, counting):
        source, named = Source.DECLARED, tuple(counting)
    else:
        source, named = Source.PROPOSED, fewest.groups
    priorities = _priorities(policies, account.id, named, keep=source is Source.DECLARED)
    counted = set(counting)
    members = dict.fromkeys(priorities, 0)
    for user, ids in people:
        for group in user.groups:
            members[group] += len(ids)
    return Move(
        account=account,
        source=source,
        order=tuple(group for group in named if group in counted),
        idle=tuple(group for group in _ranked(priorities) if group not in counted),
        affected=affected(named, found),
        fewest=fewest,
        people=sum(len(share.ids) for share in people),
        members=members,
        old=policies,
        new=resolving_by_priority(policies, account.id, priorities),
    )


def _ranked(priorities: Mapping[str, int]) -> list[str]:
    return sorted(priorities, key=priorities.__getitem__)


def the_account(policies: PolicySet, name: str | None) -> Account:
    """Return the account that is meant: the one named, or the only one."""
    if name is None and len(policies.accounts) > 1:
        names = ", ".join(f"`--in {one}`" for one in sorted(policies.accounts))
        raise QuestionError("there are several accounts", hint=f"add one of {names}")
    found: Account = find(policies, "account", account=name)  # type: ignore[assignment]  # the word says so
    return found


def groups_of(policies: PolicySet, account: str) -> list[Group]:
    """Return the groups of an account, by their priority, those without one last, then by id."""
    found = (group for (owner, _), group in policies.groups.items() if owner == account)
    return sorted(found, key=rank)


def declaring(policies: PolicySet, account: str, toggles: Iterable[str]) -> list[str]:
    """Return the groups that declare one of the toggles, or what they require."""
    needed = {*toggles}.union(*(required(policies.toggles, key) for key in toggles))
    return [group.id for group in groups_of(policies, account) if needed & group.settings.keys()]


def _check(
    order: Sequence[str], policies: PolicySet, account: str, counting: Sequence[str]
) -> None:
    """Raise an error for an order that leaves a question open."""
    for name, times in Counter(order).items():
        if (account, name) not in policies.groups:
            raise unknown("group", name, {one.id for one in groups_of(policies, account)})
        if times > 1:
            message = f"the group `{name}` stands twice in --order"
            raise QuestionError(message, hint="name each group once, the highest priority first")
    missing = [name for name in counting if name not in set(order)]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        declare = "which declares a setting" if len(missing) == 1 else "which declare settings"
        raise QuestionError(
            f"--order does not name {names}, {declare}",
            hint="name every group that declares something, the highest priority first",
        )


def _is_ordered(policies: PolicySet, account: str, counting: Sequence[str]) -> bool:
    """Tell whether each group that counts declares a priority, and no two the same."""
    found = [policies.groups[account, name].priority for name in counting]
    return None not in found and len(set(found)) == len(found)


def _priorities(
    policies: PolicySet, account: str, order: Sequence[str], *, keep: bool
) -> dict[str, int]:
    """Return a priority for every group of an account, each its own.

    Those of `order` keep what they have, or are counted from 1. The others keep what nobody
    else has, and follow where they have none.
    """
    groups = {group.id: group for group in groups_of(policies, account)}
    found: dict[str, int] = {}
    for number, name in enumerate(order, 1):
        found[name] = (groups[name].priority if keep else None) or number
    taken = set(found.values())
    last = max((*taken, *(group.priority or 0 for group in groups.values())), default=0)
    for name, group in groups.items():
        if name in found:
            continue
        priority = group.priority
        if priority is None or priority in taken:
            last += 1
            priority = last
        found[name] = priority
        taken.add(priority)
    return found
