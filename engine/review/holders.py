"""Who holds what R8 asks for: owners, privileges by role, and a place among a group's admins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model import Privilege, Scope

if TYPE_CHECKING:
    from engine.model import PolicySet


def with_privilege(policies: PolicySet, privilege: Privilege) -> set[str]:
    """Return those whom a role gives a privilege."""
    return {
        member for role in policies.roles if privilege in role.privileges for member in role.members
    }


def who_may_edit(policies: PolicySet, scope: Scope, account: str, scope_id: str) -> tuple[str, ...]:
    """Return, ordered, those who may change the settings of a scope (R8).

    A user's own settings are the user's and `User:Edit`'s; the account's and the catalogue's
    need `AccountSetting:Edit`.
    """
    found = set(policies.owners)
    if scope is Scope.GROUP:
        group = policies.groups.get((account, scope_id))
        found |= with_privilege(policies, Privilege.GROUP) | set(group.admins if group else ())
    elif scope is Scope.USER:
        found |= with_privilege(policies, Privilege.USER) | {scope_id}
    else:
        found |= with_privilege(policies, Privilege.ACCOUNT_SETTING)
    return tuple(sorted(found))


def privilege_for(scope: Scope) -> Privilege:
    """Return the privilege that lets somebody change the settings of a scope (R8)."""
    return {Scope.GROUP: Privilege.GROUP, Scope.USER: Privilege.USER}.get(
        scope, Privilege.ACCOUNT_SETTING
    )
