"""One toggle in one account as SQL over one row: what each voice declares, and who is heard.

Writes DuckDB's SQL as text and runs nothing. `engine.decide.sql` makes statements of it.

The groups of an account are numbered, as an enumeration or plainly (`engine.decide.coding`), so
that the smallest of a user's groups is the one that is heard: membership is folded by one
`list_min`, and no row is ever joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.decide.facts import rank, resolution
from engine.decide.tiers import TIERS, Tier, Voice
from engine.literals import CALENDAR_WORDS, NO_CALENDAR, Words, text
from engine.model import CALENDARS, Resolution, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.decide.coding import Coding
    from engine.model import Group, PolicySet

ALWAYS: Final = "true"
NEVER: Final = "false"
PRIMARY: Final = "coalesce(primary_group, groups[1])"
"""The primary group of a row as it is declared: the first of the groups where none is named."""


class Heard(NamedTuple):
    """What a voice says of a toggle, as SQL over one row: conditions, a boolean, and an id."""

    declares: str
    locks: str
    enabled: str
    source: str


class Column(NamedTuple):
    """A column that the next level of the statement reads."""

    name: str
    sql: str


def added(columns: Iterable[Column]) -> str:
    """Return columns that a SELECT has beside others."""
    return "".join(f", {column.sql} AS {column.name}" for column in columns)


class ToggleColumns:
    """One toggle in one account: what its voices say, and the tiers that can be reached.

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
        self.number = number
        self.coding = coding
        self.primary = primary
        self.supported = 0
        self.kind = ""
        self.ends: tuple[int, ...] = (0, 0, 0, 0)
        self.columns: list[Column] = []
        self.types: list[Words] = []
        self.reached: list[tuple[int, str, Tier, Heard]] = []
        self._calendars(policies, key)
        self.voices = self._voices(policies, account, key)

    def decide(self, policies: PolicySet, account: str, *, may_choose: bool) -> None:
        """Find the tiers that can be reached."""
        voices = {v: h for v, h in self.voices.items() if may_choose or v is not Voice.USER}
        for at, tier in enumerate(TIERS[resolution(policies, account)]):
            heard = voices.get(tier.voice)
            condition = (
                NEVER if heard is None else heard.locks if tier.must_lock else heard.declares
            )
            if heard is not None and condition != NEVER:
                self.reached.append((at, condition, tier, heard))
            if condition == ALWAYS:
                break

    def tier(self) -> str:
        """Return the number of the tier that decides."""
        *some, last = self.reached
        whens = " ".join(f"WHEN {condition} THEN {at}" for at, condition, _, _ in some)
        return self.coding.small(f"CASE {whens} ELSE {last[0]} END" if some else str(last[0]))

    def state(self) -> str:
        """Return whether the toggle is on."""
        return self.by_tier(lambda _, heard: heard.enabled)

    def by_tier(self, said: Callable[[Tier, Heard], str]) -> str:
        """Return what is said at the tier that decides."""
        branches: dict[str, list[int]] = {}
        for at, _, tier, heard in self.reached:
            branches.setdefault(said(tier, heard), []).append(at)
        *some, last = branches.items()
        if not some:
            return last[0]
        whens = " ".join(
            f"WHEN {' OR '.join(f'tier{self.number} = {one}' for one in at)} THEN {sql}"
            for sql, at in some
        )
        return f"CASE {whens} ELSE {last[0]} END"

    def _calendars(self, policies: PolicySet, key: str) -> None:
        supported = policies.toggles[key].supported_calendars
        if supported is None:
            return
        ordered = sorted(CALENDARS, key=lambda calendar: calendar not in supported)
        words = Words(f"{self.coding.prefix}c{self.number}", (*ordered, NO_CALENDAR))
        if words.words == CALENDAR_WORDS.words:
            words = CALENDAR_WORDS
        else:
            self.types.append(words)
        good = sum(calendar in supported for calendar in CALENDARS)
        code = self.coding.number(self.coding.smallest("calendars", words.name))
        self.columns.append(Column(f"calendar{self.number}", code))
        self.supported = good

    def _voices(self, policies: PolicySet, account: str, key: str) -> dict[Voice, Heard]:
        own = f"t{sorted(policies.toggles).index(key)}"
        default = _bool(policies.toggles[key].default)
        voices = {
            Voice.CATALOGUE: Heard(ALWAYS, NEVER, default, text(key)),
            Voice.USER: Heard(f"{own} IS NOT NULL", NEVER, own, '"user"'),
        }
        setting = policies.accounts[account].settings.get(key)
        if setting is not None:
            locks = ALWAYS if setting.locked else NEVER
            voices[Voice.ACCOUNT] = Heard(ALWAYS, locks, _bool(setting.state), text(account))
        groups = [group for (owner, _), group in policies.groups.items() if owner == account]
        if any(key in group.settings for group in groups):
            by_priority = resolution(policies, account) is Resolution.GROUP_PRIORITY
            fold = self._managing if by_priority else self._members
            voices |= fold(groups, key, f"{self.coding.prefix}g{self.number}")
        return voices

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
        """Return R4's voices.

        INVARIANT: the other groups are heard after the primary group's lock, as R4 has it; where
        the primary does not lock, the smallest of all groups that lock is one of the others.
        """
        ordered = sorted(groups, key=lambda group: (_class(group, key), group.id))
        ends = [sum(_class(group, key) <= bound for group in groups) for bound in range(4)]
        off, locking, says_off, declaring = self.ends = tuple(ends)
        code = self._folded(kind, ordered)
        primary = self.coding.held(self.primary, kind)
        self.columns.append(Column(f"main{self.number}", primary))
        main = self.coding.number(f"main{self.number}")
        ids = self.coding.said(f"first{self.number}", kind)
        main_id = self.coding.said(f"main{self.number}", kind)
        apart = NEVER
        fewest = 2 if self.primary == PRIMARY else 1  # the primary one is mostly among them
        if 0 < off < locking:
            greatest = self.coding.greatest_below("groups", kind, locking)
            apart = (
                f"CASE WHEN {code} < {off} AND array_length(groups) > {fewest}"
                f" THEN {greatest} >= {off} ELSE false END"
            )
        on = f"({main} >= {says_off} OR ({main} >= {off} AND {main} < {locking}))"
        agree = f"{code} < {locking}" if apart == NEVER else f"{code} < {locking} AND NOT {apart}"
        return {
            Voice.PRIMARY_GROUP: Heard(
                f"{main} < {declaring}",
                f"{main} < {locking}" if locking else NEVER,
                on,
                main_id,
            ),
            Voice.AGREEING_GROUPS: Heard(
                NEVER, agree if locking else NEVER, f"{code} >= {off}", ids
            ),
            Voice.DISAGREEING_GROUPS: Heard(NEVER, apart, NEVER, ids),
        }

    def _folded(self, kind: str, ordered: Sequence[Group]) -> str:
        """Fold membership to the first group of an order, and return the SQL of its number."""
        self.kind = kind
        self.types.append(Words(kind, tuple(group.id for group in ordered)))
        first = self.coding.smallest("groups", kind)
        self.columns.append(Column(f"first{self.number}", first))
        return self.coding.number(f"first{self.number}")


def _class(group: Group, key: str) -> int:
    setting = group.settings.get(key)
    if setting is None:
        return 4
    return 2 * (not setting.locked) + (setting.state is State.ENABLED)


def _bool(state: State) -> str:
    return ALWAYS if state is State.ENABLED else NEVER
