"""R6: whether calendar events really flow for a user, why not, and between which targets."""

from __future__ import annotations

from engine.model import State, SyncReason
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.model import Toggle, User

ALWAYS_TARGETS: Final = ("web_portal", "client")


def required(toggles: Mapping[str, Toggle], toggle: str) -> Iterator[str]:
    """Yield the toggles that `toggle` requires, through any depth, each once.

    A toggle that does not exist is passed over, and so is one that was visited already.
    """
    seen = {toggle}
    ahead = [toggle]
    while ahead:
        for key in toggles[ahead.pop()].requires:
            if key in toggles and key not in seen:
                seen.add(key)
                ahead.append(key)
                yield key


def sync_of(
    toggles: Mapping[str, Toggle], user: User, toggle: str, state_of: Callable[[str], State]
) -> tuple[bool, SyncReason] | tuple[None, None]:
    """Return `sync` and `sync_reason`, both None for a toggle that is no sync toggle.

    `state_of` gives the user's effective state of a toggle.
    """
    supported = toggles[toggle].supported_calendars
    if supported is None:
        return None, None
    if state_of(toggle) is State.DISABLED:
        return False, SyncReason.TOGGLE_DISABLED
    if any(state_of(key) is State.DISABLED for key in required(toggles, toggle)):
        return False, SyncReason.REQUIRED_TOGGLE_DISABLED
    if user.calendars is None:
        return True, SyncReason.ACTIVE
    if not user.calendars:
        return False, SyncReason.NO_CALENDAR
    if not set(supported).intersection(user.calendars):
        return False, SyncReason.UNSUPPORTED_CALENDAR
    return True, SyncReason.ACTIVE


def targets_of(
    toggles: Mapping[str, Toggle], user: User, toggle: str, *, sync: bool | None
) -> tuple[str, ...] | None:
    """Return between what events flow: empty while they do not, None for no sync toggle."""
    supported = toggles[toggle].supported_calendars
    if supported is None or sync is None:
        return None
    if not sync:
        return ()
    own = user.calendars or ()
    return (*ALWAYS_TARGETS, *(calendar for calendar in supported if calendar in own))
