"""One toggle in one account as SQL over one row: what its groups say, and which of them is heard.

Writes DuckDB's SQL as text and runs nothing. `engine.decide.sql` makes statements of it.

The groups of an account are numbered, as an enumeration or plainly (`engine.decide.coding`), so
that the smallest of a user's groups is the one that is heard: membership is folded by one
`list_min`, and no row is ever joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.decide.facts import rank, resolution
from engine.decide.tiered import NEVER, Column, Heard, Tiered, calendar_order, own_voices
from engine.decide.tiers import Voice
from engine.literals import CALENDAR_WORDS, Words
from engine.model import Resolution, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.decide.coding import Coding
    from engine.model import Group, PolicySet

PRIMARY: Final = "coalesce(primary_group, groups[1])"
"""The primary group of a row as it is declared: the first of the groups where none is named."""


class Members(NamedTuple):
    """What is known of a row's groups under R4, as SQL.

    `first` and `main` are numbers, of the first of all its groups and of the primary one, in an
    order in which those that lock the toggle off come before `ends[0]`, those that lock it on
    before `ends[1]`, those that say off before `ends[2]`, and that say on before `ends[3]`.
    `apart` tells whether there are locks of both states; `first_id` and `main_id` are ids.
    """

    first: str
    main: str
    ends: tuple[int, int, int, int]
    apart: str
    first_id: str
    main_id: str


def said_by_members(known: Members) -> dict[Voice, Heard]:
    """Return R4's voices.

    INVARIANT: the other groups are heard after the primary group's lock, as R4 has it; where
    the primary does not lock, the smallest of all groups that lock is one of the others.
    """
    first, main, (off, locking, says_off, declaring), apart, first_id, main_id = known
    on = f"({main} >= {says_off} OR ({main} >= {off} AND {main} < {locking}))"
    agree = f"{first} < {locking}" if apart == NEVER else f"{first} < {locking} AND NOT {apart}"
    return {
        Voice.PRIMARY_GROUP: Heard(
            f"{main} < {declaring}", f"{main} < {locking}" if locking else NEVER, on, main_id
        ),
        Voice.AGREEING_GROUPS: Heard(
            NEVER, agree if locking else NEVER, f"{first} >= {off}", first_id
        ),
        Voice.DISAGREEING_GROUPS: Heard(NEVER, apart, NEVER, first_id),
    }


def sort_of(group: Group, key: str) -> int:
    """Return 0 for a group that locks a toggle off, 1 on; 2 if it says off, 3 on; 4 if nothing."""
    setting = group.settings.get(key)
    if setting is None:
        return 4
    return 2 * (not setting.locked) + (setting.state is State.ENABLED)


class ToggleColumns(Tiered):
    """One toggle in one account, over rows that hold groups and calendars as they are declared.

    `primary` is the SQL of a row's primary group. Another than the declared one need not be
    among the groups, as when one of them was taken away for a trial. `kind` is the type of the
    groups, where one declares the toggle; under R4 those that lock it off come first, then those
    that lock it on, say off, say on, and say nothing, and `ends` are where the first four end.
    """

    def __init__(
        self,
        policies: PolicySet,
        account: str,
        key: str,
        number: int,
        coding: Coding,
        primary: str = PRIMARY,
    ) -> None:
        super().__init__(number, coding)
        self.primary = primary
        self.kind = ""
        self.ends: tuple[int, int, int, int] = (0, 0, 0, 0)
        self.columns: list[Column] = []
        self.types: list[Words] = []
        self._calendars(policies, key)
        voices = own_voices(policies, account, key)
        groups = [group for (owner, _), group in policies.groups.items() if owner == account]
        if any(key in group.settings for group in groups):
            by_priority = resolution(policies, account) is Resolution.GROUP_PRIORITY
            fold = self._managing if by_priority else self._members
            voices |= fold(groups, key, f"{coding.prefix}g{number}")
        self.voices = voices

    def _calendars(self, policies: PolicySet, key: str) -> None:
        if policies.toggles[key].supported_calendars is None:
            return
        words, good = calendar_order(policies, key, f"{self.coding.prefix}c{self.number}")
        if words is not CALENDAR_WORDS:
            self.types.append(words)
        code = self.coding.number(self.coding.smallest("calendars", words.name))
        self.columns.append(Column(f"calendar{self.number}", code))
        self.supported = good

    def _managing(self, groups: Sequence[Group], key: str, kind: str) -> dict[Voice, Heard]:
        """Return R5's voice: those that declare come first, by rank; the rest follow."""
        ordered = sorted(groups, key=lambda group: (key not in group.settings, rank(group)))
        said = [group.settings[key] for group in ordered if key in group.settings]
        code = self._folded(kind, ordered)

        def bit(what: str, flags: list[bool]) -> str:
            if all(flags) or not any(flags):
                return f"{code} < {len(said)}" if flags[0] else NEVER
            sql, words = self.coding.flag(f"{kind}_{what}", flags, code)
            self.types.extend(words)
            return sql

        enabled = bit("on", [setting.state is State.ENABLED for setting in said])
        heard = Heard(
            f"{code} < {len(said)}",
            bit("locked", [setting.locked for setting in said]),
            enabled,
            self.coding.said(f"first{self.number}", kind),
        )
        return {Voice.MANAGING_GROUP: heard}

    def _members(self, groups: Sequence[Group], key: str, kind: str) -> dict[Voice, Heard]:
        """Return R4's voices."""
        ordered = sorted(groups, key=lambda group: (sort_of(group, key), group.id))
        sorts = [sort_of(group, key) for group in groups]
        off, locking, says_off, declaring = (
            sum(one <= bound for one in sorts) for bound in range(4)
        )
        self.ends = off, locking, says_off, declaring
        code = self._folded(kind, ordered)
        primary = self.coding.held(self.primary, kind)
        self.columns.append(Column(f"main{self.number}", primary))
        apart = NEVER
        fewest = 2 if self.primary == PRIMARY else 1  # the primary one is mostly among them
        if 0 < off < locking:
            greatest = self.coding.greatest_below("groups", kind, locking)
            apart = (
                f"CASE WHEN {code} < {off} AND array_length(groups) > {fewest}"
                f" THEN {greatest} >= {off} ELSE false END"
            )
        return said_by_members(
            Members(
                code,
                self.coding.number(f"main{self.number}"),
                self.ends,
                apart,
                self.coding.said(f"first{self.number}", kind),
                self.coding.said(f"main{self.number}", kind),
            )
        )

    def _folded(self, kind: str, ordered: Sequence[Group]) -> str:
        """Fold membership to the first group of an order, and return the SQL of its number."""
        self.kind = kind
        self.types.append(Words(kind, tuple(group.id for group in ordered)))
        first = self.coding.smallest("groups", kind)
        self.columns.append(Column(f"first{self.number}", first))
        return self.coding.number(f"first{self.number}")
