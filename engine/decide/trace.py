"""The trace of a decision: every tier that was asked, in order, and why each lost."""

from __future__ import annotations

from enum import StrEnum

from engine.decide.facts import (
    facts_of,
    facts_of_account,
    facts_of_group,
    first_tier,
    groups_of,
    primary_of,
    rank,
    tiers_of,
)
from engine.decide.tiers import OWN_ACCOUNT, OWN_GROUP, Voice
from engine.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.decide.facts import Facts, Said
    from engine.decide.tiers import Tier
    from engine.model import Group, PolicySet, Reason, Scope, Setting, User


class Why(StrEnum):
    """What became of a tier."""

    DECIDES = "decides"
    OUTRANKED = "outranked"
    LOWER_PRIORITY = "lower_priority"
    NOT_DECLARED = "not_declared"
    NOT_LOCKED = "not_locked"


class Asked(NamedTuple):
    """One row of the table put to one scope. `setting` is None where it declares nothing."""

    reason: Reason
    scope: Scope
    id: str
    setting: Setting | None
    applies: bool
    why: Why


def trace(policies: PolicySet, user: User, toggle: str) -> list[Asked]:
    """Return R4's or R5's rows as asked for a user; group rows once per group concerned."""
    facts = facts_of(policies, user, toggle)
    groups = _Groups(policies, user, toggle)
    return _trace(tiers_of(policies, user), facts, toggle, user.account, groups, user.id)


def trace_group(policies: PolicySet, group: Group, toggle: str) -> list[Asked]:
    """Return R10's rows for a group."""
    facts = facts_of_group(policies, group, toggle)
    return _trace(OWN_GROUP, facts, toggle, group.account, None, group.id)


def trace_account(policies: PolicySet, account: str, toggle: str) -> list[Asked]:
    """Return R10's rows for an account."""
    facts = facts_of_account(policies, account, toggle)
    return _trace(OWN_ACCOUNT, facts, toggle, account, None, account)


class _Groups:
    """Which of a user's groups each group voice concerns, and what each of them declares."""

    def __init__(self, policies: PolicySet, user: User, toggle: str) -> None:
        groups = groups_of(policies, user)
        primary = primary_of(user)
        self.primary = [g for g in groups if g.id == primary]
        self.others = sorted((g for g in groups if g.id != primary), key=lambda g: g.id)
        self.ranked = sorted(groups, key=rank)
        self.toggle = toggle
        locked = {g.settings[toggle].state for g in self.others if _locks(g, toggle)}
        self.disagree = len(locked) > 1

    def concerned(self, voice: Voice) -> list[Group]:
        """Return the groups that a tier of `voice` asks; R4's two rows 3 exclude each other."""
        if voice is Voice.PRIMARY_GROUP:
            return self.primary
        if voice is Voice.AGREEING_GROUPS:
            return [] if self.disagree else self.others
        if voice is Voice.DISAGREEING_GROUPS:
            return self.others if self.disagree else []
        return self.ranked


def _locks(group: Group, toggle: str) -> bool:
    return toggle in group.settings and group.settings[toggle].locked


def _trace(
    tiers: Iterable[Tier],
    facts: Facts,
    toggle: str,
    account: str,
    groups: _Groups | None,
    asker: str,
) -> list[Asked]:
    ids = {Voice.ACCOUNT: account, Voice.CATALOGUE: toggle}
    tiers = tuple(tiers)
    winner = first_tier(tiers, facts)
    found: list[Asked] = []
    for tier in tiers:
        if groups is None or tier.voice in {Voice.ACCOUNT, Voice.USER, Voice.CATALOGUE}:
            said = facts.get(tier.voice)
            name = ids.get(tier.voice, asker)
            found.append(_asked(tier, name, said.setting if said else None, winner))
        else:
            found.extend(_asked_groups(tier, groups, facts, winner))
    return found


def _asked_groups(
    tier: Tier, groups: _Groups, facts: Facts, winner: tuple[Tier, Said]
) -> Iterator[Asked]:
    for group in groups.concerned(tier.voice):
        setting = group.settings.get(groups.toggle)
        asked = _asked(tier, group.id, setting, winner)
        managing = facts.get(tier.voice) if tier.voice is Voice.MANAGING_GROUP else None
        if managing and setting is not None and managing.id != group.id:
            asked = asked._replace(applies=False, why=Why.LOWER_PRIORITY)
        yield asked


def _asked(tier: Tier, name: str, setting: Setting | None, winner: tuple[Tier, Said]) -> Asked:
    applies = setting is not None and (setting.locked or not tier.must_lock)
    if setting is None:
        why = Why.NOT_DECLARED
    elif not applies:
        why = Why.NOT_LOCKED
    else:
        decides = tier is winner[0] and name == winner[1].id
        why = Why.DECIDES if decides else Why.OUTRANKED
    return Asked(tier.reason, tier.voice.scope, name, setting, applies, why)
