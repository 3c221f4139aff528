"""An explained decision for the phone: the answer, why, what lost, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.decide.trace import Why
from engine.model import Scope, SyncReason, User
from engine.report.screen import Screen, plain
from engine.review.explanation import on_or_off
from engine.review.targets import toggle_name

if TYPE_CHECKING:
    from engine.review.explanation import Explanation, TierRow

_EVENTS: Final = {
    SyncReason.TOGGLE_DISABLED: "none: the switch is off",
    SyncReason.REQUIRED_TOGGLE_DISABLED: "none: it needs {blocking}, which is off for them",
    SyncReason.NO_CALENDAR: "none: they have no calendar connected",
    SyncReason.UNSUPPORTED_CALENDAR: "none: none of their calendars is supported ({calendars})",
    SyncReason.ACTIVE: "flow between {targets}",
}
_LABEL: Final = 9


def render(explained: Explanation, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    blocks = [_answer(explained, screen), _reasons(explained, screen)]
    blocks.append(asked(explained, screen))
    blocks.append(_to_do(explained, screen))
    return "\n\n".join(blocks) + "\n"


def _answer(explained: Explanation, screen: Screen) -> str:
    decision, target = explained.decision, explained.target
    title = toggle_name(explained.toggle)
    whom = target.id if isinstance(target, User) else _titled(explained)
    known = f"{target.name} ({whom})" if isinstance(target, User) and target.name else whom
    lock = ", and locked" if decision.locked else ""
    sentence = plain(f"{title} is {on_or_off(decision.state)} for {known}{lock}.")
    if decision.state == "enabled" and decision.sync is False:
        sentence += " But no events flow."
    return screen.paint(screen.wrap(sentence), bold=True)


def _titled(explained: Explanation) -> str:
    target = explained.target
    word = (
        "the account"
        if explained.change.scope is Scope.ACCOUNT and not hasattr(target, "account")
        else "the group"
    )
    return f"{word} {target.name or target.id}"


def _labelled(screen: Screen, label: str, text: str) -> str:
    first = f"{label}:".ljust(_LABEL)
    folded = screen.wrap(plain(text), first=first)
    return screen.paint(folded[:_LABEL], dim=True) + folded[_LABEL:]


def _reasons(explained: Explanation, screen: Screen) -> str:
    deciding = explained.deciding
    why = deciding.text.removesuffix(": this decides")
    lines = [
        _labelled(screen, "Why", f"{why}." if not deciding.note else f"{why} ({deciding.note}).")
    ]
    if deciding.location:
        lines.append(_labelled(screen, "Where", str(deciding.location)))
    lines += [
        _labelled(screen, "Kept", f"{tier.text}.")
        for tier in explained.tiers
        if tier.scope is Scope.USER and tier.applies and explained.decision.locked
    ]
    flowing = events(explained)
    if flowing:
        lines.append(_labelled(screen, "Events", flowing))
    lines += [_labelled(screen, "Note", note) for note in explained.notes]
    return "\n".join(lines)


def events(explained: Explanation) -> str | None:
    """Say between what events flow, or why they do not; None where that is no question."""
    reason = explained.decision.sync_reason
    if reason is None or not isinstance(explained.target, User):
        return None
    words = _EVENTS[reason].format(
        blocking=explained.blocking,
        calendars=", ".join(explained.target.calendars or ()),
        targets=", ".join(explained.targets or ()),
    )
    return f"{words}."


def asked(explained: Explanation, screen: Screen) -> str:
    """Return the tiers in the order in which they were asked, a heading above them."""
    heading = screen.wrap("Asked in this order, the first that applies decides:")
    lines = [screen.paint(heading, dim=True)]
    for number, tier in enumerate(explained.tiers, 1):
        lines.append(_tier(tier, number, screen))
    return "\n".join(lines)


def _tier(tier: TierRow, number: int, screen: Screen) -> str:
    decides = tier.why is Why.DECIDES
    mark = screen.sign("→", ">") if decides else " "
    note = f" ({tier.note})" if tier.note and tier.applies and not decides else ""
    label = f"{mark} {number}. {tier.reason.value}: "
    folded = screen.wrap(plain(f"{tier.text}{note}"), first=label, rest=" " * 5)
    if decides:
        return screen.paint(folded, bold=True)
    return screen.paint(folded, dim=True) if not tier.applies else folded


def _to_do(explained: Explanation, screen: Screen) -> str:
    change = explained.change
    message = change.message[0].upper() + change.message[1:]
    lines = [_labelled(screen, "To do", f"{message}.")]
    if change.portal:
        arrow = screen.sign(" \u203a ", " > ")
        lines.append(_labelled(screen, "Portal", arrow.join(change.portal)))
    return "\n".join(lines)
