"""The population by profile: each user is looked at once, and what is asked of all is asked of few.

Users of one profile differ in nothing but their id (`engine.decide.decisions.profile`), so a
question about millions costs as much as one about the distinct profiles among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.decide.decisions import profile

if TYPE_CHECKING:
    from collections.abc import Hashable

    from engine.model import PolicySet, User


class Share(NamedTuple):
    """The users of one profile: one of them, and the ids of all, in the order of the set."""

    user: User
    ids: list[str]


def shares(policies: PolicySet) -> list[Share]:
    """Return the users of a set by profile, in the order in which the profiles are met."""
    found: dict[Hashable, Share] = {}
    for user in policies.users.values():
        key = profile(user)
        share = found.get(key)
        if share is None:
            share = found[key] = Share(user, [])
        share.ids.append(user.id)
    return list(found.values())
