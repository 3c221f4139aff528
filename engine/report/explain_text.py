"""An explained decision for the phone: the answer, why, what lost, and what to do."""

from __future__ import annotations

from engine.decide.trace import Why
from engine.model import Reason, Scope, SyncReason, User
from engine.report.screen import Screen, plain
from engine.review.explanation import DISAGREES, on_or_off
from engine.review.targets import toggle_name
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.review.explanation import Explanation, TierRow

_EVENTS: Final = {
    SyncReason.TOGGLE_DISABLED: "none: the switch is off",
    SyncReason.REQUIRED_TOGGLE_DISABLED: "none: it needs {blocking}, which is off for them",
    SyncReason.NO_CALENDAR: "none: they have no calendar connected",
    SyncReason.UNSUPPORTED_CALENDAR: "none: none of their calendars is supported ({calendars})",
    SyncReason.ACTIVE: "flow between {targets}",
}
_PLACES: Final = {
    "web_portal": "the web portal",
    "client": "the client",
    "google": "Google Calendar",
    "office365": "Office 365",
    "exchange": "Exchange",
    "exchange_on_premises": "Exchange on premises",
}
"""Where events flow to, in the words of people."""
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
    clash = _clash(explained)
    if clash:
        lines.append(_labelled(screen, "Clash", clash))
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
        blocking=toggle_name(explained.blocking) if explained.blocking else "",
        calendars=", ".join(_PLACES[calendar] for calendar in explained.target.calendars or ()),
        targets=_together(_PLACES[place] for place in explained.targets or ()),
    )
    untracked = reason is SyncReason.ACTIVE and explained.target.calendars is None
    return f"{words}; their calendars are not tracked." if untracked else f"{words}."


def _together(parts: Iterable[str], word: str = "and") -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    *most, last = list(parts) or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def _clash(explained: Explanation) -> str | None:
    """Say which locks disagree with the one that decides, if any does (R4)."""
    decision = explained.decision
    if decision.reason is not Reason.GROUP_LOCK_CONFLICT:
        return None
    others = [
        tier.text.removesuffix(DISAGREES)
        for tier in explained.tiers
        if tier.reason is decision.reason and tier.applies and tier.state is not decision.state
    ]
    return (
        f"{_together(others)}. Where locks disagree, off counts until one of them goes;"
        " `calsync validate` reports it as an error."
    )


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


def _advice(explained: Explanation) -> str | None:
    """Say what lets events flow where the switch is on and they don't (R6)."""
    decision, blocking = explained.decision, explained.blocking
    if blocking:
        from shlex import quote

        words = ["calsync", "explain", str(decision.user), "--toggle", blocking.key]
        command = " ".join(quote(word) for word in words)
        return f"Turn on {toggle_name(blocking)}: `{command}` says where."
    if decision.sync_reason in {SyncReason.NO_CALENDAR, SyncReason.UNSUPPORTED_CALENDAR}:
        supported = explained.toggle.supported_calendars or ()
        names = _together((_PLACES[calendar] for calendar in supported), "or")
        return f"Connect a calendar that is supported: {names}."
    return None


def _to_do(explained: Explanation, screen: Screen) -> str:
    change = explained.change
    message = change.message[0].upper() + change.message[1:]
    first = _advice(explained)
    lines = [_labelled(screen, "To do", f"{first} {message}." if first else f"{message}.")]
    if change.portal:
        arrow = screen.sign(" \u203a ", " > ")
        lines.append(_labelled(screen, "Portal", arrow.join(change.portal)))
    return "\n".join(lines)
