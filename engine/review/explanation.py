"""An explained decision: the answer, every tier that was asked, and what can be done about it.

It carries data and sentences; how they are laid out is the renderers' business.
"""

from __future__ import annotations

from engine.decide.decisions import decide, decide_account, decide_group, state_of
from engine.decide.facts import tiers_of
from engine.decide.sync import required, targets_of
from engine.decide.tiers import PRIMARY_GROUP
from engine.decide.trace import Asked, Why, trace, trace_account, trace_group
from engine.model import Account, Group, Reason, Scope, State, SyncReason, User
from engine.review.holders import privilege_for, who_may_edit, whom_to_ask
from engine.review.places import entity_at, menu, setting_place
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from engine.model import Decision, Location, PolicySet, Privilege, Setting, Toggle
    from engine.review.targets import Target


DISAGREES: Final = "; where locks disagree, off counts"
"""How what is said of a lock ends that another one beats under `group_lock_conflict` (R4)."""


class TierRow(NamedTuple):
    """One tier as asked of one scope; the fields of `tiers` in JSON, in order."""

    reason: Reason
    scope: Scope
    id: str
    state: State | None
    locked: bool | None
    applies: bool
    why: Why
    text: str
    note: str | None
    location: Location | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Whether the target may change it themselves, where it is changed, and who can.

    `scope` and `scope_id` name where it must be changed: the target itself, or what locks it.
    `portal` are the menu words to the switch there, None where the catalogue has none.
    """

    allowed: bool
    message: str
    portal: tuple[str, ...] | None
    scope: Scope
    scope_id: str
    privilege: Privilege
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything there is to say about one decision.

    `blocking` is the required toggle that is off, where that is why events don't flow;
    `source` names the deciding scope as a person would.
    """

    target: Target
    toggle: Toggle
    decision: Decision
    tiers: tuple[TierRow, ...]
    change: Change
    targets: tuple[str, ...] | None
    blocking: Toggle | None
    source: str
    notes: tuple[str, ...]
    """The notes of the documents of the target and of the deciding scope."""

    @property
    def deciding(self) -> TierRow:
        """The tier that decides."""
        return next(row for row in self.tiers if row.why is Why.DECIDES)


def explain(policies: PolicySet, target: Target, toggle: Toggle) -> Explanation:
    """Explain a toggle for a user (R4, R5, R6), a group or an account (R10)."""
    return _Explainer(policies, target, toggle).explanation()


class _Explainer:
    def __init__(self, policies: PolicySet, target: Target, toggle: Toggle) -> None:
        self.policies = policies
        self.target = target
        self.toggle = toggle
        self.account = target.id if isinstance(target, Account) else target.account
        if isinstance(target, User):
            self.decision = decide(policies, target, toggle.key)
            self.asked = trace(policies, target, toggle.key)
        elif isinstance(target, Group):
            self.decision = decide_group(policies, target, toggle.key)
            self.asked = trace_group(policies, target, toggle.key)
        else:
            self.decision = decide_account(policies, target.id, toggle.key)
            self.asked = trace_account(policies, target.id, toggle.key)
        primary = isinstance(target, User) and tiers_of(policies, target) is PRIMARY_GROUP
        self.main_group = target.primary_group if primary and isinstance(target, User) else None
        self.winner = next(asked for asked in self.asked if asked.why is Why.DECIDES)

    def explanation(self) -> Explanation:
        decision = self.decision
        targets = None
        if isinstance(self.target, User):
            targets = targets_of(
                self.policies.toggles, self.target, self.toggle.key, sync=decision.sync
            )
        return Explanation(
            target=self.target,
            toggle=self.toggle,
            decision=decision,
            tiers=tuple(self._row(asked) for asked in self.asked),
            change=self._change(),
            targets=targets,
            blocking=self._blocking(),
            source=self._name(decision.source_scope, decision.source_id),
            notes=self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        source = entity_at(
            self.policies, self.decision.source_scope, self.account, self.decision.source_id
        )
        notes = (self.target.note, source.note if source else None)
        return tuple(dict.fromkeys(note for note in notes if note))

    def _blocking(self) -> Toggle | None:
        if self.decision.sync_reason is not SyncReason.REQUIRED_TOGGLE_DISABLED:
            return None
        assert isinstance(self.target, User)  # noqa: S101 - only users have a sync reason
        for key in sorted(required(self.policies.toggles, self.toggle.key)):
            if state_of(self.policies, self.target, key) is State.DISABLED:
                return self.policies.toggles[key]
        return None

    # -- names and tiers --------------------------------------------------------------------

    def _name(self, scope: Scope, scope_id: str) -> str:
        if scope is Scope.ACCOUNT:
            account = self.policies.accounts.get(scope_id)
            return f"the account {(account.name if account else None) or scope_id}"
        if scope is Scope.GROUP:
            group = self.policies.groups.get((self.account, scope_id))
            word = "their main group" if scope_id == self.main_group else "the group"
            return f"{word} {(group.name if group else None) or scope_id}"
        return "their own choice" if scope is Scope.USER else "the product's default"

    def _row(self, asked: Asked) -> TierRow:
        setting = asked.setting
        return TierRow(
            asked.reason,
            asked.scope,
            asked.id,
            setting.state if setting else None,
            setting.locked if setting else None,
            asked.applies,
            asked.why,
            self._text(asked),
            setting.note if setting else None,
            setting_place(self.policies, asked.scope, self.account, asked.id, self.toggle.key),
        )

    def _text(self, asked: Asked) -> str:
        who, setting = self._name(asked.scope, asked.id), asked.setting
        if setting is None:
            none = "they made no choice of their own"
            return none if asked.scope is Scope.USER else f"{who} says nothing about it"
        if asked.why is Why.NOT_LOCKED:
            return f"{who} does not lock it"
        said = self._said(asked, setting)
        if asked.why is Why.DECIDES:
            return f"{said}: this decides"
        winner = self._name(self.winner.scope, self.winner.id)
        if (asked.scope, asked.id) == (self.winner.scope, self.winner.id):
            return f"{said}, which has decided already"
        if asked.why is Why.LOWER_PRIORITY:
            return f"{said}, but another group of theirs has a higher priority"
        if asked.scope is Scope.USER and self.decision.locked:
            return f"{said}; it is kept, and counts again when {winner} no longer locks"
        disagrees = setting.state is not self.decision.state
        if asked.reason is Reason.GROUP_LOCK_CONFLICT and disagrees:
            return f"{said}{DISAGREES}"
        return f"{said}, but {winner} comes first"

    def _said(self, asked: Asked, setting: Setting) -> str:
        word = on_or_off(setting.state)
        if asked.scope in {Scope.USER, Scope.CATALOGUE}:
            return f"{self._name(asked.scope, asked.id)} is {word}"
        verb = "locks it" if setting.locked else "says"
        return f"{self._name(asked.scope, asked.id)} {verb} {word}"

    # -- what can be done -------------------------------------------------------------------

    def _change(self) -> Change:
        scope, scope_id = self._where()
        own = _own_scope(self.target)
        holders = who_may_edit(self.policies, scope, self.account, scope_id)
        people = whom_to_ask(self.policies, scope, self.account, scope_id)
        privilege = privilege_for(scope)
        if (scope, scope_id) == own and scope is Scope.USER:
            message = "they can change the switch themselves"
            allowed = True
        elif (scope, scope_id) == own:
            message = f"it can be changed here by {people}"
            allowed = True
        else:
            name = self._name(scope, scope_id)
            message = (
                f"the switch is greyed out: {name} has locked it; to change it there, ask {people}"
            )
            allowed = False
        return Change(
            allowed=allowed,
            message=message,
            portal=menu(self.policies, self.toggle, scope, self.account, scope_id),
            scope=scope,
            scope_id=scope_id,
            privilege=privilege,
            holders=holders,
        )

    def _where(self) -> tuple[Scope, str]:
        """Return where it must be changed: at what locks it from above, else at the target."""
        decision, own = self.decision, _own_scope(self.target)
        if decision.locked and (decision.source_scope, decision.source_id) != own:
            return decision.source_scope, decision.source_id
        return own


def _own_scope(target: Target) -> tuple[Scope, str]:
    if isinstance(target, User):
        return Scope.USER, target.id
    return (Scope.GROUP if isinstance(target, Group) else Scope.ACCOUNT), target.id


def on_or_off(state: State) -> str:
    """Return a state in the words that people use on the phone."""
    return "on" if state is State.ENABLED else "off"
