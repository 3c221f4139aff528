"""What people of one pair of profiles share on the page of a comparison, each thing written once.

A *shape* is all of it: account, groups, and a *view* for each row. A view is a move from stage to
stage, and for each *side* the tiers that were asked. All of them refer to each other by number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.decide.trace import Why
from engine.model import Scope
from engine.report.explain_text import events
from engine.report.screen import plain
from engine.report.stages import rank, stage_of, words
from engine.review.explanation import explain, on_or_off
from engine.review.targets import toggle_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from engine.model import Decision, Location, PolicySet, User
    from engine.report.stages import Stage
    from engine.review.comparison import Comparison
    from engine.review.explanation import TierRow
    from engine.review.rows import Pattern, Person

_ACTIONS: Final = {"changed": 0, "added": 1, "removed": 2}
_SAME: Final = 3
"""The number of a row that differs in reason or source alone."""
_DECIDES, _APPLIES, _OWN = 1, 2, 4
NOTHING: Final = 0
"""What stands for null in the lists: shorter, and as false to JavaScript."""
_POOLS: Final = (
    *("files", "groups", "accounts", "toggles", "stages", "moves"),
    *("tiers", "sides", "views", "shapes"),
)


class Move(NamedTuple):
    """Users who go from one stage of a toggle to another."""

    toggle: str
    old: Stage
    new: Stage


class _Pool:
    """Distinct things, numbered as they come; how one is written may differ from its key."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, key: Hashable, item: Any = None) -> int:
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.items)
            self.items.append(key if item is None else item)
        return found


class Shape(NamedTuple):
    """What the people of one pair of profiles share.

    `own` tells of each row whether what the user chose stands among its tiers, old and new.
    """

    number: int
    moves: tuple[Move | None, ...]
    effects: frozenset[str]
    own: tuple[tuple[bool, bool], ...]
    patterns: tuple[Pattern, ...]
    is_all: bool
    """There is nothing that one person has and the next one has not."""


class Shapes:
    """The shapes of a comparison, made as people are met who have them."""

    def __init__(self, comparison: Comparison) -> None:
        self.old, self.new = comparison.old, comparison.new
        self.pools = {name: _Pool() for name in _POOLS}
        self.known: dict[tuple[int, int], Shape] = {}

    def content(self) -> dict[str, Any]:
        """Return what was written so far."""
        return {name: pool.items for name, pool in self.pools.items()}

    def of(self, user: str, rows: Person | None, others: Person | None) -> Shape:
        """Return what all of a person's profiles share. Patterns are one object for all of them."""
        parts = (rows.patterns if rows else (), others.patterns if others else ())
        key = (id(parts[0]), id(parts[1]))
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._shaped(user, *parts)
        return found

    def _shaped(self, name: str, rows: tuple[Pattern, ...], others: tuple[Pattern, ...]) -> Shape:
        users = self.old.users.get(name), self.new.users.get(name)
        views, own = [], []
        moves: list[Move | None] = []
        for at, pattern in enumerate((*rows, *others)):
            sides, chose = [], []
            for policies, user, row in zip(
                (self.old, self.new), users, (pattern.old, pattern.new), strict=True
            ):
                side, chosen = self._side(policies, user, row)
                sides.append(side)
                chose.append(chosen)
            move = Move(pattern.toggle, stage_of(pattern.old), stage_of(pattern.new))
            action = _ACTIONS[pattern.action] if at < len(rows) else _SAME
            view = (self.number_of(move), action, *sides, pattern.shared)
            views.append(self.pools["views"].number(view))
            own.append((chose[0], chose[1]))
            moves.append(move if at < len(rows) else None)
        number = self.pools["shapes"].number((*self._groups(users), tuple(views)))
        patterns = (*rows, *others)
        return Shape(
            number=number,
            moves=tuple(moves),
            effects=frozenset(one for pattern in rows for one in effects(pattern)),
            own=tuple(own),
            patterns=patterns,
            is_all=not any(map(any, own)) and not any(pattern.own for pattern in patterns),
        )

    def _groups(self, users: tuple[User | None, User | None]) -> tuple[Any, ...]:
        """Return the account now, and the groups before and after, the main one first."""
        old, new = users
        user = new or old
        assert user is not None  # noqa: S101 - somebody is on one of the sides
        return (
            self._account(user.account),
            *(tuple(self._group(one, group) for group in _ordered(one)) for one in users),
        )

    def _group(self, user: User | None, group: str) -> int:
        assert user is not None  # noqa: S101 - nobody has no groups
        key = (user.account, group)
        known = self.new.groups.get(key) or self.old.groups.get(key)
        name = (known.name if known else None) or group
        return self.pools["groups"].number(
            key, [plain(group), plain(name), self._account(user.account)]
        )

    def _account(self, account: str) -> int:
        known = self.new.accounts.get(account) or self.old.accounts.get(account)
        name = (known.name if known else None) or account
        return self.pools["accounts"].number(account, [plain(account), plain(name)])

    def number_of(self, move: Move) -> int:
        """Return the number of a move."""
        key = (self._toggle(move.toggle), *(self._stage(stage) for stage in move[1:]))
        return self.pools["moves"].number(key)

    def _toggle(self, key: str) -> int:
        toggle = self.new.toggles[key]
        return self.pools["toggles"].number(key, [plain(key), plain(toggle_name(toggle))])

    def _stage(self, stage: Stage) -> int:
        return self.pools["stages"].number(stage or words(stage), (*words(stage), rank(stage)))

    def _side(
        self, policies: PolicySet, user: User | None, row: Decision | None
    ) -> tuple[int, bool]:
        """Return the number of one side of a row, -1 where there is none, and if the user chose."""
        if user is None or row is None:
            return -1, False
        explained = explain(policies, user, policies.toggles[row.toggle])
        chose = any(tier.scope is Scope.USER and tier.state for tier in explained.tiers)
        key = (
            self._stage(stage_of(row)),
            plain(explained.source),
            plain(events(explained) or "") or NOTHING,
            tuple(self._tier(tier) for tier in explained.tiers),
        )
        return self.pools["sides"].number(key), chose

    def _tier(self, tier: TierRow) -> int:
        own = tier.scope is Scope.USER and tier.state is not None
        flags = (_DECIDES if tier.why is Why.DECIDES else 0) | (_APPLIES if tier.applies else 0)
        key = (
            tier.reason.value,
            plain(tier.text),
            plain(tier.note) if tier.note and tier.applies and not own else NOTHING,
            self.place(tier.location) if tier.location and not own else NOTHING,
            flags | (_OWN if own else 0),
        )
        return self.pools["tiers"].number(key)

    def place(self, location: Location) -> tuple[int, int]:
        """Return the number of a file, and the line."""
        return self.pools["files"].number(plain(location.file)), location.line


def _ordered(user: User | None) -> list[str]:
    """Return a user's groups, the main one first."""
    if user is None:
        return []
    return sorted(dict.fromkeys(user.groups), key=lambda group: group != user.primary_group)


def effects(pattern: Pattern) -> Iterator[str]:
    """Yield what a row is counted as: each name is also that of a number on the page."""
    old, new = pattern.old, pattern.new
    if old is None or new is None:
        yield "come" if old is None else "go"
        return
    if old.sync != new.sync:
        yield "get" if new.sync else "lose"
    elif old.state is not new.state:
        yield on_or_off(new.state)
    if old.locked is not new.locked:
        yield "held" if new.locked else "freed"
