"""Two policy sets compared: what was declared differently, for whom that matters, and why.

Decisions and causes are worked out once per distinct pair of profiles, and only where a change
concerns it; a user costs no more than a look at what he or she declares.
"""

from __future__ import annotations

from collections import Counter

from engine.decide.decisions import decide
from engine.model import State, User
from engine.read.people import People
from engine.review.breaking import newly_broken
from engine.review.causes import READ, Causes, outcome, provenance
from engine.review.changes import ROWS, DeclaredChange, declared
from engine.review.rows import Pattern, Person, Rows
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence

    from engine.model import Decision, PolicySet
    from engine.review.causes import Own
    from engine.review.guardrails import Verdict
    from engine.review.templates import Folded, Template

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"


class Outcome(NamedTuple):
    """What somebody sees of a decision; `sync` is None for a toggle that is no sync toggle."""

    state: State
    locked: bool
    sync: bool | None

    @classmethod
    def of(cls, row: Decision) -> Outcome:
        """Return what somebody sees of a row."""
        return cls(row.state, row.locked, row.sync)


class Transition(NamedTuple):
    """How many users went from one outcome of a toggle to another."""

    toggle: str
    old: Outcome
    new: Outcome
    users: int


class Label(NamedTuple):
    """What a person calls a side, and the commit that it stands for, if it is one."""

    label: str
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a change of the files does: `declared`, and its effect on everybody.

    `affected` counts the users on both sides with a changed row. `rows` are those of users who
    changed, came or went; `provenance` those of which reason or source alone differ.
    `toggles` are those compared: known to both sides, and asked for. `guardrails` are those
    that the new side breaks and the old did not. `labels` name the sides, old and new.
    """

    old: PolicySet
    new: PolicySet
    toggles: tuple[str, ...]
    declared: tuple[DeclaredChange, ...]
    users_old: int
    users_new: int
    users_both: int
    affected: int
    transitions: tuple[Transition, ...]
    rows: Rows
    provenance: Rows
    labels: tuple[Label, Label]
    guardrails: tuple[Verdict, ...] = ()


def compare(
    old: PolicySet,
    new: PolicySet,
    *,
    toggles: Collection[str] | None = None,
    labels: tuple[Label, Label] = (Label("old"), Label("new")),
) -> Comparison:
    """Compare two valid sets; `toggles` limits rows and guardrails, not what was declared."""
    return _Comparer(old, new, toggles).comparison(labels)


_Patterns: TypeAlias = tuple[Pattern, ...]
_NONE: Final[_Patterns] = ()
_NOBODY: Final = User(id="", account="")
_WHOLE: Final[tuple[Own, ...]] = ((None, ROWS),)
"""The own change that added or removed the user."""


class _Comparer:
    def __init__(self, old: PolicySet, new: PolicySet, toggles: Collection[str] | None) -> None:
        self.old = old
        self.new = new
        both = old.toggles.keys() & new.toggles.keys()
        self.asked = toggles
        self.toggles = tuple(sorted(both if toggles is None else both.intersection(toggles)))
        self.changes = tuple(declared(old, new))
        self.causes = Causes(old, new, self.changes)
        self._raw: dict[Hashable, int] = {}
        self._profiles: dict[Hashable, int] = {}
        self._pairs: dict[tuple[int, int], tuple[_Patterns, _Patterns]] = {}
        self._came: dict[int, _Patterns] = {}
        self._went: dict[int, _Patterns] = {}
        self._counts: Counter[tuple[int, int]] = Counter()

    def comparison(self, labels: tuple[Label, Label]) -> Comparison:
        rows, provenance, both = self._people()
        folded = self._folded()
        counted: list[tuple[Sequence[Pattern | Template], int]] = [
            (self._pairs[pair][0], users) for pair, users in self._counts.items()
        ]
        counted += folded.counted() if folded else ()
        transitions: Counter[tuple[str, Outcome, Outcome]] = Counter()
        for found, users in counted:
            for one in found:
                if one.old and one.new:
                    transitions[one.toggle, Outcome.of(one.old), Outcome.of(one.new)] += users
        return Comparison(
            old=self.old,
            new=self.new,
            toggles=self.toggles,
            declared=self.changes,
            users_old=len(self.old.users),
            users_new=len(self.new.users),
            users_both=both,
            affected=sum(users for found, users in counted if found),
            transitions=tuple(
                Transition(*ends, users)
                for ends, users in sorted(transitions.items(), key=lambda item: _rank(item[0]))
            ),
            rows=Rows(rows, self.causes, folded),
            provenance=Rows(provenance, self.causes, folded, others=True),
            labels=labels,
            guardrails=newly_broken(self.old, self.new, self.asked) if self.changes else (),
        )

    def _people(self) -> tuple[list[Person], list[Person], int]:
        """Return who has changed rows, who has others, and how many are on both sides."""
        rows: list[Person] = []
        provenance: list[Person] = []
        both = 0
        old_users, new_users = self.old.users, self.new.users
        if isinstance(old_users, People) or isinstance(new_users, People):
            return self._crowds()
        for name, new in new_users.items():
            old = old_users.get(name)
            if old is None:
                rows.append(Person(new.account, name, self._added(new)))
                continue
            both += 1
            before = self._profile(old)
            pair = before, before if old is new else self._profile(new)
            found = self._pairs.get(pair)
            if found is None:
                found = self._pairs[pair] = self._compared(old, new)
            if found[0]:
                self._counts[pair] += 1
                rows.append(Person(new.account, name, found[0]))
            if found[1]:
                provenance.append(Person(new.account, name, found[1]))
        for name, old in old_users.items():
            if name not in new_users:
                rows.append(Person(old.account, name, self._removed(old)))
        return rows, provenance, both

    def _crowds(self) -> tuple[list[Person], list[Person], int]:
        """Return the same where people stand in large tables: as many at once as are alike."""
        from engine.review.pairs import pairs

        rows: list[Person] = []
        provenance: list[Person] = []
        gone = 0
        for ids, old, new in pairs(self.old.users, self.new.users, self._touched()):
            others: _Patterns = _NONE
            if new is None:
                gone += len(ids)
                found = self._removed(old) if old else _NONE
            elif old is None:
                found = self._added(new)
            else:
                pair = self._profile(old), self._profile(new)
                if pair not in self._pairs:
                    self._pairs[pair] = self._compared(old, new)
                # A new tuple for each profile: people who share it are a crowd.
                found, others = ((*one,) for one in self._pairs[pair])
                self._counts[pair] += len(ids) if found else 0
            for users, one in ((self.old.users, old), (self.new.users, new)):
                if isinstance(users, People) and one and (found or others):
                    users.hold(ids, one)
            account = (new or old or _NOBODY).account
            rows += [Person(account, name, found) for name in ids if found]
            provenance += [Person(account, name, others) for name in ids if others]
        return rows, provenance, len(self.old.users) - gone

    def _folded(self) -> Folded | None:
        """Return who differs of large tables that are the same on both sides."""
        if not (isinstance(self.old.users, People) or isinstance(self.new.users, People)):
            return None
        from engine.review.pairs import shared_tables, stand_apart

        touched = self._touched()
        people = shared_tables(self.old.users, self.new.users)
        if people is None or touched == set():
            return None
        from engine.review.templates import fold

        apart = stand_apart(self.old.users, self.new.users)
        found = fold(self.old, self.new, people, self.changes, (touched, apart), self._compared)
        return None if found.fold.is_empty else found

    def _touched(self) -> set[tuple[str, str]] | None:
        """Return the groups whose members a change may concern, None for everybody."""
        read = [change for change in self.changes if change.field in READ]
        if any(change.kind in {"account", "toggle"} for change in read):
            return None
        return self._changed_groups()

    def _changed_groups(self) -> set[tuple[str, str]]:
        """Return the groups that changed in a field that decisions read."""
        return {
            (str(one.account), str(one.scope_id))
            for one in self.changes
            if one.kind == "group" and one.field in READ
        }

    def _profile(self, user: User) -> int:
        """Return the number of all that decisions read of what a user declares."""
        settings = user.settings
        states = (
            tuple([(k, s[0] is State.ENABLED) for k, s in settings.items()]) if settings else ()
        )
        raw = (user.account, user.groups, user.primary_group, user.calendars, states)
        number = self._raw.get(raw)
        if number is None:
            account, groups, primary, calendars, _ = raw
            listed = None if calendars is None else frozenset(calendars)
            profile = (account, frozenset(groups), primary, listed, frozenset(states))
            number = self._profiles.setdefault(profile, len(self._profiles))
            self._raw[raw] = number
        return number

    def _compared(self, old: User, new: User) -> tuple[_Patterns, _Patterns]:
        """Return the rows that differ in their outcome, and those that do in reason or source."""
        changed: list[Pattern] = []
        others: list[Pattern] = []
        if self.causes.concerns_nothing(old, new):
            return _NONE, _NONE
        for toggle in self.toggles:
            if not self.causes.concerning(old, new, toggle):
                continue
            before, after = decide(self.old, old, toggle), decide(self.new, new, toggle)
            if provenance(before) == provenance(after):
                continue
            found = self.causes.of_profile(old, new, toggle)
            shared = tuple(sorted(c.id for c in found if isinstance(c, DeclaredChange)))
            own = tuple(c for c in found if not isinstance(c, DeclaredChange))
            pattern = Pattern(toggle, CHANGED, before, after, shared, own)
            (changed if outcome(before) != outcome(after) else others).append(pattern)
        return tuple(changed), tuple(others)

    def _added(self, new: User) -> _Patterns:
        number = self._profile(new)
        found = self._came.get(number)
        if found is None:
            rows = (decide(self.new, new, toggle) for toggle in self.toggles)
            found = tuple(Pattern(row.toggle, ADDED, None, row, (), _WHOLE) for row in rows)
            self._came[number] = found
        return found

    def _removed(self, old: User) -> _Patterns:
        number = self._profile(old)
        found = self._went.get(number)
        if found is None:
            rows = (decide(self.old, old, toggle) for toggle in self.toggles)
            found = tuple(Pattern(row.toggle, REMOVED, row, None, (), _WHOLE) for row in rows)
            self._went[number] = found
        return found


def _rank(ends: tuple[str, Outcome, Outcome]) -> tuple[Any, ...]:
    """Order by toggle, from and to, null first."""
    toggle, *outcomes = ends
    return toggle, *((word is not None, word) for one in outcomes for word in one)
