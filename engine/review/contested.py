"""`contested-lock`: primary groups' locks that beat opposite locks of other groups (R4)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.decide.facts import groups_of
from engine.model import Reason, Scope
from engine.review.places import SettingKey
from engine.review.standing import answer
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.model import PolicySet, Setting, User
    from engine.review.reach import Kindred


@dataclass(slots=True)
class Contested:
    """A lock that decides against others: how many users each of those loses, and who they are."""

    lock: SettingKey
    beaten: Counter[SettingKey] = field(default_factory=Counter)
    users: int = 0
    first: str = ""

    @property
    def whom(self) -> str:
        """The users in words."""
        if self.users == 1:
            return f"`{self.first}`"
        return f"{self.users:,} users, `{self.first}` among them"


def contested_locks(
    policies: PolicySet, people: Kindred, toggles: Mapping[str, set[str]]
) -> list[Contested]:
    """Return the contested locks; `toggles` are those declared, by account."""
    found: dict[SettingKey, Contested] = {}
    for toggle in sorted(set[str]().union(*toggles.values())):
        for one in people.about(toggle):
            if len(one.user.groups) < 2 or toggle not in toggles.get(one.user.account, ()):
                continue
            said = answer(policies, one.user, toggle)
            if said.reason is Reason.PRIMARY_GROUP_LOCK:
                beaten = list(_opposite(policies, one.user, toggle, said.setting))
                if beaten:
                    contested = found.setdefault(said.source, Contested(said.source))
                    contested.beaten.update(dict.fromkeys(beaten, one.people))
                    contested.users += one.people
                    contested.first = min(one.first, contested.first or one.first)
    return list(found.values())


def _opposite(
    policies: PolicySet, user: User, toggle: str, setting: Setting
) -> Iterator[SettingKey]:
    for group in groups_of(policies, user):
        other = group.settings.get(toggle)
        if other is not None and other.locked and other.state is not setting.state:
            yield SettingKey(Scope.GROUP, group.account, group.id, toggle)
