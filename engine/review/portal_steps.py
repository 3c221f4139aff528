"""A runbook's steps: what each changes, who must sign in, where to click, and the words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine.decide.decisions import decide, decide_account, decide_group
from engine.model import Group, Privilege, Scope, State, User
from engine.review.authority import Because
from engine.review.holders import who_may_edit, whom_to_ask
from engine.review.places import entity_at, menu, titled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.model import PolicySet, Setting
    from engine.review.portal import Portal, Switch


class Step(NamedTuple):
    """One step. `needs` are what would do to sign in for it, and `sign_in` the same in words.

    Nobody has to where they are empty. `path` are the menu words to the switch, empty where the
    catalogue has none. `field` and `value` say what changes: see `engine.review.runbook`.
    """

    number: int
    needs: tuple[str, ...]
    scope: Scope
    id: str
    toggle: str | None
    path: tuple[str, ...]
    action: str
    field: str
    value: Any
    text: str
    account: str
    sign_in: str = ""


_OWNER, _ADMIN, _SELF = Because.OWNER.value, Because.GROUP_ADMIN.value, Because.SELF.value
_TO_SWITCH = {
    Scope.ACCOUNT: (_OWNER, Privilege.ACCOUNT_SETTING.value),
    Scope.GROUP: (_OWNER, Privilege.GROUP.value, _ADMIN),
    Scope.USER: (_SELF,),
}
_TO_MOVE = (_OWNER, Privilege.USER.value, Privilege.GROUP.value, _ADMIN)
_FIELDS = {
    "group_resolution": "resolve groups by",
    "priority": "give it the priority",
    "account": "move them to the account",
    "calendars": "their calendars are now",
}


class Wording:
    """Makes steps of what changes. `portal` is the model as it stands before each step."""

    def __init__(self, old: PolicySet, new: PolicySet, portal: Portal) -> None:
        self.old = old
        self.new = new
        self.portal = portal

    # -- switches -------------------------------------------------------------------------------

    def switch(self, switch: Switch, action: str, after: Setting) -> Step:
        """Return the step that sets, locks or unlocks a switch, which shows `after` then."""
        word, name = _on(after.state), self._label(switch.toggle)
        change: tuple[str, Any] = ("locked", after.locked)
        if action == "set":
            dialog = "Enable" if after.state is State.ENABLED else "Disable"
            text = f"switch {name} {word}; if a dialog asks, click {dialog}"
            change = ("state", after.state.value)
        elif action == "lock":
            text = f"click the lock icon beside {name}, then click Lock"
        else:
            text = f"click the lock icon beside {name} to take the lock away"
        if switch.scope is Scope.USER:
            text = f"ask {switch.id} to sign in and {text}; it must show {word}"
        else:
            shows = f"{word} and {'locked' if after.locked else 'not locked'}"
            text = f"{text}; it must show {shows}"
        return self._step(switch, action, change, text)

    def withdrawn(self, switch: Switch) -> Step:
        """Return the step that tells of a setting that goes: a switch cannot inherit again."""
        now = self.portal.setting(switch)
        name, word = self._label(switch.toggle), _on(self._inherited(switch))
        way = f"the portal has no way back to inheriting {name}"
        if now is None or _on(now.state) == word:
            rest = f"it stays {word}, as it would be now, and no longer follows what is above"
        else:
            rest = f"switch it {word}, as it would be now; it no longer follows what is above"
        if switch.scope is Scope.USER:
            text = f"tell {switch.id} that their own choice is withdrawn: {way}; {rest}"
        else:
            text = f"{way} for {titled(self.new, *switch[:3])}: {rest}"
        return self._step(switch, "tell", ("setting", None), text)

    def greyed_out(self, switch: Switch, goal: Setting | None) -> Iterator[Step]:
        """Yield the steps that tell of a switch that nobody can click while it is locked above."""
        if goal is None:
            yield self.withdrawn(switch)
            return
        now = self.portal.setting(switch)
        name, who = self._label(switch.toggle), titled(self.new, *switch[:3])
        later = f"{name} is greyed out for {who} while {self._above(switch)} locks it"
        if now is None or now.state is not goal.state:
            text = f"{later}: when that lock goes, switch it {_on(goal.state)}"
            yield self._step(switch, "tell", ("state", goal.state.value), text)
        if switch.scope is not Scope.USER and (now.locked if now else False) is not goal.locked:
            verb = "lock" if goal.locked else "unlock"
            text = f"{later}: when that lock goes, {verb} it here"
            yield self._step(switch, "tell", ("locked", goal.locked), text)

    def _step(self, switch: Switch, action: str, change: tuple[str, Any], text: str) -> Step:
        scope, account, scope_id, toggle = switch
        needs = () if action == "tell" else _TO_SWITCH[scope]
        sign_in = self._whom(scope, account, scope_id) if needs else ""
        if needs == (_SELF,):
            sign_in = scope_id
        path = menu(self.new, self.portal.policies.toggles[toggle], scope, account, scope_id)
        changed = (action, *change, text, account, sign_in)
        return Step(0, needs, scope, scope_id, toggle, path or (), *changed)

    def _whom(self, scope: Scope, account: str, scope_id: str) -> str:
        """Name who can sign in: as in R8 those of the old set, the new one's where it has none."""
        is_held = who_may_edit(self.old, scope, account, scope_id)
        return whom_to_ask(self.old if is_held else self.new, scope, account, scope_id)

    def _label(self, toggle: str) -> str:
        entry = self.portal.policies.toggles[toggle]
        label = entry.portal.label if entry.portal else None
        return f"“{label or entry.title or toggle}”"

    def _inherited(self, switch: Switch) -> State:
        """Return the state that a scope has in the new set, without a setting of its own."""
        policies = self.new if switch.toggle in self.new.toggles else self.portal.policies
        entity = entity_at(self.new, *switch[:3])
        if isinstance(entity, User):
            return decide(policies, entity, switch.toggle).state
        if isinstance(entity, Group):
            return decide_group(policies, entity, switch.toggle).state
        return decide_account(policies, switch.account, switch.toggle).state

    def _above(self, switch: Switch) -> str:
        """Name the scope that locks a switch now."""
        user = self.portal.entity(*switch[:3])
        if isinstance(user, User):
            row = decide(self.portal.policies, user, switch.toggle)
            return titled(self.portal.policies, row.source_scope, user.account, row.source_id)
        return titled(self.portal.policies, Scope.ACCOUNT, switch.account, switch.account)

    # -- memberships ----------------------------------------------------------------------------

    def member(
        self, user: User, groups: tuple[str, ...], *, joined: str | None, left: str | None
    ) -> Step:
        """Return the step after which the user is in `groups`, having joined or left one."""
        group = joined or left or ""
        name = titled(self.portal.policies, Scope.GROUP, user.account, group)
        text = f"add {user.id} to {name}" if joined else f"remove {user.id} from {name}"
        return self._moved(user, group, "groups", list(groups), text)

    def primary(self, user: User, group: str | None) -> Step:
        """Return the step that makes a group the user's primary one."""
        if group is None:
            text = f"{user.id} has no primary group any more"
        else:
            name = titled(self.portal.policies, Scope.GROUP, user.account, group)
            text = f"make {name} the primary group of {user.id}"
        return self._moved(user, group, "primary_group", group, text)

    def _moved(self, user: User, group: str | None, field: str, value: Any, text: str) -> Step:
        """Return a membership's step; the way to a group begins that to its switches."""
        path: tuple[str, ...] = ()
        for toggle in self.portal.policies.toggles.values():
            words = toggle.portal.group if toggle.portal else None
            if group is not None and words and "{group}" in words:
                path = words[: words.index("{group}") + 1]
                entity = self.portal.entity(Scope.GROUP, user.account, group)
                name = (entity.name if entity else None) or group
                path = tuple(word.replace("{group}", name) for word in path)
                break
        sign_in = self._whom(Scope.GROUP, user.account, group or "")
        changed = ("member", field, value, text, user.account, sign_in)
        return Step(0, _TO_MOVE, Scope.USER, user.id, None, path, *changed)

    # -- what the runbook only tells --------------------------------------------------------------

    def comes(self, scope: Scope, account: str, scope_id: str, name: str | None) -> Step:
        """Return the step that tells of an account, group or user to be added."""
        known = f"{name} ({scope_id})" if name else scope_id
        text = f"add the {scope.value} {known}"
        return self._told(scope, account, scope_id, "exists", value=True, text=text)

    def goes(self, scope: Scope, account: str, scope_id: str) -> Step:
        """Return the step that tells of an account, group or user to be removed."""
        name = titled(self.portal.policies, scope, account, scope_id)
        return self._told(scope, account, scope_id, "exists", value=False, text=f"remove {name}")

    def field(self, scope: Scope, account: str, scope_id: str, field: str, value: Any) -> Step:
        """Return the step that tells of another field that decisions depend on."""
        name = titled(self.new, scope, account, scope_id)
        shown = ", ".join(value) if isinstance(value, list) else value
        said = "none" if shown == "" else "not tracked" if shown is None else shown
        text = f"{name}: {_FIELDS[field]} {said}"
        return self._told(scope, account, scope_id, field, value=value, text=text)

    def _told(
        self, scope: Scope, account: str, scope_id: str, field: str, *, value: Any, text: str
    ) -> Step:
        return Step(0, (), scope, scope_id, None, (), "tell", field, value, text, account)


def _on(state: State) -> str:
    return "on" if state is State.ENABLED else "off"
