"""A whole population as one SQL statement, from the tables that one user is decided by.

Writes DuckDB's SQL as text and runs nothing. The input is a relation of clean rows: `user`,
`groups` (a list, null or empty where there are none), `primary_group` (null where it is not
declared), `calendars` (null or empty where they are not tracked, the word `none` where there are
none) and `t0`, `t1` …, the user's own choices as booleans, for the toggles of the set ordered by
key. The output are the columns of a decision row.

The groups of an account are numbered, as an enumeration or plainly (`engine.decide.coding`), so
that the smallest of a user's groups is the one that is heard: membership is folded by one
`list_min`, and no row is ever joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.decide.facts import rank, resolution
from engine.decide.sync import required
from engine.decide.tiers import TIERS, Tier, Voice
from engine.literals import CALENDAR_WORDS, NO_CALENDAR, Words, name, text
from engine.model import CALENDARS, Reason, Resolution, Scope, State, SyncReason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from engine.decide.coding import Coding
    from engine.model import Group, PolicySet

ALWAYS: Final = "true"
NEVER: Final = "false"


class Statement(NamedTuple):
    """A SELECT, and the types, or in plain form the functions, that must be there before it."""

    types: tuple[Words, ...]
    select: str


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


def shared_words(policies: PolicySet) -> tuple[Words, ...]:
    """Return the types of the columns of a decision row that hold one of a few words."""
    return (
        CALENDAR_WORDS,
        Words("account_word", tuple(sorted(policies.accounts))),
        Words("toggle_word", tuple(sorted(policies.toggles))),
        Words("state_word", tuple(sorted(State))),
        Words("reason_word", tuple(Reason)),
        Words("scope_word", tuple(Scope)),
        Words("sync_word", tuple(SyncReason)),
    )


def decisions(
    policies: PolicySet,
    account: str,
    toggles: Sequence[str],
    relation: str,
    coding: Coding,
    chosen: Collection[str] | None = None,
) -> Statement:
    """Return the statement that decides `toggles` for the people of one account.

    `chosen` are the toggles that any of them may declare, all by default. The row of each toggle
    follows in the order of `toggles`, as the people come in `relation`.
    """
    asked = tuple(toggles)
    needed = dict.fromkeys(
        key for toggle in asked for key in (toggle, *required(policies.toggles, toggle))
    )
    one = {
        key: _Toggle(policies, account, key, number, coding) for number, key in enumerate(needed)
    }
    for key, toggle in one.items():
        toggle.decide(policies, account, may_choose=chosen is None or key in chosen)
    first = [column for toggle in one.values() for column in toggle.columns]
    tiers = [Column(f"tier{t.number}", t.tier()) for t in one.values()]
    states = [Column(f"on{t.number}", t.state()) for t in one.values()]
    own = "".join(f", t{number}" for number in range(len(policies.toggles)))
    inner = f'SELECT "user", groups, calendars{own}{_added(first)} FROM ({relation})'
    inner = f"SELECT *{_added(tiers)} FROM ({inner})"
    inner = f"SELECT *{_added(states)} FROM ({inner})"
    if len(asked) > 1:
        numbers = ", ".join(str(one[key].number) for key in asked)
        inner = f"SELECT *, unnest([{numbers}]) AS which FROM ({inner})"
    rows = [_row(policies, one, key, coding) for key in asked]
    columns = (
        f"{_which([(one[key].number, row[at]) for key, row in zip(asked, rows, strict=True)])}"
        f" AS {name(column)}"
        for at, column in enumerate(_ROW)
    )
    own_name = coding.literal(account, "account_word")
    select = f"SELECT {own_name} AS account, {', '.join(columns)} FROM ({inner})"
    types = tuple(words for toggle in one.values() for words in toggle.types)
    return Statement(types, select)


_ROW: Final = (
    *("user", "toggle", "state", "locked", "reason"),
    *("source_scope", "source_id", "sync", "sync_reason"),
)


def _added(columns: Iterable[Column]) -> str:
    return "".join(f", {column.sql} AS {column.name}" for column in columns)


def _which(choices: list[tuple[int, str]]) -> str:
    """Return the expression of the toggle whose number is `which`."""
    if len({sql for _, sql in choices}) == 1:
        return choices[0][1]
    branches = " ".join(f"WHEN {number} THEN {sql}" for number, sql in choices)
    return f"CASE which {branches} END"


def _row(
    policies: PolicySet, toggles: Mapping[str, _Toggle], key: str, coding: Coding
) -> tuple[str, ...]:
    toggle, word = toggles[key], coding.literal
    on, off = word(State.ENABLED, "state_word"), word(State.DISABLED, "state_word")
    supported = policies.toggles[key].supported_calendars
    sync, why = "CAST(NULL AS BOOLEAN)", coding.null("sync_word")
    if supported is not None:
        others = [toggles[other] for other in required(policies.toggles, key)]
        why = _sync_reason(toggle, others, coding)
        sync = f"{why} = {word(SyncReason.ACTIVE, 'sync_word')}"
    return (
        '"user"',
        word(key, "toggle_word"),
        f"CASE WHEN on{toggle.number} THEN {on} ELSE {off} END",
        toggle.by_tier(lambda tier, _: ALWAYS if tier.must_lock else NEVER),
        toggle.by_tier(lambda tier, _: word(tier.reason, "reason_word")),
        toggle.by_tier(lambda tier, _: word(tier.voice.scope, "scope_word")),
        toggle.by_tier(lambda _, heard: heard.source),
        sync,
        why,
    )


def _sync_reason(toggle: _Toggle, others: Sequence[_Toggle], coding: Coding) -> str:
    """Return R6's order of reasons; a toggle that is always on is not asked."""
    off = [f"NOT on{other.number}" for other in others if other.state() != ALWAYS]
    reasons = [(f"NOT on{toggle.number}", SyncReason.TOGGLE_DISABLED)]
    if off:
        reasons.append((f"({' OR '.join(off)})", SyncReason.REQUIRED_TOGGLE_DISABLED))
    code = f"calendar{toggle.number}"
    reasons.append((f"{code} = {len(CALENDARS)}", SyncReason.NO_CALENDAR))
    reasons.append((f"{code} >= {toggle.supported}", SyncReason.UNSUPPORTED_CALENDAR))
    said = {why: coding.literal(why, "sync_word") for why in SyncReason}
    whens = " ".join(f"WHEN {when} THEN {said[why]}" for when, why in reasons)
    return f"CASE {whens} ELSE {said[SyncReason.ACTIVE]} END"


class _Toggle:
    """One toggle in one account: what its voices say, and the tiers that can be reached."""

    def __init__(
        self, policies: PolicySet, account: str, key: str, number: int, coding: Coding
    ) -> None:
        self.number = number
        self.coding = coding
        self.supported = 0
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
        """Return R4's voices. The classes: locks off, locks on, says off, says on, says nothing.

        INVARIANT: the other groups are heard after the primary group's lock, as R4 has it; where
        the primary does not lock, the smallest of all groups that lock is one of the others.
        """
        ordered = sorted(groups, key=lambda group: (_class(group, key), group.id))
        ends = [sum(_class(group, key) <= bound for group in groups) for bound in range(4)]
        off, locking, says_off, declaring = ends
        code = self._folded(kind, ordered)
        primary = self.coding.held("coalesce(primary_group, groups[1])", kind)
        self.columns.append(Column(f"main{self.number}", primary))
        main = self.coding.number(f"main{self.number}")
        ids = self.coding.said(f"first{self.number}", kind)
        main_id = self.coding.said(f"main{self.number}", kind)
        apart = NEVER
        if 0 < off < locking:
            greatest = self.coding.greatest_below("groups", kind, locking)
            apart = (
                f"CASE WHEN {code} < {off} AND array_length(groups) > 2"
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
