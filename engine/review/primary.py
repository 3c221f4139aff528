"""`implicit-primary-group`: users whose order of groups decides, though nobody said it should."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from engine.counts import count
from engine.decide.facts import groups_of, primary_of, resolution
from engine.findings import Finding, Related
from engine.model import Location, Resolution, Scope
from engine.review.places import setting_place
from engine.review.reach import alike
from engine.review.standing import answer
from engine.shapes import replace

if TYPE_CHECKING:
    from engine.model import Directory, PolicySet, User
    from engine.review.population import Population, Share


class _Other(NamedTuple):
    """Another primary group that would alter something: the group, and the toggle."""

    group: str
    toggle: str


def implicit_primary_groups(people: Population) -> list[Finding]:
    """Return a warning for each such user, and for each directory one with the number of them."""
    policies = people.policies
    found: list[Finding] = []
    rows: dict[tuple[str, str], _Rows] = {}

    def count(account: str, source: str, user: str, number: int) -> None:
        first, already = rows.get((account, source), (user, 0))
        rows[account, source] = _Rows(min(first, user), already + number)

    for share in people.own:
        implicit = _implicit(policies, share)
        other = _other(policies, share.user) if implicit else None
        if other is None:
            continue
        for user in implicit:
            if user.directory is None:
                found.append(_finding(policies, user, other))
            else:
                count(user.account, user.directory, user.id, 1)
    if people.folds is not None:
        for account, source, first, number in people.folds.implied(partial(_differs, policies)):
            count(account, source, first.id, number)
    for directory in policies.directories:
        users = rows.get((directory.account, directory.source))
        if users:
            found.append(_of_table(policies, directory, users))
    return found


class _Rows(NamedTuple):
    """Users of one directory: the smallest id, and how many they are."""

    first: str
    number: int


def _implicit(policies: PolicySet, share: Share) -> list[User]:
    """Return those of a share whose primary group was derived."""
    users = (policies.users[name] for name in share.ids)
    return [user for user in users if user.implicit_primary]


def _other(policies: PolicySet, user: User) -> _Other | None:
    """Return the first group that, as primary, would give another state or lock of a toggle."""
    if len(user.groups) < 2 or resolution(policies, user.account) is Resolution.GROUP_PRIORITY:
        return None
    told = {toggle for group in groups_of(policies, user) for toggle in group.settings}
    for toggle in sorted(told & policies.toggles.keys()):
        group = _differing(policies, user, toggle)
        if group is not None:
            return _Other(group, toggle)
    return None


def _differing(policies: PolicySet, user: User, toggle: str) -> str | None:
    """Return the first group that, as primary, would give another state or lock of one toggle."""
    now = answer(policies, user, toggle).setting
    for group in user.groups:
        then = answer(policies, replace(user, primary_group=group), toggle).setting
        if not alike(then, now):
            return group
    return None


def _differs(policies: PolicySet, user: User, toggle: str) -> bool:
    return _differing(policies, user, toggle) is not None


def _finding(policies: PolicySet, user: User, other: _Other) -> Finding:
    origin = user.origin
    return Finding(
        code="implicit-primary-group",
        message=f"`{user.id}` names no primary group, so the first, `{primary_of(user)}`, counts;"
        f" with `{other.group}` the state or lock of `{other.toggle}` would be another",
        location=origin.locate(("id",)) if origin else Location("", 1, 1),
        hint=f"add `primary_group: {primary_of(user)}`, or the group that is meant",
        pointer=origin.pointer(("id",)) if origin else "",
        related=_related(policies, user, other),
        about=("user", user.account, user.id),
    )


def _related(policies: PolicySet, user: User, other: _Other) -> tuple[Related, ...]:
    found = []
    for group in dict.fromkeys((primary_of(user), other.group)):
        place = setting_place(policies, Scope.GROUP, user.account, str(group), other.toggle)
        if place is not None:
            found.append(Related(place, f"the group `{group}` declares it here"))
    return tuple(found)


def _of_table(policies: PolicySet, directory: Directory, users: _Rows) -> Finding:
    first = policies.users[users.first]
    origin = directory.origin
    one = users.number == 1
    who = count(users.number, "user")
    return Finding(
        code="implicit-primary-group",
        message=f"{who} {'names' if one else 'name'} no primary group, `{first.id}`"
        f"{'' if one else ' among them'}, and another than the first of their groups would alter a"
        " state or a lock",
        location=origin.locate(("source",)) if origin else Location("", 1, 1),
        hint="fill the column `primary_group`",
        pointer=origin.pointer(("source",)) if origin else "",
        related=(Related(first.origin.locate(), f"`{first.id}`"),) if first.origin else (),
        about=("directory", directory.account, directory.source),
    )
