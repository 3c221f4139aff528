"""Users of YAML and of large tables as one mapping, read when asked: nobody is held twice.

A question for one user is answered by one query; going through all streams them, in the order
of the tables. Who asks about everybody should go by `profiles`: there are fewer of them.
"""

from __future__ import annotations

from collections.abc import (
    Collection,
    ItemsView,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    ValuesView,
)

from engine.literals import NO_CALENDAR
from engine.model import NOTHING, Setting, State, User
from engine.shapes import replace
from engine.typed import TYPE_CHECKING, Any, NamedTuple, overload

if TYPE_CHECKING:
    from engine.model import Origin
    from engine.read.large import Large
    from engine.read.population import Population


class Profile(NamedTuple):
    """People in tables of whom all but the id is the same: one of them, and the ids of all."""

    user: User
    ids: Members


class Members(Sequence[str]):
    """The ids of the people of one profile: counted already, fetched when somebody asks."""

    def __init__(self, population: Population, part: Large, row: Mapping[str, Any]) -> None:
        self._population = population
        self._part = part
        self._row = row

    def __len__(self) -> int:
        return int(self._row["people"])

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return str(self._row["user"]) if at == 0 else list(self)[at]

    def __iter__(self) -> Iterator[str]:
        return self._population.members(self._part, self._row)


class People(Mapping[str, User]):
    """The users of a set of which some stand in large tables."""

    def __init__(self, own: Mapping[str, User], population: Population) -> None:
        self.own = own
        self.population = population
        self.held: dict[str, User] = {}  # by id, somebody of whom all but the id is the same
        self.parts = [part for part in population.parts if part.account is not None]

    def __getitem__(self, user: str) -> User:
        if user in self.own:
            return self.own[user]
        like = self.held.get(user)
        if like is not None:
            return like if like.id == user else replace(like, id=user)
        found = self.population.find(user)
        if found is None or found[0].account is None:
            raise KeyError(user)
        part, row, place = found
        return self.user_of(part, row, place)

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        for part in self.parts:
            for row in self.population.rows(part):
                yield row["user"]

    def __len__(self) -> int:
        return len(self.own) + self.population.count()

    def values(self) -> ValuesView[User]:
        """Return the users, to be gone through without a query for each."""
        return _Users(self)

    def items(self) -> ItemsView[str, User]:
        """Return ids and users, to be gone through without a query for each."""
        return _Pairs(self)

    def some(self, names: Collection[str]) -> dict[str, User]:
        """Return several users at once, those that are there."""
        found = {name: self.own[name] for name in names if name in self.own}
        rows = self.population.some([name for name in names if name not in self.own])
        found.update((row["user"], self.user_of(part, row)) for part, row in rows if part.account)
        return found

    def hold(self, ids: Iterable[str], like: User) -> None:
        """Keep users who are like one of them, so that the tables need not be asked for each."""
        self.held.update(dict.fromkeys(ids, like))

    def each(self) -> Iterator[User]:
        """Yield every user."""
        yield from self.own.values()
        for part in self.parts:
            for row in self.population.rows(part):
                yield self.user_of(part, row)

    def profiles(self) -> Iterator[Profile]:
        """Yield the profiles of the people in large tables."""
        for part in self.parts:
            for row in self.population.profiles(part):
                user = replace(self.user_of(part, row), implicit_primary=row["implied"])
                yield Profile(user, Members(self.population, part, row))

    def user_of(self, part: Large, row: Mapping[str, Any], origin: Origin | None = None) -> User:
        """Return a row, or a profile, as a user."""
        groups = tuple(dict.fromkeys(row["groups"] or ()))
        calendars = row["calendars"] or None
        if calendars == [NO_CALENDAR]:
            calendars = []
        settings = {
            key: Setting(State.ENABLED if row[f"t{number}"] else State.DISABLED)
            for number, key in enumerate(self.population.toggles)
            if row[f"t{number}"] is not None
        }
        return User(
            id=row["user"],
            account=str(part.account),
            groups=groups,
            primary_group=row["primary_group"] or (groups[0] if groups else None),
            calendars=None if calendars is None else tuple(dict.fromkeys(calendars)),
            settings=settings or NOTHING,
            directory=part.entry.source,
            implicit_primary=row["primary_group"] is None,
            origin=origin,
        )


class _Users(ValuesView[User]):
    def __init__(self, people: People) -> None:
        super().__init__(people)
        self.people = people

    def __iter__(self) -> Iterator[User]:
        return self.people.each()


class _Pairs(ItemsView[str, User]):
    def __init__(self, people: People) -> None:
        super().__init__(people)
        self.people = people

    def __iter__(self) -> Iterator[tuple[str, User]]:
        return ((user.id, user) for user in self.people.each())
