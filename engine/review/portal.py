"""The web portal as the runbook sees it: switches, lock icons, group memberships.

A model, kept as simple as the product's help pages: what is locked above is greyed out, and a
switch that was ever set has no way back to "inherit".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine.decide.decisions import decide
from engine.model import NOTHING, PolicySet, Scope, Setting, User
from engine.review.places import entity_at
from engine.shapes import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.model import Account, Group


class Switch(NamedTuple):
    """One switch of the portal: whose it is, and for which toggle."""

    scope: Scope
    account: str
    id: str
    toggle: str


class Portal:
    """What the portal shows now: an old set that steps turn into the new one.

    `users` are those of the old set that anything is to be done for, by id.
    """

    def __init__(self, old: PolicySet, new: PolicySet, users: Mapping[str, User]) -> None:
        self._accounts = dict(old.accounts)
        self._groups = dict(old.groups)
        self._users = dict(users)
        self.policies = PolicySet(
            accounts=self._accounts,
            groups=self._groups,
            users=self._users,
            toggles={**old.toggles, **new.toggles},
        )

    def entity(self, scope: Scope, account: str, scope_id: str) -> Account | Group | User | None:
        """Return an entity as it is now."""
        return entity_at(self.policies, scope, account, scope_id)

    def setting(self, switch: Switch) -> Setting | None:
        """Return what a switch's scope declares now."""
        entity = self.entity(*switch[:3])
        return entity.settings.get(switch.toggle) if entity else None

    def is_greyed_out(self, switch: Switch) -> bool:
        """Tell whether a switch is locked above, so that nobody can click it there."""
        if switch.scope is Scope.GROUP:
            above = self._accounts.get(switch.account)
            found = above.settings.get(switch.toggle) if above else None
            return found is not None and found.locked
        user = self._users.get(switch.id) if switch.scope is Scope.USER else None
        return user is not None and decide(self.policies, user, switch.toggle).locked

    def put(self, scope: Scope, account: str, scope_id: str, entity: Any) -> None:
        """Let an entity come, or with None go."""
        home, key = self._home(scope, account, scope_id)
        if entity is None:
            home.pop(key, None)
        else:
            home[key] = entity

    def change(self, scope: Scope, account: str, scope_id: str, /, **fields: Any) -> None:
        """Change fields of an entity."""
        home, key = self._home(scope, account, scope_id)
        home[key] = replace(home[key], **fields)

    def declare(self, switch: Switch, setting: Setting | None) -> None:
        """Change one setting, or with None take it away."""
        home, key = self._home(*switch[:3])
        settings = {name: s for name, s in home[key].settings.items() if name != switch.toggle}
        if setting is not None:
            settings[switch.toggle] = setting
        home[key] = replace(home[key], settings=settings or NOTHING)

    def _home(self, scope: Scope, account: str, scope_id: str) -> tuple[dict[Any, Any], Any]:
        if scope is Scope.GROUP:
            return self._groups, (account, scope_id)
        return (self._accounts if scope is Scope.ACCOUNT else self._users), scope_id
