"""Decisions: for one user, for a group or account itself (R10), and for everybody."""

from __future__ import annotations

from engine.decide.facts import (
    facts_of,
    facts_of_account,
    facts_of_group,
    first_tier,
    primary_of,
    tiers_of,
)
from engine.decide.sync import sync_of
from engine.decide.tiers import OWN_ACCOUNT, OWN_GROUP
from engine.model import Decision, Scope, State
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from engine.decide.facts import Facts
    from engine.decide.tiers import Tier
    from engine.model import Group, PolicySet, User


def decide(policies: PolicySet, user: User, toggle: str) -> Decision:
    """Decide one toggle for one user by R4 or R5, and whether events flow by R6.

    Raises LookupError for a toggle that the catalogue does not have.
    """
    tier, said = first_tier(tiers_of(policies, user), facts_of(policies, user, toggle))
    sync, sync_reason = sync_of(
        policies.toggles, user, toggle, lambda key: state_of(policies, user, key)
    )
    return Decision(
        user.account,
        user.id,
        toggle,
        said.setting.state,
        said.setting.locked,
        tier.reason,
        tier.voice.scope,
        said.id,
        sync,
        sync_reason,
    )


def state_of(policies: PolicySet, user: User, toggle: str) -> State:
    """Return a toggle's effective state for a user, without its reason."""
    return first_tier(tiers_of(policies, user), facts_of(policies, user, toggle))[1].setting.state


def decide_group(policies: PolicySet, group: Group, toggle: str) -> Decision:
    """Return a group's own decision (R10): what its members would get from it."""
    return _own(group.account, toggle, OWN_GROUP, facts_of_group(policies, group, toggle))


def decide_account(policies: PolicySet, account: str, toggle: str) -> Decision:
    """Return an account's own decision (R10)."""
    return _own(account, toggle, OWN_ACCOUNT, facts_of_account(policies, account, toggle))


def _own(account: str, toggle: str, tiers: Iterable[Tier], facts: Facts) -> Decision:
    tier, said = first_tier(tiers, facts)
    return Decision(
        account,
        None,
        toggle,
        said.setting.state,
        said.setting.locked,
        tier.reason,
        tier.voice.scope,
        said.id,
        None,
        None,
    )


def profile(user: User) -> Hashable:
    """Return what decisions depend on: users of one profile differ in nothing but their id."""
    return (
        user.account,
        frozenset(user.groups),
        primary_of(user),
        frozenset((key, setting.state) for key, setting in user.settings.items()),
        None if user.calendars is None else frozenset(user.calendars),
    )


def decide_all(
    policies: PolicySet,
    toggles: Sequence[str],
    users: Iterable[User] | None = None,
    *,
    as_they_come: bool = False,
) -> Iterator[Decision]:
    """Yield the decision rows of `users` (default: all), ordered by account, user and toggle.

    Each distinct profile is decided once. With `as_they_come`, users stay in their order.
    """
    known: dict[Hashable, list[Decision]] = {}
    asked = policies.users.values() if users is None else users
    keys = sorted(toggles)
    for user in asked if as_they_come else sorted(asked, key=lambda u: (u.account, u.id)):
        key = profile(user)
        rows = known.get(key)
        if rows is None:
            rows = known[key] = [decide(policies, user, toggle) for toggle in keys]
        for row in rows:
            yield for_user(row, user.id)


def for_user(row: Decision, user: str) -> Decision:
    """Return the row that another user of the same profile gets."""
    if row.user == user:
        return row
    own = row.source_scope is Scope.USER
    return row._replace(user=user, source_id=user if own else row.source_id)
