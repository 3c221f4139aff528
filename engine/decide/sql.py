"""A whole population as one SQL statement, from the tables that one user is decided by.

Writes DuckDB's SQL as text and runs nothing. The input is a relation of clean rows: `user`,
`groups` (a list, null or empty where there are none), `primary_group` (null where it is not
declared), `calendars` (null or empty where they are not tracked, the word `none` where there are
none) and `t0`, `t1` …, the user's own choices as booleans, for the toggles of the set ordered by
key. The output are the columns of a decision row.

What a voice says of a toggle is `engine.decide.heard`. To count rows, none need be made:
`engine.decide.tally`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.decide.heard import ToggleColumns
from engine.decide.sync import required
from engine.decide.tiered import ALWAYS, NEVER, Column, added
from engine.literals import CALENDAR_WORDS, Words, name
from engine.model import CALENDARS, Decision, Reason, Scope, State, SyncReason

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.decide.coding import Coding
    from engine.decide.tiered import Tiered
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
    own = "".join(f", t{number}" for number in range(len(policies.toggles)))
    inner = f'SELECT "user", groups, calendars{own}{added(first)} FROM ({relation})'
    types = tuple(words for toggle in one.values() for words in toggle.types)
    return Statement(types, decided(policies, account, asked, one, inner))


def decided(
    policies: PolicySet,
    account: str,
    asked: Sequence[str],
    toggles: Mapping[str, Tiered],
    relation: str,
    *,
    kept: Sequence[str] = Decision._fields,
) -> str:
    """Return the SELECT of decision rows over a relation of what their voices say.

    `toggles` are those asked for and all that they require. `kept` are the columns of a row, the
    account first; what a decision row does not have is a column of the relation.
    """
    coding = next(iter(toggles.values())).coding
    tiers = [Column(f"tier{t.number}", t.tier()) for t in toggles.values()]
    states = [Column(f"on{t.number}", t.state()) for t in toggles.values()]
    inner = f"SELECT *{added(tiers)} FROM ({relation})"
    inner = f"SELECT *{added(states)} FROM ({inner})"
    if len(asked) > 1:
        numbers = ", ".join(str(toggles[key].number) for key in asked)
        inner = f"SELECT *, unnest([{numbers}]) AS which FROM ({inner})"
    own_name = coding.literal(account, "account_word")
    rows = [(toggles[key].number, _row(policies, toggles, key)) for key in asked]
    columns = [f"{own_name} AS account"]
    for column in kept[1:]:
        sql = column
        if column in Decision._fields:
            at = Decision._fields.index(column) - 1
            sql = _which([(number, row[at]) for number, row in rows])
        columns.append(f"{sql} AS {name(column)}")
    return f"SELECT {', '.join(columns)} FROM ({inner})"


def _which(choices: list[tuple[int, str]]) -> str:
    """Return the expression of the toggle whose number is `which`."""
    if len({sql for _, sql in choices}) == 1:
        return choices[0][1]
    branches = " ".join(f"WHEN {number} THEN {sql}" for number, sql in choices)
    return f"CASE which {branches} END"


def _row(policies: PolicySet, toggles: Mapping[str, Tiered], key: str) -> tuple[str, ...]:
    """Return the columns of a decision row behind the account."""
    toggle = toggles[key]
    coding = toggle.coding
    word = coding.literal
    on, off = word(State.ENABLED, "state_word"), word(State.DISABLED, "state_word")
    supported = policies.toggles[key].supported_calendars
    sync, why = "CAST(NULL AS BOOLEAN)", coding.null("sync_word")
    if supported is not None:
        others = [toggles[other] for other in required(policies.toggles, key)]
        why = _sync_reason(toggle, others)
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


def _sync_reason(toggle: Tiered, others: Sequence[Tiered]) -> str:
    """Return R6's order of reasons; a toggle that is always on is not asked."""
    off = [f"NOT on{other.number}" for other in others if other.state() != ALWAYS]
    reasons = [(f"NOT on{toggle.number}", SyncReason.TOGGLE_DISABLED)]
    if off:
        reasons.append((f"({' OR '.join(off)})", SyncReason.REQUIRED_TOGGLE_DISABLED))
    code = f"calendar{toggle.number}"
    reasons.append((f"{code} = {len(CALENDARS)}", SyncReason.NO_CALENDAR))
    reasons.append((f"{code} >= {toggle.supported}", SyncReason.UNSUPPORTED_CALENDAR))
    said = {why: toggle.coding.literal(why, "sync_word") for why in SyncReason}
    whens = " ".join(f"WHEN {when} THEN {said[why]}" for when, why in reasons)
    return f"CASE {whens} ELSE {said[SyncReason.ACTIVE]} END"
