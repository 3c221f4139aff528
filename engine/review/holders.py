"""Who holds what R8 asks for: owners, privileges by role, and a place among a group's admins."""

from __future__ import annotations

from engine.model import Privilege, Scope
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def whom_to_ask(policies: PolicySet, scope: Scope, account: str, scope_id: str) -> str:
    """Name whom to ask: the group's own admins first, then the privileged, else the owners."""
    privilege = privilege_for(scope)
    group = policies.groups.get((account, scope_id)) if scope is Scope.GROUP else None
    near = sorted(group.admins) if group else []
    privileged = sorted(with_privilege(policies, privilege) - set(near))
    if privileged:
        anyone = f"anyone with {privilege.value} ({listed(privileged)})"
        return f"{listed(near)} or {anyone}" if near else anyone
    if near:
        return listed(near)
    owners = f"an owner ({listed(policies.owners)})"
    return owners if policies.owners else f"somebody with {privilege.value}"


def listed(names: Sequence[str]) -> str:
    """List people, three at the most."""
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")
