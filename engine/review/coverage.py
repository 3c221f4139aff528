"""Coverage: which account and group settings decide, for expectations and for people.

A setting is covered when it is the source of a decision that an expectation checks, of its own
toggle only, whether the expectation passes or not (SPEC §4). A lock that decides always does so
through the tier of its lock, so a setting and its lock are covered together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.model import Location, Scope
from engine.review.places import SettingKey, setting_place
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from engine.model import Decision, PolicySet, Setting, User
    from engine.review.population import Population


class Line(NamedTuple):
    """One declared setting: where it stands, and for how many it decides now."""

    place: Location
    scope: Scope
    account: str
    id: str
    toggle: str
    locked: bool
    expectations: int
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Every account and group setting, ordered by file and line."""

    lines: tuple[Line, ...]

    @property
    def uncovered(self) -> list[Line]:
        """Those that decide for no expectation."""
        return [line for line in self.lines if not line.expectations]

    @property
    def idle(self) -> list[Line]:
        """Those that decide for no user at all, as things are declared."""
        return [line for line in self.lines if not line.users]

    @property
    def covered(self) -> int:
        """How many decide for an expectation."""
        return len(self.lines) - len(self.uncovered)

    @property
    def percent(self) -> float:
        """The covered share, rounded down to one decimal; 100 where nothing is declared."""
        if not self.lines:
            return 100.0
        return 1000 * self.covered // len(self.lines) / 10

    def reaches(self, percent: float) -> bool:
        """Tell whether the covered share, not rounded, is at least so large."""
        return 100 * self.covered >= percent * len(self.lines)

    def by_file(self) -> Iterator[tuple[str, list[Line]]]:
        """Yield each file with its settings, in order."""
        files: dict[str, list[Line]] = {}
        for line in self.lines:
            files.setdefault(line.place.file, []).append(line)
        yield from files.items()


def declared(policies: PolicySet, toggles: Collection[str]) -> Iterator[tuple[SettingKey, Setting]]:
    """Yield every account and group setting of some toggles."""
    for account in policies.accounts.values():
        for toggle, setting in account.settings.items():
            if toggle in toggles:
                yield SettingKey(Scope.ACCOUNT, account.id, account.id, toggle), setting
    for group in policies.groups.values():
        for toggle, setting in group.settings.items():
            if toggle in toggles:
                yield SettingKey(Scope.GROUP, group.account, group.id, toggle), setting


def source_of(decision: Decision) -> SettingKey:
    """Return the setting that decided (its scope may be a user's, or the catalogue)."""
    return SettingKey(decision.source_scope, decision.account, decision.source_id, decision.toggle)


def cover(people: Population, checked: Iterable[Decision], toggles: Collection[str]) -> Coverage:
    """Count, for every setting of `toggles`, the `checked` decisions and users it decides for."""
    policies = people.policies
    expectations: dict[SettingKey, int] = {}
    for decision in checked:
        key = source_of(decision)
        expectations[key] = expectations.get(key, 0) + 1
    users: dict[SettingKey, int] = {}
    settings = list(declared(policies, toggles))
    asked = sorted({key.toggle for key, _ in settings})

    def count(user: User, toggle: str, number: int) -> None:
        key = people.answer(user, toggle).source
        users[key] = users.get(key, 0) + number

    for toggle in asked:
        for share in people.own:
            count(share.user, toggle, len(share.ids))
        for one in people.stands.sources(toggle) if people.stands else ():
            count(one.user, toggle, one.people)
    lines = [
        Line(
            setting_place(policies, *key) or Location("", 1, 1),
            *key,
            setting.locked,
            expectations.get(key, 0),
            users.get(key, 0),
        )
        for key, setting in settings
    ]
    return Coverage(lines=tuple(sorted(lines)))
