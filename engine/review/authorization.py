"""What `authorize` answers: a verdict per change, for one actor or for those of the commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.counts import agree, count
from engine.model import Scope
from engine.review.fields import entry_name
from engine.review.places import titled
from engine.shapes import dataclass

if TYPE_CHECKING:
    from engine.model import PolicySet
    from engine.review.authority import Verdict
    from engine.review.changes import DeclaredChange

_SCOPES = {"account": Scope.ACCOUNT, "group": Scope.GROUP, "user": Scope.USER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """Verdicts on the changes from `old` to `new`. `actor` is None where commits were judged."""

    actor: str | None
    verdicts: tuple[Verdict, ...]
    old: PolicySet
    new: PolicySet

    @property
    def refused(self) -> tuple[Verdict, ...]:
        """The verdicts that are no."""
        return tuple(verdict for verdict in self.verdicts if not verdict.allowed)

    @property
    def allowed(self) -> bool:
        """Whether every change is allowed."""
        return not self.refused

    def subject(self, change: DeclaredChange) -> str:
        """Return what a change is about, as a person would name it."""
        if change.scope_id is None:
            return "the roles"
        scope = _SCOPES.get(change.kind)
        if scope is None:
            return f"the {change.kind} {entry_name(change.kind, change.scope_id)}"
        policies = self.old if change.action == "removed" and change.is_whole else self.new
        return titled(policies, scope, str(change.account), change.scope_id)

    def summary(self) -> str:
        """Return the answer in one sentence."""
        number = len(self.verdicts)
        if not number:
            return "Nothing to judge: both sides declare the same."
        refused = len(self.refused)
        who = self.actor or ("its author" if max(refused, 1) == 1 else "their authors")
        if not refused:
            what = "the change" if number == 1 else f"all {count(number, 'change')}"
            return f"Allowed: {who} may make {what}." if self.actor else f"Allowed: {what}."
        told = f"{refused:,} of {count(number, 'change')} {agree(refused, 'is', 'are')}"
        return f"Refused: {told} not for {who} to make."
