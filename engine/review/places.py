"""Where in the files something is declared."""

from __future__ import annotations

from engine.model import Scope
from engine.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.model import Account, Group, Location, PolicySet, Toggle, User


class SettingKey(NamedTuple):
    """Which setting: its scope, the account, the scope's id, and the toggle."""

    scope: Scope
    account: str
    id: str
    toggle: str


def entity_at(
    policies: PolicySet, scope: Scope, account: str, scope_id: str
) -> Account | Group | User | None:
    """Return the account, group or user that a scope and an id name, if it exists."""
    if scope is Scope.ACCOUNT:
        return policies.accounts.get(scope_id)
    if scope is Scope.GROUP:
        return policies.groups.get((account, scope_id))
    return policies.users.get(scope_id) if scope is Scope.USER else None


def setting_place(
    policies: PolicySet, scope: Scope, account: str, scope_id: str, toggle: str
) -> Location | None:
    """Return where a scope declares a toggle (its key); None for the catalogue, or nowhere."""
    entity = entity_at(policies, scope, account, scope_id)
    if entity is None or entity.origin is None or toggle not in entity.settings:
        return None
    return entity.origin.locate(("toggles", toggle), key=True)


def titled(policies: PolicySet, scope: Scope, account: str, scope_id: str) -> str:
    """Return a scope as a person would name it: `the group Legal`."""
    entity = entity_at(policies, scope, account, scope_id)
    if scope is Scope.CATALOGUE:
        return "the product's default"
    if scope is Scope.USER:
        return scope_id
    return f"the {scope.value} {(entity.name if entity else None) or scope_id}"


def menu(
    policies: PolicySet, toggle: Toggle, scope: Scope, account: str, scope_id: str
) -> tuple[str, ...] | None:
    """Return the menu words to a toggle's switch; None where the catalogue has none."""
    words = getattr(toggle.portal, scope.value, None)
    if toggle.portal is None or words is None:
        return None
    group = policies.groups.get((account, scope_id)) if scope is Scope.GROUP else None
    name = (group.name if group else None) or scope_id
    path = tuple(word.replace("{group}", name) for word in words)
    return (*path, toggle.portal.label) if toggle.portal.label else path
