"""People of large tables whom both sides declare the same, folded where they lie into *situations*.

People of one situation get the same decisions on both sides, for the same reasons, but for who
says so: their groups differ at most where decisions cannot tell (`engine.review.hearing`). There
are hundreds of situations where there are millions of ways to be declared. Tables that DuckDB
holds say who is in which; nobody becomes a value here.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from engine.literals import text
from engine.read import duck
from engine.read.drawn import drawn
from engine.read.members import everybody, members_of
from engine.read.people import People
from engine.review.folk_drawn import FolkDrawn
from engine.review.folk_in_tables import FolkInTables
from engine.review.hearing import hearing
from engine.review.voices import Voices
from engine.shapes import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence

    from engine.model import PolicySet, User
    from engine.read.drawn import Drawn
    from engine.read.members import Members
    from engine.read.population import Raw
    from engine.review.changes import DeclaredChange
    from engine.review.hearing import Hearing

    Group = tuple[str, str]

_NUMBERS: Final = count(1)


class Situation(NamedTuple):
    """People who are decided alike: their number, how many, and somebody to decide for all.

    `key` is the same for situations that differ in nothing that a decision reads. `groups` are
    those heard, the main one first (None where it is not).
    """

    number: int
    people: int
    key: Hashable
    user: User
    groups: tuple[str | None, ...]


class Folk(NamedTuple):
    """People of one profile in one situation: one of them, all ids, and who is heard for them.

    `firsts` are the ids of the first change of each group in `groups`.
    """

    number: int
    user: User
    ids: Sequence[str]
    groups: tuple[str | None, ...]
    firsts: tuple[int | None, ...]


class _Sought(NamedTuple):
    """Whom a change concerns: the number of a part, of its account, the groups, None for all."""

    part: int
    home: int
    groups: list[str] | None


class Way(Protocol):
    """A way to fold people: what it tells of them are rows, by column."""

    def situations(self) -> Iterable[Raw]:
        """Yield the number of each, how many people, and what they have in common.

        These are the number of a part, one's calendars and choices, the labels of who is heard as
        the primary group, and of the others; and the codes of these for `one` of them.
        """

    def folks(self, numbers: Collection[int]) -> Iterable[Raw]:
        """Yield the people of some situations by profile.

        Each is a profile with the number of its part and situation, all ids, and the codes of who
        is heard, `first` of the primary group and `kept` of the others.
        """


class Fold:
    """Those of the tables, the same on both sides, whom a change above concerns.

    `touched` are the groups whose members it concerns, None for everybody; `apart` the people
    who are looked at one by one. `folk` names the table of who is in which situation: `name`,
    `home` (the number of an account in `homes`), `number`, and the codes of who is heard, `first`
    of the primary group and the list `kept` of the others.
    """

    def __init__(
        self,
        old: PolicySet,
        new: PolicySet,
        people: People,
        changes: Collection[DeclaredChange],
        touched: Collection[Group] | None,
        apart: Collection[str],
    ) -> None:
        self.people = people
        self.sides = (old, new)
        self.users = [side.users for side in self.sides if isinstance(side.users, People)]
        self.population = people.population
        self.homes = sorted({str(part.account) for part in people.parts})
        self.touched = touched
        self.folk = f"fold_{next(_NUMBERS)}"
        with duck.reading():
            self.population.prepare()
            self.population.name_apart(apart)
            self.voices = Voices(self._hearings(changes))
            self._way = self._folded()

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody can be concerned."""
        return self._way is None

    # -- questions ----------------------------------------------------------------------

    def situations(self) -> Iterator[Situation]:
        """Yield the situations."""
        for row in self._way.situations() if self._way else ():
            yield self._situation(row)

    def folks(self, numbers: Collection[int]) -> Iterator[Folk]:
        """Yield the people of some situations, by profile."""
        for row in self._way.folks(numbers) if self._way else ():
            user = self.people.user_of(self.people.parts[row["part"]], row)
            yield Folk(row["number"], user, row["ids"], *self._heard(row))

    def each(self, numbers: Collection[int]) -> Iterator[Sequence[Any]]:
        """Yield the people of some situations, ordered by account and id.

        Each is the account, the id, the number of the situation, who is heard, and the ids of the
        first change of each of those.
        """
        if self.is_empty or not numbers:
            return
        homes = " ".join(f"WHEN {at} THEN {text(home)}" for at, home in enumerate(self.homes))
        query = (
            f"SELECT CASE home {homes} END AS account, name, number, first, kept"
            f" FROM {self.folk} WHERE number IN ({', '.join(map(str, numbers))})"
            " ORDER BY account, name"
        )
        for row in self.population.answer(query):
            yield row["account"], row["name"], row["number"], *self._heard(row)

    def _heard(self, row: Raw) -> tuple[tuple[str | None, ...], tuple[int | None, ...]]:
        """Return the groups that are heard for a row, and the ids of their first changes."""
        main, others = self.voices.heard(row["first"], row["kept"])
        heard = (main, *others)
        return tuple([o and o.group for o in heard]), tuple([o and o.first for o in heard])

    def _situation(self, row: Raw) -> Situation:
        part = self.people.parts[row["part"]]
        first, kept = self.voices.heard(row["one"]["first"], row["one"]["kept"])
        main, others = first and first.group, [one.group for one in kept]
        groups = tuple([name for name in (main, *others) if name is not None])
        declared = self.people.user_of(part, {**row, "groups": (), "primary_group": None})
        user = replace(declared, groups=groups, primary_group=main)
        calendars = self._calendars(user)
        labels = tuple(row["labels"] or ())
        states = tuple(row[f"t{number}"] for number in range(len(self.population.toggles)))
        key = (part.account, row["label"], labels, states, calendars)
        return Situation(row["number"], row["people"], key, user, (main, *others))

    def _calendars(self, user: User) -> Hashable:
        """Return all that R6 reads of a user's calendars, on either side."""
        if not user.calendars:
            return user.calendars is None
        own = set(user.calendars)
        supported = (t.supported_calendars for side in self.sides for t in side.toggles.values())
        found = tuple(not own.isdisjoint(one) for one in supported if one is not None)
        return True if all(found) else found

    # -- who is concerned ----------------------------------------------------------------

    def _folded(self) -> Way | None:
        """Return those concerned, folded; None where nobody can be."""
        sought = []
        for number, part in enumerate(self.people.parts):
            names = self._groups_of(str(part.account))
            if names != []:
                sought.append(_Sought(number, self.homes.index(str(part.account)), names))
        found = self._drawn(sought)
        if found is None:
            return FolkInTables(self.population, self.voices, self._members(sought), self.folk)
        return FolkDrawn(self.population, self.voices, found, self.folk) if found else None

    def _groups_of(self, account: str) -> list[str] | None:
        """Return the groups of an account whose members are concerned, None for all people."""
        if self.touched is None:
            return None
        return [name for owner, name in self.touched if owner == account]

    def _drawn(self, sought: Iterable[_Sought]) -> list[tuple[int, int, Drawn]] | None:
        """Return those concerned as censuses tell, where anybody is; None where one is missing."""
        found: list[tuple[int, int, Drawn]] = []
        for number, home, names in sought:
            # Numbers of numpy hold no larger codes.
            if names is None or not self.voices.is_small:
                return None
            some = drawn(self.population, self.people.parts[number], names)
            if some is None:
                return None
            found += [(number, home, one) for one in some if len(one)]
        return found

    def _members(self, sought: Iterable[_Sought]) -> list[tuple[int, int, Members]]:
        """Return those concerned as DuckDB finds them."""
        found: list[tuple[int, int, Members]] = []
        for number, home, names in sought:
            part = self.people.parts[number]
            some: Iterable[Members] = [everybody(self.population, part)]
            if names is not None:
                some = members_of(self.population, part, names, f"{self.folk}_{number}")
            found += [(number, home, one) for one in some]
        return found

    def _hearings(self, changes: Collection[DeclaredChange]) -> list[Hearing]:
        known: dict[Hashable, int] = {}
        mine: dict[str, dict[str, list[DeclaredChange]]] = {home: {} for home in self.homes}
        for one in changes:
            if one.kind == "group" and one.account in mine:
                mine[one.account].setdefault(str(one.scope_id), []).append(one)
        return [
            hearing(*self.sides, home, mine[home], lambda said: known.setdefault(said, len(known)))
            for home in self.homes
        ]
