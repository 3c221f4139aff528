"""The population by profile: each user is looked at once, and what is asked of all is asked of few.

Users of one profile differ in nothing but their id (`engine.decide.decisions.profile`), so a
question about millions costs as much as one about the distinct profiles among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.decide.decisions import profile
from engine.read.people import People

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from engine.model import PolicySet, User


class Share(NamedTuple):
    """The users of one profile: one of them, and the ids of all, in the order of the set."""

    user: User
    ids: Sequence[str]


def shares(policies: PolicySet) -> list[Share]:
    """Return the users of a set by profile, in the order in which the profiles are met.

    People in large tables are grouped where they lie: a profile that stands there too has a
    share of its own.
    """
    users = policies.users
    found: dict[Hashable, tuple[User, list[str]]] = {}
    for user in (users.own if isinstance(users, People) else users).values():
        key = profile(user)
        share = found.get(key)
        if share is None:
            share = found[key] = user, []
        share[1].append(user.id)
    held = [Share(user, ids) for user, ids in found.values()]
    if isinstance(users, People):
        held += [Share(user, ids) for user, ids in users.profiles()]
    return held
