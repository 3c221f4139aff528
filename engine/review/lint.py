"""The warnings of the table of codes (SPEC §4): exact, over all users and whatever they choose.

A setting of an account or group gets the first that applies of `empty-group`, `shadowed-lock`,
`dead-setting` and `redundant-setting`. Locks that beat other locks, and primary groups that
nobody named, have modules of their own.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.counts import count
from engine.findings import Finding, Location, Related
from engine.model import Resolution, Scope
from engine.review.contested import contested_locks
from engine.review.coverage import declared
from engine.review.places import SettingKey, entity_at, setting_place
from engine.review.primary import implicit_primary_groups
from engine.review.reach import Kindred, declared_toggles, reach
from engine.review.standing import answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.model import PolicySet, Setting
    from engine.review.population import Population
    from engine.review.reach import Kin, Reach

_MOST_RELATED = 10
"""How many of the settings that cause a warning it names, those that matter to most first."""


def lint(people: Population) -> list[Finding]:
    """Return every warning of a valid set, by its population."""
    policies = people.policies
    kindred = Kindred(people)
    toggles = declared_toggles(policies)
    linter = _Linter(policies, kindred, reach(policies, kindred, toggles))
    contested = (
        about_setting(
            policies,
            "contested-lock",
            one.lock,
            f"the lock of `{one.lock.toggle}` at {named(one.lock)} beats the opposite lock of"
            f" {', '.join(sorted(f'`{other.id}`' for other in one.beaten))} for {one.whom}",
            "take the users out of one of the groups, or one of the locks away",
            related(policies, one.beaten, "locks the opposite, but loses {who}"),
        )
        for one in contested_locks(policies, kindred, toggles)
    )
    return [
        *linter.empty_groups(),
        *linter.settings(),
        *contested,
        *implicit_primary_groups(people),
    ]


class _Linter:
    """The warnings that a group or a setting gets at most one of."""

    def __init__(self, policies: PolicySet, people: Kindred, found: Reach) -> None:
        self.policies = policies
        self.reach = found
        self.inhabited = people.inhabited()
        settings = declared(policies, policies.toggles)
        self.below = people.below({key for key, _ in settings if key not in found.users})

    def empty_groups(self) -> Iterator[Finding]:
        for (account, name), group in self.policies.groups.items():
            if (account, name) not in self.inhabited and group.origin:
                yield Finding(
                    code="empty-group",
                    message=f"the group `{name}` has no members",
                    location=group.origin.locate(("id",)),
                    hint="remove the group, or add somebody to it",
                    pointer=group.origin.pointer(("id",)),
                    about=("group", account, name),
                )

    def settings(self) -> Iterator[Finding]:
        for key, setting in declared(self.policies, self.policies.toggles):
            if key.scope is Scope.GROUP and (key.account, key.id) not in self.inhabited:
                continue
            if key not in self.reach.users:
                yield self._unreached(key, setting, self.below.get(key, []))
            elif key not in self.reach.needed:
                yield self._redundant(key)

    def _unreached(self, key: SettingKey, setting: Setting, people: Sequence[Kin]) -> Finding:
        deciding: Counter[SettingKey] = Counter()
        locked = True
        for one in people:
            said = answer(self.policies, one.user, key.toggle)
            deciding[said.source] += one.people
            locked = locked and said.setting.locked
        whole = sum(one.people for one in people)
        causes = related(self.policies, deciding, f"decides instead, for {{who}} of {whole:,}")
        if key.scope is Scope.GROUP and setting.locked and locked:
            message = (
                f"the lock of `{key.toggle}` at {named(key)} decides for nobody: others come first"
            )
            hint = "remove it, or the locks that come before it"
            return about_setting(self.policies, "shadowed-lock", key, message, hint, causes)
        message = f"`{key.toggle}` at {named(key)} decides for nobody, whatever users choose"
        hint = self._revival(key, people)
        return about_setting(self.policies, "dead-setting", key, message, hint, causes)

    def _revival(self, key: SettingKey, people: Sequence[Kin]) -> str:
        """Say what to do about a setting that decides for nobody."""
        if not people:
            return "the account has no users: add them, or remove the setting"
        if key.scope is Scope.ACCOUNT:
            return "remove it: for all of its users something in their groups comes first"
        account = self.policies.accounts[key.account]
        if account.group_resolution is Resolution.GROUP_PRIORITY:
            return "remove it, or give the group a higher priority"
        if all(one.user.primary_group != key.id for one in people):
            return (
                "remove it, or lock it: the group is primary for nobody, and else only locks count"
            )
        return "remove it, or the locks that come before it"

    def _redundant(self, key: SettingKey) -> Finding:
        users, successors = self.reach.users, self.reach.successors.get(key, set())
        default = any(source.scope is Scope.CATALOGUE for source in successors)
        same = "the product's default" if default else "what would decide instead"
        return about_setting(
            self.policies,
            "redundant-setting",
            key,
            f"without `{key.toggle}` at {named(key)} nothing would change, whatever users choose",
            f"remove it, unless it should stay when others change: {same} says the same",
            related(
                self.policies,
                Counter({source: users.get(source, 0) for source in successors}),
                "would decide instead, and says the same",
            ),
        )


def about_setting(
    policies: PolicySet,
    code: str,
    key: SettingKey,
    message: str,
    hint: str,
    causes: Iterable[Related],
) -> Finding:
    """Return a warning that points at a setting's toggle key."""
    entity = entity_at(policies, *key[:3])
    origin = entity.origin if entity else None
    return Finding(
        code=code,
        message=message,
        location=setting_place(policies, *key) or Location("", 1, 1),
        hint=hint,
        pointer=origin.pointer(("toggles", key.toggle)) if origin else "",
        related=tuple(causes),
        about=(key.scope.value, key.account, key.id, key.toggle),
    )


def related(policies: PolicySet, causes: Counter[SettingKey], told: str) -> list[Related]:
    """Return the places of the settings that cause a warning; `{who}` counts users."""
    found: list[Related] = []
    for key, number in sorted(causes.items(), key=lambda item: (-item[1], item[0])):
        place = setting_place(policies, *key)
        if place is not None and len(found) < _MOST_RELATED:
            found.append(Related(place, f"{named(key)} {told.format(who=_users(number))}"))
    return found


def named(key: SettingKey) -> str:
    """Name the scope of a setting."""
    return f"the {key.scope.value} `{key.id}`"


def _users(number: int) -> str:
    return count(number, "user")
