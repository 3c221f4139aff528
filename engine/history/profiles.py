"""Whether events flowed for many people at once, over a whole history (R7).

People of one profile share their decisions, and most profiles share their timeline: a person is
followed from timeline to timeline, and only profiles that a commit can affect are decided again.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.decide.decisions import profile, state_of
from engine.decide.sync import required, sync_of
from engine.errors import QuestionError
from engine.history.instants import MICROSECONDS
from engine.history.timeline import unknown_toggle
from engine.model import PolicySet, SyncReason
from engine.read.load import collector_at_rest
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from engine.history.walk import Step, Walk
    from engine.model import Account, Group, Toggle, User

Turns: TypeAlias = "list[tuple[int, SyncReason | None]]"
"""What holds from which instant on, in microseconds; None where it is not a sync toggle."""

_GONE: Final = -1
_NEVER: Final = 2**63 - 1
"""Later than any event, and the last that a database's integer holds: git's clocks know more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timelines:
    """What happened to people, in columns that a database takes.

    `spans` are (person, since, timeline), where the timeline is None once the person is gone;
    `turns` are (timeline, since, sync reason). Instants are in microseconds. `now` gives each
    person's timeline in the end, for those who are there; `begin` is the instant from which
    any policy was in force, None where none ever was.
    """

    spans: tuple[list[str], list[int], list[int | None]]
    turns: tuple[list[int], list[int], list[str | None]]
    now: Mapping[str, SyncReason | None]
    begin: int | None


def timelines(walk: Walk, people: Collection[str], toggle: str) -> Timelines:
    """Follow `people` through a history.

    Raises UnknownTargetError for a toggle that never was, QuestionError for one that was never
    a sync toggle.
    """
    followed = _Followed(people, toggle)
    with collector_at_rest():
        for step in walk.steps():
            followed.follow(step)
    if followed.begin is not None:
        _refuse_unless_sync(toggle, followed)
    return followed.timelines()


def _refuse_unless_sync(toggle: str, followed: _Followed) -> None:
    if toggle not in followed.known:
        raise unknown_toggle(toggle, followed.known)
    if not followed.ever_sync:
        raise QuestionError(
            f"the toggle `{toggle}` has no calendars to reach",
            hint="a sync toggle has `supported_calendars` in the catalogue",
        )


@dataclass(slots=True, eq=False)
class _Profile:
    """What decisions read of some people, one of whom is `user`; `turns` is its timeline."""

    user: User
    turns: Turns = field(default_factory=list)


class _Followed:
    """People and profiles as they are followed from step to step."""

    def __init__(self, people: Collection[str], toggle: str) -> None:
        self.people = frozenset(people)
        self.toggle = toggle
        self.begin: int | None = None
        self.known: set[str] = set()
        self.ever_sync = False
        self._spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._numbers: dict[Hashable, int] = {}
        self._profiles: list[_Profile] = []
        self._by_account: dict[str, list[int]] = defaultdict(list)
        self._by_group: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._accounts: dict[str, Account] = {}
        self._groups: dict[tuple[str, str], Group] = {}
        self._concerned: tuple[Toggle, ...] = ()

    def follow(self, step: Step) -> None:
        """Take over a valid set."""
        old, new = step.sets(people=self.people)
        instant = min(step.commit.instant * MICROSECONDS, _NEVER)
        if self.begin is None:
            self.begin = instant
        policies = PolicySet(accounts=self._accounts, groups=self._groups, toggles=new.toggles)
        affected = self._affected(old, new)
        self._accounts.clear()
        self._accounts.update(new.accounts)
        _replace(self._groups, old.groups, new.groups)
        known = len(self._profiles)
        self._move(old.users, new.users, instant)
        affected.update(range(known, len(self._profiles)))
        for number in affected:
            self._decide(policies, self._profiles[number], instant)

    # -- profiles ---------------------------------------------------------------------------

    def _affected(self, old: PolicySet, new: PolicySet) -> set[int]:
        """Return the profiles whose decision may be another one now."""
        if self.toggle in new.toggles:
            self.ever_sync |= new.toggles[self.toggle].supported_calendars is not None
        self.known |= new.toggles.keys()
        concerned = _concerned(new.toggles, self.toggle)
        if concerned != self._concerned:
            self._concerned = concerned
            return set(range(len(self._profiles)))
        found: set[int] = set()
        for account in {*old.accounts, *new.accounts}:
            if self._accounts.get(account) != new.accounts.get(account):
                found.update(self._by_account[account])
        for key in {*old.groups, *new.groups}:
            if old.groups.get(key) != new.groups.get(key):
                found.update(self._by_group[key])
        return found

    def _decide(self, policies: PolicySet, found: _Profile, instant: int) -> None:
        said = None
        if self.toggle in policies.toggles:
            user = found.user
            said = sync_of(
                policies.toggles, user, self.toggle, lambda key: state_of(policies, user, key)
            )[1]
        if found.turns and found.turns[-1][1] is said:
            return
        if found.turns and found.turns[-1][0] == instant:
            found.turns.pop()  # of equal instants the last commit counts
        found.turns.append((instant, said))

    def _number(self, user: User) -> int:
        key = profile(user)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._profiles)
            self._profiles.append(_Profile(user))
            self._by_account[user.account].append(number)
            for group in set(user.groups):
                self._by_group[user.account, group].append(number)
        return number

    # -- people -----------------------------------------------------------------------------

    def _move(self, old: Mapping[str, User], new: Mapping[str, User], instant: int) -> None:
        for person, user in new.items():
            self._enter(person, self._number(user), instant)
        for person in old:
            if person not in new:
                self._enter(person, _GONE, instant)

    def _enter(self, person: str, number: int, instant: int) -> None:
        spans = self._spans[person]
        if spans and spans[-1][1] == number:
            return
        if spans and spans[-1][0] == instant:
            spans.pop()
        spans.append((instant, number))

    # -- the outcome ------------------------------------------------------------------------

    def timelines(self) -> Timelines:
        """Return the columns, with profiles of one and the same timeline put together."""
        numbers: dict[tuple[Any, ...], int] = {}
        of_profile = [numbers.setdefault(tuple(one.turns), len(numbers)) for one in self._profiles]
        spans: tuple[list[str], list[int], list[int | None]] = ([], [], [])
        now: dict[str, SyncReason | None] = {}
        for person, entered in self._spans.items():
            for instant, number in entered:
                row = (person, instant, None if number == _GONE else of_profile[number])
                _append(spans, row)
            if entered[-1][1] != _GONE:
                now[person] = self._profiles[entered[-1][1]].turns[-1][1]
        turns: tuple[list[int], list[int], list[str | None]] = ([], [], [])
        for told, number in numbers.items():
            for instant, said in told:
                _append(turns, (number, instant, said))
        return Timelines(spans=spans, turns=turns, now=now, begin=self.begin)


def _append(columns: Iterable[list[Any]], row: tuple[Any, ...]) -> None:
    for column, value in zip(columns, row, strict=True):
        column.append(value)


def _concerned(toggles: Mapping[str, Toggle], toggle: str) -> tuple[Toggle, ...]:
    """Return what a decision reads of the catalogue."""
    if toggle not in toggles:
        return ()
    return tuple(toggles[key] for key in (toggle, *sorted(required(toggles, toggle))))


def _replace(
    live: dict[tuple[str, str], Group],
    old: Mapping[tuple[str, str], Group],
    new: Mapping[tuple[str, str], Group],
) -> None:
    for key in old:
        live.pop(key, None)
    live.update(new)
