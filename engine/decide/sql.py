"""A whole population as one SQL statement, from the tables that one user is decided by.

Writes DuckDB's SQL as text and runs nothing. The input is a relation of clean rows: `user`,
`groups` (a list, null or empty where there are none), `primary_group` (null where it is not
declared), `calendars` (null or empty where they are not tracked, the word `none` where there are
none) and `t0`, `t1` …, the user's own choices as booleans, for the toggles of the set ordered by
key. The output are the columns of a decision row.

What a voice says of a toggle is `engine.decide.heard`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.decide.heard import ALWAYS, NEVER, Column, ToggleColumns, added
from engine.decide.sync import required
from engine.literals import CALENDAR_WORDS, Words, name
from engine.model import CALENDARS, Reason, Scope, State, SyncReason

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.decide.coding import Coding
    from engine.model import PolicySet


class Statement(NamedTuple):
    """A SELECT, and the types, or in plain form the functions, that must be there before it."""

    types: tuple[Words, ...]
    select: str


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
        key: ToggleColumns(policies, account, key, number, coding)
        for number, key in enumerate(needed)
    }
    for key, toggle in one.items():
        toggle.decide(policies, account, may_choose=chosen is None or key in chosen)
    first = [column for toggle in one.values() for column in toggle.columns]
    tiers = [Column(f"tier{t.number}", t.tier()) for t in one.values()]
    states = [Column(f"on{t.number}", t.state()) for t in one.values()]
    own = "".join(f", t{number}" for number in range(len(policies.toggles)))
    inner = f'SELECT "user", groups, calendars{own}{added(first)} FROM ({relation})'
    inner = f"SELECT *{added(tiers)} FROM ({inner})"
    inner = f"SELECT *{added(states)} FROM ({inner})"
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


def _which(choices: list[tuple[int, str]]) -> str:
    """Return the expression of the toggle whose number is `which`."""
    if len({sql for _, sql in choices}) == 1:
        return choices[0][1]
    branches = " ".join(f"WHEN {number} THEN {sql}" for number, sql in choices)
    return f"CASE which {branches} END"


def _row(
    policies: PolicySet, toggles: Mapping[str, ToggleColumns], key: str, coding: Coding
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


def _sync_reason(toggle: ToggleColumns, others: Sequence[ToggleColumns], coding: Coding) -> str:
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
