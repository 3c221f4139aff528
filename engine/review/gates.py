"""Gates of a comparison: limits that a change of the files must keep to, or be refused by CI."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.counts import agree, count
from engine.errors import QuestionError
from engine.model import State
from engine.review.fields import title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.model import Decision
    from engine.review.comparison import Comparison

_AMOUNT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)%|[0-9]+", re.ASCII)
_SHOWN: Final = 3


class Limit(NamedTuple):
    """How many users may be affected: a number, or a share of those on both sides."""

    written: str
    number: Fraction
    is_share: bool


def limit(written: str) -> Limit:
    """Read `N` or `P%`; raises QuestionError for anything else."""
    found = _AMOUNT.fullmatch(written.strip())
    number = Fraction(found[1] or found[0]) if found else Fraction(0)
    if found is None or (found[1] and number > 100):
        raise QuestionError(
            f"`{written}` is no limit", hint="write a number of users, or a percentage: 10 or 2.5%"
        )
    return Limit(written.strip(), number, bool(found[1]))


def too_many(comparison: Comparison, allowed: Limit) -> str | None:
    """Return what to say where more users are affected than allowed.

    A percentage is one of the users on both sides, those who can be affected at all.
    """
    affected, both = comparison.affected, comparison.users_both
    whole = Fraction(both) * allowed.number / 100 if allowed.is_share else allowed.number
    if affected <= whole:
        return None
    share = f", {_percent(affected, both)} of the {both:,} on both sides" if both else ""
    return f"--max-affected {allowed.written}: {_users(affected)} affected{share}"


def _percent(part: int, whole: int) -> str:
    exact = Fraction(100 * part, whole)
    return f"{float(exact):.3g}%"


def forbidden(comparison: Comparison, word: str) -> str | None:
    """Return what to say where a changed or added row is `word` now and was not before."""
    found = dict.fromkeys(
        person.user
        for person in comparison.rows.each()
        if any(one.new and _is(one.new, word) and not _is(one.old, word) for one in person.patterns)
    )
    if not found:
        return None
    return f"--forbid {word}: {_users(len(found))} {word} now and not before: {_named(list(found))}"


def newly_broken(comparison: Comparison) -> str | None:
    """Return what to say where the new side breaks guardrails that the old did not."""
    verdicts = comparison.guardrails
    if not verdicts:
        return None
    number = f"{count(len(verdicts), 'guardrail')} {agree(len(verdicts), 'is', 'are')}"
    names = _named([title(verdict.guardrail) for verdict in verdicts])
    return f"--guardrails: {number} broken now and not before: {names}"


def broken(
    comparison: Comparison, allowed: Limit | None, words: Iterable[str], *, guardrails: bool = False
) -> list[str]:
    """Return what every broken gate has to say."""
    found = [too_many(comparison, allowed)] if allowed else []
    found += [forbidden(comparison, word) for word in dict.fromkeys(words)]
    found += [newly_broken(comparison)] if guardrails else []
    return [message for message in found if message]


def _is(row: Decision | None, word: str) -> bool:
    if row is None:
        return False
    if word in {"locked", "unlocked"}:
        return row.locked is (word == "locked")
    return row.state is State(word)


def _users(number: int) -> str:
    return f"{count(number, 'user')} {agree(number, 'is', 'are')}"


def _named(users: Sequence[str]) -> str:
    shown = ", ".join(f"`{user}`" for user in users[:_SHOWN])
    rest = len(users) - _SHOWN
    return f"{shown} and {rest:,} more" if rest > 0 else shown
