"""One toggle in one account as SQL over one row: the tiers that can be reached, and what they say.

Writes DuckDB's SQL as text and runs nothing. What each voice says of the toggle comes from
outside, and so may the form in which a row holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.decide.facts import resolution
from engine.decide.tiers import TIERS, Tier, Voice
from engine.literals import CALENDAR_WORDS, NO_CALENDAR, Words, text
from engine.model import CALENDARS, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.decide.coding import Coding
    from engine.model import PolicySet

ALWAYS: Final = "true"
NEVER: Final = "false"


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


class Tiered:
    """The tiers of one toggle. `number` tells its columns from those of others.

    `supported` is the number of calendars that a sync toggle supports: of the words that
    `calendar{number}` is the number of, the first.
    """

    def __init__(self, number: int, coding: Coding) -> None:
        self.number = number
        self.coding = coding
        self.supported = 0
        self.voices: Mapping[Voice, Heard] = {}
        self.reached: list[tuple[int, str, Tier, Heard]] = []

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


def own_voices(policies: PolicySet, account: str, key: str) -> dict[Voice, Heard]:
    """Return what the catalogue, the user and the account say of a toggle."""
    own = f"t{sorted(policies.toggles).index(key)}"
    voices = {
        Voice.CATALOGUE: Heard(ALWAYS, NEVER, _bool(policies.toggles[key].default), text(key)),
        Voice.USER: Heard(f"{own} IS NOT NULL", NEVER, own, '"user"'),
    }
    setting = policies.accounts[account].settings.get(key)
    if setting is not None:
        locks = ALWAYS if setting.locked else NEVER
        voices[Voice.ACCOUNT] = Heard(ALWAYS, locks, _bool(setting.state), text(account))
    return voices


def calendar_order(policies: PolicySet, key: str, kind: str) -> tuple[Words, int]:
    """Return the words for calendars, those that a sync toggle supports first, and how many."""
    supported = policies.toggles[key].supported_calendars or ()
    ordered = sorted(CALENDARS, key=lambda calendar: calendar not in supported)
    words = Words(kind, (*ordered, NO_CALENDAR))
    if words.words == CALENDAR_WORDS.words:
        words = CALENDAR_WORDS
    return words, sum(calendar in supported for calendar in CALENDARS)


def _bool(state: State) -> str:
    return ALWAYS if state is State.ENABLED else NEVER
