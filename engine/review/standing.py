"""What decides for somebody and what it says, without R6: the part of a decision that is cheap."""

from __future__ import annotations

from engine.decide.facts import facts_of, first_tier, tiers_of
from engine.review.places import SettingKey
from engine.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.model import PolicySet, Reason, Setting, User


class Answer(NamedTuple):
    """What decides. The scope of the source may be the user, or the catalogue."""

    reason: Reason
    source: SettingKey
    setting: Setting


def answer(policies: PolicySet, user: User, toggle: str) -> Answer:
    """Return what decides for a user."""
    tier, said = first_tier(tiers_of(policies, user), facts_of(policies, user, toggle))
    source = SettingKey(tier.voice.scope, user.account, said.id, toggle)
    return Answer(tier.reason, source, said.setting)
