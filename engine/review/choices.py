"""Whatever users choose: the smallest choice of one user that makes a demand fail, or hold.

A choice is a state that a user declares at user scope. It matters where the decision is not
locked, and only by what it turns over; so of all the combinations over a toggle and those that
it requires (R6) a handful are candidates for the smallest. Each is put to the law before it is
believed. That nothing smaller was missed is held by the tests, against all combinations.
"""

from __future__ import annotations

from engine.decide.decisions import decide
from engine.decide.sync import required
from engine.model import NOTHING, Setting, State
from engine.shapes import dataclass, replace
from engine.typed import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from engine.model import Decision, PolicySet, User
    from engine.review.population import Population

Choices: TypeAlias = "Mapping[str, State]"
"""What a user would declare anew, by toggle; what is left out stays as it is declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a decision about `toggle` must be. A field that is None demands nothing."""

    toggle: str
    state: State
    locked: bool | None = None
    sync: bool | None = None

    def holds(self, decision: Decision) -> bool:
        """Tell whether a decision satisfies the demand."""
        return (
            decision.state is self.state
            and self.locked in {None, decision.locked}
            and (self.sync is None or decision.sync is self.sync)
        )


def choosing(user: User, choices: Choices) -> User:
    """Return the user as they would be after these choices."""
    chosen = {key: Setting(state) for key, state in choices.items()}
    return replace(user, settings={**user.settings, **chosen})


class Chooser:
    """Finds the smallest choices for a demand, once for all who stand alike to it."""

    def __init__(self, people: Population, demand: Demand) -> None:
        self.people = people
        self.policies = people.policies
        self.demand = demand
        self.chain = [demand.toggle]
        if demand.sync is not None:
            self.chain += required(self.policies.toggles, demand.toggle)
        self._known: dict[Hashable, Choices | None] = {}

    def smallest(self, user: User, *, holds: bool) -> Choices | None:
        """Return the smallest choices under which the demand holds, or (`holds` false) fails.

        Empty where it does as declared; None where no choice of this user can bring it about.
        Of two that are equally small the one that comes first by toggle, then state.
        """
        # INVARIANT: a demand is about states, locks and R6, and R6 reads nothing else of a user.
        alike = tuple(self.people.answer(user, key).setting[:2] for key in self.chain)
        calendars = None if self.demand.sync is None else user.calendars
        key = (alike, calendars, holds)
        if key not in self._known:
            self._known[key] = smallest(self.policies, user, self.demand, holds=holds)
        return self._known[key]

    def holds(self, user: User) -> bool:
        """Tell whether the demand holds as declared."""
        return self.smallest(user, holds=True) == NOTHING


def smallest(policies: PolicySet, user: User, demand: Demand, *, holds: bool) -> Choices | None:
    """Return the smallest choices of one user; see :meth:`Chooser.smallest`."""
    now = decide(policies, user, demand.toggle)
    if demand.holds(now) is holds:
        return NOTHING
    if demand.locked not in {None, now.locked}:
        return None  # no choice of a user ever alters a lock
    tried = _meeting(policies, user, demand) if holds else _breaking(policies, user, demand)
    for choices in sorted(tried, key=lambda c: (len(c), sorted(c.items()))):
        decision = decide(policies, choosing(user, choices), demand.toggle)
        if demand.holds(decision) is holds:
            return choices
    return None


def _breaking(policies: PolicySet, user: User, demand: Demand) -> Iterator[Choices]:
    """Yield the choices that could break a demand that holds: one turned over, or all turned on."""
    yield from _one_turned(policies, user, [demand.toggle])
    if demand.sync is not None:
        keys = _chain(policies, demand.toggle)
        yield from (
            _one_turned(policies, user, keys) if demand.sync else _all_on(policies, user, keys)
        )


def _meeting(policies: PolicySet, user: User, demand: Demand) -> Iterator[Choices]:
    """Yield the choices that could make a demand hold which does not hold now."""
    first = list(_one_turned(policies, user, [demand.toggle]))
    yield from first
    if demand.sync is None:
        return
    keys = _chain(policies, demand.toggle)
    if demand.sync:
        yield from _all_on(policies, user, keys)
        return
    for other in _one_turned(policies, user, keys):
        yield other
        for own in first:
            yield {**own, **other}


def _chain(policies: PolicySet, toggle: str) -> list[str]:
    return [toggle, *required(policies.toggles, toggle)]


def _one_turned(policies: PolicySet, user: User, keys: list[str]) -> Iterator[Choices]:
    for key in keys:
        decision = decide(policies, user, key)
        if not decision.locked:
            yield {key: _other(decision.state)}


def _all_on(policies: PolicySet, user: User, keys: list[str]) -> Iterator[Choices]:
    """Yield the one map that turns on whatever is off, where the user may."""
    off = [d for d in (decide(policies, user, key) for key in keys) if d.state is State.DISABLED]
    if not any(decision.locked for decision in off):
        yield {decision.toggle: State.ENABLED for decision in off}


def _other(state: State) -> State:
    return State.DISABLED if state is State.ENABLED else State.ENABLED
