"""The law as data: R4, R5 and R10, each an ordered table of tiers. The first that applies decides.

Nobody writes this order a second time: the interpreter for one user, its trace and the
expression for a whole population all read these tables.
"""

from __future__ import annotations

from enum import StrEnum

from engine.model import Reason, Resolution, Scope
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Voice(StrEnum):
    """Who is heard at a tier."""

    ACCOUNT = "account"
    PRIMARY_GROUP = "primary_group"
    AGREEING_GROUPS = "agreeing_groups"
    """The user's other groups that lock, while all lock one state: the smallest id speaks."""
    DISAGREEING_GROUPS = "disagreeing_groups"
    """The same while they lock both states: the smallest id that locks `disabled` speaks."""
    MANAGING_GROUP = "managing_group"
    """Of the user's groups that declare the toggle, the one with the smallest priority (R5)."""
    OWN_GROUP = "own_group"
    """The group whose own decision is asked for (R10)."""
    USER = "user"
    CATALOGUE = "catalogue"

    @property
    def scope(self) -> Scope:
        """The scope that a decision names as its source."""
        return _SCOPES.get(self, Scope.GROUP)


_SCOPES: Final = {
    Voice.ACCOUNT: Scope.ACCOUNT,
    Voice.USER: Scope.USER,
    Voice.CATALOGUE: Scope.CATALOGUE,
}


class Tier(NamedTuple):
    """One row: it applies when `voice` declares the toggle, with `must_lock` when it locks it.

    State and lock are those of what the voice declares.
    """

    reason: Reason
    voice: Voice
    must_lock: bool = False


_ACCOUNT_LOCK: Final = Tier(Reason.ACCOUNT_LOCK, Voice.ACCOUNT, must_lock=True)
_ACCOUNT: Final = Tier(Reason.ACCOUNT, Voice.ACCOUNT)
_DEFAULT: Final = Tier(Reason.DEFAULT, Voice.CATALOGUE)
_USER_CHOICE: Final = Tier(Reason.USER_CHOICE, Voice.USER)

PRIMARY_GROUP: Final = (
    _ACCOUNT_LOCK,
    Tier(Reason.PRIMARY_GROUP_LOCK, Voice.PRIMARY_GROUP, must_lock=True),
    Tier(Reason.GROUP_LOCK, Voice.AGREEING_GROUPS, must_lock=True),
    Tier(Reason.GROUP_LOCK_CONFLICT, Voice.DISAGREEING_GROUPS, must_lock=True),
    _USER_CHOICE,
    Tier(Reason.PRIMARY_GROUP, Voice.PRIMARY_GROUP),
    _ACCOUNT,
    _DEFAULT,
)
"""R4."""

GROUP_PRIORITY: Final = (
    _ACCOUNT_LOCK,
    Tier(Reason.GROUP_LOCK, Voice.MANAGING_GROUP, must_lock=True),
    _USER_CHOICE,
    Tier(Reason.GROUP, Voice.MANAGING_GROUP),
    _ACCOUNT,
    _DEFAULT,
)
"""R5."""

TIERS: Final[Mapping[Resolution, tuple[Tier, ...]]] = {
    Resolution.PRIMARY_GROUP: PRIMARY_GROUP,
    Resolution.GROUP_PRIORITY: GROUP_PRIORITY,
}

OWN_GROUP: Final = (_ACCOUNT_LOCK, Tier(Reason.GROUP, Voice.OWN_GROUP), _ACCOUNT, _DEFAULT)
"""R10 for a group."""

OWN_ACCOUNT: Final = (_ACCOUNT_LOCK, _ACCOUNT, _DEFAULT)
"""R10 for an account."""
