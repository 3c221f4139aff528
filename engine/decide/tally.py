"""How many people of an account have which decision, without a row for anybody.

Writes DuckDB's SQL as text and runs nothing; the input is a relation as `engine.decide.sql` reads
it. What a summary shows of a decision hangs on little: of each toggle, what sort of setting the
primary or the managing group has, to which states groups lock it, what the user chose, and the
calendars. People are counted by that, and each such *situation* is then decided once, by the same
tiers as everybody (`engine.decide.tiered`). There is no plain form.
"""

from __future__ import annotations

from functools import cached_property
from itertools import count
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.decide.digits import Digits
from engine.decide.facts import rank, resolution
from engine.decide.heard import PRIMARY, Members, said_by_members, sort_of
from engine.decide.sql import Statement, decided
from engine.decide.sync import required
from engine.decide.tiered import NEVER, Column, Heard, Tiered, added, calendar_order, own_voices
from engine.decide.tiers import Voice
from engine.literals import CALENDAR_WORDS, Words
from engine.model import Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from engine.decide.coding import Enumerated
    from engine.model import Group, PolicySet

UNKNOWN: Final = ("user", "source_id")
"""The columns of a decision row that a situation does not tell."""
_KEPT: Final = (*(column for column in Decision._fields if column not in UNKNOWN), "users")
_MOST: Final = 20_000
"""Into how many situations the toggles of a set may part people, as far as can be foreseen."""
_AT_ONCE: Final = 8
"""How many sets are counted by one scan: DuckDB holds some MB for each, on every thread."""
_FEW: Final = 4
"""For how many digits the least rank is looked for faster than a row's groups are sorted."""
_ALONE: Final = (Voice.PRIMARY_GROUP, Voice.MANAGING_GROUP)
"""Of these there is one for a row, and any sort of setting may be heard."""
_BY_LOCKS: Final = (Voice.AGREEING_GROUPS, Voice.DISAGREEING_GROUPS)


def tally(
    policies: PolicySet,
    account: str,
    toggles: Sequence[str],
    relation: str,
    coding: Enumerated,
    chosen: Collection[str] | None = None,
) -> Statement:
    """Return the statement that counts how the people of one account are decided.

    Its rows are decision rows but for the columns UNKNOWN, and how many `users` have each; several
    rows may be alike. `chosen` are the toggles that anybody may declare, all by default.
    """
    groups = [group for (owner, _), group in policies.groups.items() if owner == account]
    one: dict[str, _Toggle] = {}
    sets: list[_Set] = []
    for key in toggles:
        members = (key, *required(policies.toggles, key))
        for member in members:
            if member not in one:
                one[member] = toggle = _Toggle(policies, account, member, groups, coding, len(one))
                toggle.decide(policies, account, may_choose=chosen is None or member in chosen)
        _join(sets, _Set((key,), {member: one[member] for member in members}))
    parts = [
        _Levels(policies, account, groups, sets[at : at + _AT_ONCE]).statement(relation)
        for at in range(0, len(sets), _AT_ONCE)
    ]
    types = dict.fromkeys(words for part in parts for words in part.types)
    return Statement(tuple(types), " UNION ALL ".join(f"({part.select})" for part in parts))


class _Toggle(Tiered):
    """One toggle over rows that tell what sorts of settings are heard, and not whose.

    Sorts are numbered as by `sort_of`. `order` is that of the calendars, for a sync toggle.
    """

    def __init__(
        self,
        policies: PolicySet,
        account: str,
        key: str,
        groups: Iterable[Group],
        coding: Enumerated,
        number: int,
    ) -> None:
        super().__init__(number, coding)
        self.own = f"t{sorted(policies.toggles).index(key)}"
        self.order: Words | None = None
        if policies.toggles[key].supported_calendars is not None:
            self.order, self.supported = calendar_order(policies, key, f"{coding.prefix}c{number}")
        voices = own_voices(policies, account, key)
        sorts = {sort_of(group, key) for group in groups if key in group.settings}
        if sorts:
            by_priority = resolution(policies, account) is Resolution.GROUP_PRIORITY
            said = self._managing if by_priority else self._members
            voices |= said(any_locks=min(sorts) < 2)
        self.voices = voices

    def hears(self, *voices: Voice) -> bool:
        """Tell whether one of these may decide."""
        return any(tier.voice in voices for _, _, tier, _ in self.reached)

    @property
    def grouped(self) -> bool:
        """Tell whether a group may decide."""
        return self.hears(*_ALONE, *_BY_LOCKS)

    @cached_property
    def foreseen(self) -> int:
        """Into how many situations the toggle parts people, but for their calendars."""
        alone = 5 if self.hears(*_ALONE) else 1
        by_locks = 4 if self.hears(*_BY_LOCKS) else 1
        return alone * by_locks * (3 if self.hears(Voice.USER) else 1)

    def _managing(self, *, any_locks: bool) -> dict[Voice, Heard]:
        main = f"main{self.number}"
        locks = f"{main} < 2" if any_locks else NEVER
        return {Voice.MANAGING_GROUP: Heard(f"{main} < 4", locks, f"{main} IN (1, 3)", "NULL")}

    def _members(self, *, any_locks: bool) -> dict[Voice, Heard]:
        first, main, apart = (f"{what}{self.number}" for what in ("first", "main", "apart"))
        ends = (1, 2, 3, 4) if any_locks else (0, 0, 3, 4)
        apart = apart if any_locks else NEVER
        return said_by_members(Members(first, main, ends, apart, "NULL", "NULL"))


class _Set(NamedTuple):
    """Toggles that people are counted by together: those asked for, and with all they require."""

    asked: tuple[str, ...]
    members: dict[str, _Toggle]

    def orders(self) -> list[tuple[str, ...]]:
        """Return the orders of calendars that those asked for read."""
        found = (self.members[key].order for key in self.asked)
        return list(dict.fromkeys(order.words for order in found if order))

    def foreseen(self) -> int:
        """Return into how many situations they part people."""
        each = [toggle.foreseen for toggle in self.members.values()]
        return prod(each) * prod(len(words) for words in self.orders())


def _join(sets: list[_Set], new: _Set) -> None:
    """Put toggles to the first that they can be counted with.

    INVARIANT: toggles that part nobody go with any, so that a set among others has keys.
    """
    for at, old in enumerate(sets):
        both = _Set((*old.asked, *new.asked), old.members | new.members)
        if both.foreseen() <= max(_MOST, old.foreseen(), new.foreseen()):
            sets[at] = both
            return
    sets.append(new)


class _Levels:
    """The statement, a SELECT inside another.

    `places` are those of the digits of each set's toggles that groups may decide: side by side.
    """

    def __init__(
        self, policies: PolicySet, account: str, groups: Sequence[Group], sets: Sequence[_Set]
    ) -> None:
        self.policies = policies
        self.account = account
        self.sets = sets
        toggles = {key: toggle for some in sets for key, toggle in some.members.items()}
        self.coding = next(iter(toggles.values())).coding
        self.by_priority = resolution(policies, account) is Resolution.GROUP_PRIORITY
        self.groups = sorted(groups, key=rank if self.by_priority else lambda group: group.id)
        self.kind = Words(f"{self.coding.prefix}g", tuple(group.id for group in self.groups))
        orders = (toggles[key].order for some in sets for key in some.asked)
        self.orders = list({order.words: order for order in orders if order}.values())
        self.own = sorted(toggle.own for toggle in toggles.values() if toggle.hears(Voice.USER))
        self.places: list[dict[str, int]] = []
        places: dict[str, list[int]] = {}
        free = count()
        for some in sets:
            self.places.append({key: next(free) for key, t in some.members.items() if t.grouped})
            for key, place in self.places[-1].items():
                places.setdefault(key, []).append(place)
        self.alone = Digits("alone", places, (1, 3, 5, 7))
        by_locks = any(toggle.hears(*_BY_LOCKS) for toggle in toggles.values())
        self.by_locks = Digits("locks", places if by_locks else {}, (1, 2, 0, 0))
        self.sorts = self.by_priority and next(free) > _FEW
        self.digits = [one for one in (self.alone, self.by_locks) if one.places]

    def statement(self, relation: str) -> Statement:
        """Return the whole."""
        grouped = self._grouped(self._sliced(self._looked_up(self._held(relation))))
        parts = " UNION ALL ".join(self._decided(at) for at in range(len(self.sets)))
        types = [one for one in self.orders if one is not CALENDAR_WORDS]
        types += [self.kind] if self.digits else []
        return Statement(tuple(types), f"WITH grouped AS MATERIALIZED ({grouped}) {parts}")

    def _held(self, relation: str) -> str:
        """Return everybody with groups and calendars as numbers."""
        columns = [Column(own, own) for own in self.own]
        for at, order in enumerate(self.orders):
            first = self.coding.number(self.coding.smallest("calendars", order.name))
            # INVARIANT: the first of an order is supported, as R6 has who tracks no calendars.
            columns.append(Column(f"calendar{at}", f"coalesce({first}, 0)"))
        if self.digits:
            listed = f"groups::{self.kind.name}[]"
            columns.append(Column("among", f"list_sort({listed})" if self.sorts else listed))
            columns.append(Column("main", self.coding.held(PRIMARY, self.kind.name)))
        return f'SELECT "user"{added(columns)} FROM ({relation})'

    def _looked_up(self, inner: str) -> str:
        """Return everybody with what their groups say."""
        if not self.digits:
            return inner
        words, lists = self._words()
        # A list among the rows is made once; one in an expression would be for each 2,048 of them.
        said = ", ".join(f"{column.sql} AS {column.name}" for column in lists)
        return f"SELECT *{added(words)} FROM ({inner}), (SELECT {said})"

    def _words(self) -> tuple[list[Column], list[Column]]:
        """Return the digits of a row, and the lists of those of every group."""
        alone, by_locks, groups = self.alone, self.by_locks, self.groups
        if self.sorts:
            return alone.of_first("among"), alone.lookups(groups)
        if self.by_priority:
            return alone.of_first_by_ranks("among"), alone.ranks(groups)
        lists = [*alone.lookups(groups), *by_locks.lookups(groups)]
        return [*alone.of_one("main"), *by_locks.of_all("among")], lists

    def _keys(self, at: int) -> list[Column]:
        """Return what the people of a set are told apart by; none of it is ever null."""
        some, places = self.sets[at], self.places[at].values()
        found = []
        if places:
            start, end = min(places), max(places) + 1
            found += [column for one in self.digits for column in one.slices(start, end)]
        for number, order in enumerate(self.orders):
            if order.words in some.orders():
                found.append(Column(f"calendar{number}", f"calendar{number}"))
        chosen = (t.own for t in some.members.values() if t.hears(Voice.USER))
        found += [
            Column(own, f"CASE WHEN {own} IS NULL THEN 0 WHEN {own} THEN 1 ELSE 2 END")
            for own in chosen
        ]
        return [Column(f"set{at}_{name}", sql) for name, sql in found]

    def _sliced(self, inner: str) -> str:
        keys = [column for at in range(len(self.sets)) for column in self._keys(at)]
        return f'SELECT "user"{added(keys)} FROM ({inner})'

    def _grouped(self, inner: str) -> str:
        """Return how many there are of each situation, by set; of other sets the keys are null."""
        sets = [[column.name for column in self._keys(at)] for at in range(len(self.sets))]
        keys = "".join(f"{name}, " for names in sets for name in names)
        by = ", ".join(f"({', '.join(names)})" for names in sets)
        grouping = f" GROUP BY GROUPING SETS ({by})" if keys else ""
        return f'SELECT {keys}count("user") AS users FROM ({inner}){grouping}'

    def _decided(self, at: int) -> str:
        """Return the decisions of the situations of a set."""
        some, places = self.sets[at], self.places[at]
        columns = [Column("users", "users")]
        for key, toggle in some.members.items():
            if key in places:
                columns += self._told(toggle, at, places[key])
            if toggle.hears(Voice.USER):
                columns.append(Column(toggle.own, f"nullif(set{at}_{toggle.own}, 0) = 1"))
            if toggle.order and key in some.asked:
                number = [order.words for order in self.orders].index(toggle.order.words)
                columns.append(Column(f"calendar{toggle.number}", f"set{at}_calendar{number}"))
        own = [f"{column.name} IS NOT NULL" for column in self._keys(at)[:1]]
        where = " AND ".join(["users > 0", *own])
        told = ", ".join(f"{column.sql} AS {column.name}" for column in columns)
        inner = f"SELECT {told} FROM grouped WHERE {where}"
        return decided(
            self.policies,
            self.account,
            some.asked,
            some.members,
            inner,
            kept=_KEPT,
        )

    def _told(self, toggle: _Toggle, at: int, place: int) -> list[Column]:
        """Return what groups say of a toggle, from the digits of its set."""
        start = min(self.places[at].values())
        number = toggle.number
        one = self.alone.digit(place, start, f"set{at}_")
        columns = [Column(f"main{number}", f"CASE WHEN {one} = 0 THEN 4 ELSE ({one}) >> 1 END")]
        if self.by_locks.places:
            locks = self.by_locks.digit(place, start, f"set{at}_")
            first = f"CASE {locks} WHEN 0 THEN 4 WHEN 2 THEN 1 ELSE 0 END"
            columns += [Column(f"first{number}", first), Column(f"apart{number}", f"{locks} = 3")]
        return columns
