"""What decides for each row of a population, as columns beside the row: to tell people apart by.

Writes DuckDB's SQL as text and runs nothing. The input is a relation as `engine.decide.sql` reads
it, with a column `main` in place of `primary_group`: the primary group, null where there is none.
It need not be among the groups. Words are held as DuckDB's enumerations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.decide.coding import Enumerated
from engine.decide.heard import ToggleColumns
from engine.decide.sql import Statement
from engine.decide.tiered import ALWAYS, NEVER, Column, added
from engine.decide.tiers import Tier, Voice
from engine.literals import text
from engine.model import CALENDARS, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.decide.tiered import Heard
    from engine.model import PolicySet

MAIN: Final = "main"
"""The column of the primary group."""
_PREFIX: Final = "f"
"""What the names of the types begin with: those of one account and toggle are always the same."""


def standings(
    policies: PolicySet,
    account: str,
    toggles: Sequence[str],
    relation: str,
    *,
    kept: Sequence[str],
    chosen: bool,
) -> Statement:
    """Return the columns `kept` of each row, and what decides each toggle, by its number.

    `on0`, `locked0`, `reason0`, `scope0` and `source0` are those of a decision, but for a null
    where a user's own choice is the source; `calendar0` is 0 where R6 finds a calendar, 1 where
    there is none and 2 where none is supported, for sync toggles only. Without `chosen` nobody
    declares anything for themselves, and the toggles' own columns need not be kept.
    """
    coding = Enumerated(_PREFIX)
    one = [
        ToggleColumns(policies, account, key, number, coding, MAIN)
        for number, key in enumerate(toggles)
    ]
    for toggle in one:
        toggle.decide(policies, account, may_choose=chosen)
    inner = f"SELECT {', '.join(kept)}{added(c for t in one for c in t.columns)} FROM ({relation})"
    inner = f"SELECT *{added(Column(f'tier{t.number}', t.tier()) for t in one)} FROM ({inner})"
    said = [column for toggle in one for column in _said(toggle)]
    select = f"SELECT {', '.join(kept)}{added(said)} FROM ({inner})"
    return Statement(tuple(words for toggle in one for words in toggle.types), select)


def _said(toggle: ToggleColumns) -> list[Column]:
    number = toggle.number
    by_tier = toggle.by_tier
    columns = [
        Column(f"on{number}", by_tier(lambda _, heard: heard.enabled)),
        Column(f"locked{number}", by_tier(lambda tier, _: ALWAYS if tier.must_lock else NEVER)),
        Column(f"reason{number}", by_tier(lambda tier, _: text(tier.reason))),
        Column(f"scope{number}", by_tier(lambda tier, _: text(tier.voice.scope))),
        Column(f"source{number}", by_tier(_source)),
        Column(f"opposed{number}", _opposed(toggle)),
    ]
    if toggle.supported:
        code = f"calendar{number}"
        whens = f"WHEN {code} = {len(CALENDARS)} THEN 1 WHEN {code} >= {toggle.supported} THEN 2"
        columns.append(Column(code, f"CASE {whens} ELSE 0 END"))
    return columns


def _source(tier: Tier, heard: Heard) -> str:
    return "CAST(NULL AS VARCHAR)" if tier.voice is Voice.USER else heard.source


def _opposed(toggle: ToggleColumns) -> str:
    """Return the groups whose locks a `group_lock_conflict`, or a primary group's lock, is about.

    Of the latter those that lock the opposite; null wherever else decides.
    """
    off, locking = toggle.ends[:2]
    if not 0 < off < locking:
        return "NULL"
    code, main = toggle.coding.number("g"), f"main{toggle.number}"
    met = {
        Reason.GROUP_LOCK_CONFLICT: f"coalesce(g <> {main}, true)",
        Reason.PRIMARY_GROUP_LOCK: f"({code} < {off}) <> ({toggle.coding.number(main)} < {off})",
    }
    whens = " ".join(
        f"WHEN tier{toggle.number} = {at} THEN list_sort(list_distinct(list_filter("
        f"groups::{toggle.kind}[], lambda g: {code} < {locking} AND {met[tier.reason]})))"
        for at, _, tier, _ in toggle.reached
        if tier.reason in met
    )
    return f"CASE {whens} END" if whens else "NULL"


def kinds(
    policies: PolicySet,
    account: str,
    toggles: Sequence[str],
    relation: str,
    *,
    kept: Sequence[str],
) -> Statement:
    """Return the columns `kept`, and for each toggle all that R4 reads, whichever group is primary.

    That is a number, `kind0`: what sorts of settings the groups of `person` have, that of `main`,
    and the user's choice. It tells states and locks, and not which group is the source.
    """
    coding = Enumerated(_PREFIX)
    one = [
        ToggleColumns(policies, account, key, number, coding, MAIN)
        for number, key in enumerate(toggles)
    ]
    inner = f"SELECT *{added(c for t in one for c in t.columns)} FROM ({relation})"
    own = sorted(policies.toggles)
    said = [
        Column(f"kind{toggle.number}", _kind(toggle, f"t{own.index(key)}"))
        for key, toggle in zip(toggles, one, strict=True)
    ]
    select = f"SELECT {', '.join(kept)}{added(said)} FROM ({inner})"
    return Statement(tuple(words for toggle in one for words in toggle.types), select)


def _kind(toggle: ToggleColumns, own: str) -> str:
    def sort_of(code: str) -> str:
        whens = " ".join(f"WHEN {code} < {end} THEN {at}" for at, end in enumerate(toggle.ends))
        return f"CASE {whens} ELSE {len(toggle.ends)} END"

    bit = f"1 << ({sort_of(toggle.coding.number('g'))})"
    # A group that is not known declares nothing, wherever it is asked about.
    sorts = f"list_transform(person.groups, lambda x: TRY_CAST(x AS {toggle.kind}))"
    groups = f"list_distinct(list_transform({sorts}, lambda g: {bit}))"
    main = sort_of(toggle.coding.number(f"main{toggle.number}"))
    choice = f"CASE WHEN {own} IS NULL THEN 0 WHEN {own} THEN 1 ELSE 2 END"
    return f"(coalesce(list_sum({groups}), 0)::INTEGER * 8 + {main}) * 4 + {choice}"
