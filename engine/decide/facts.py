"""The facts of one user and one toggle: what each voice of the tier tables declares.

The facts are also defined for the half-way sets of a diff's causes (SPEC §4): a group that
does not exist declares nothing, a group without a priority comes last, ties go to the
smaller id, a primary group that is not among the groups declares nothing, and an account
that does not exist declares nothing and resolves by `primary_group`.
"""

from __future__ import annotations

from engine.decide.tiers import TIERS, Tier, Voice
from engine.model import Resolution, Setting, State
from engine.typed import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.model import Group, PolicySet, User


class Said(NamedTuple):
    """What one voice declares: the id of its scope, and the setting."""

    id: str
    setting: Setting


Facts: TypeAlias = "Mapping[Voice, Said]"
"""What each voice declares; a voice that declares nothing is left out."""

_LAST: Final = float("inf")


def rank(group: Group) -> tuple[float, str]:
    """Order groups as R5 does: by priority, those without one last, then by id."""
    return (_LAST if group.priority is None else group.priority, group.id)


def resolution(policies: PolicySet, account: str) -> Resolution:
    """Return how an account resolves what groups say."""
    found = policies.accounts.get(account)
    return found.group_resolution if found else Resolution.PRIMARY_GROUP


def tiers_of(policies: PolicySet, user: User) -> tuple[Tier, ...]:
    """Return the table that decides for a user: R4's or R5's."""
    return TIERS[resolution(policies, user.account)]


def groups_of(policies: PolicySet, user: User) -> list[Group]:
    """Return the user's groups that exist, in the order of joining, each once."""
    found = (policies.groups.get((user.account, group)) for group in dict.fromkeys(user.groups))
    return [group for group in found if group is not None]


def primary_of(user: User) -> str | None:
    """Return the user's primary group if it is among the groups."""
    return user.primary_group if user.primary_group in user.groups else None


def facts_of(policies: PolicySet, user: User, toggle: str) -> Facts:
    """Return the facts of a user under the account's resolution."""
    said = _account_facts(policies, user.account, toggle)
    declaring = [g for g in groups_of(policies, user) if toggle in g.settings]
    if resolution(policies, user.account) is Resolution.GROUP_PRIORITY:
        managing = min(declaring, key=rank, default=None)
        if managing is not None:
            said[Voice.MANAGING_GROUP] = Said(managing.id, managing.settings[toggle])
    else:
        said.update(_membership_facts(declaring, primary_of(user), toggle))
    if toggle in user.settings:
        said[Voice.USER] = Said(user.id, user.settings[toggle])
    return said


def _membership_facts(declaring: Iterable[Group], primary: str | None, toggle: str) -> Facts:
    said: dict[Voice, Said] = {}
    locking: dict[State, str] = {}
    for group in declaring:
        setting = group.settings[toggle]
        if group.id == primary:
            said[Voice.PRIMARY_GROUP] = Said(group.id, setting)
        elif setting.locked:
            locking[setting.state] = min(group.id, locking.get(setting.state, group.id))
    if locking:
        state = State.DISABLED if State.DISABLED in locking else State.ENABLED
        voice = Voice.AGREEING_GROUPS if len(locking) == 1 else Voice.DISAGREEING_GROUPS
        said[voice] = Said(locking[state], Setting(state, locked=True))
    return said


def _account_facts(policies: PolicySet, account: str, toggle: str) -> dict[Voice, Said]:
    said: dict[Voice, Said] = {}
    found = policies.accounts.get(account)
    if found and toggle in found.settings:
        said[Voice.ACCOUNT] = Said(found.id, found.settings[toggle])
    if toggle in policies.toggles:
        said[Voice.CATALOGUE] = Said(toggle, Setting(policies.toggles[toggle].default))
    return said


def facts_of_group(policies: PolicySet, group: Group, toggle: str) -> Facts:
    """Return the facts of a group's own decision (R10)."""
    said = _account_facts(policies, group.account, toggle)
    if toggle in group.settings:
        said[Voice.OWN_GROUP] = Said(group.id, group.settings[toggle])
    return said


def facts_of_account(policies: PolicySet, account: str, toggle: str) -> Facts:
    """Return the facts of an account's own decision (R10)."""
    return _account_facts(policies, account, toggle)


def first_tier(tiers: Iterable[Tier], facts: Facts) -> tuple[Tier, Said]:
    """Return the first tier that applies, and what its voice says.

    INVARIANT: the last tier of every table is the catalogue's default, which always applies
    to a toggle that the catalogue has. Raises LookupError for one that it hasn't.
    """
    for tier in tiers:
        said = facts.get(tier.voice)
        if said is not None and (said.setting.locked or not tier.must_lock):
            return tier, said
    raise LookupError("the toggle is not in the catalogue")
