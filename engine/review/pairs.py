"""Users of two sets side by side, where some stand in large tables: those who may differ.

Tables that are the same bytes on both sides are left to `engine.review.shared_people`; others are
joined by user. People whose profile is the same on both sides and whom no change above touches are
left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine.literals import text
from engine.read.people import People

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from engine.model import User
    from engine.read.large import Large
    from engine.read.population import Raw


class Pair(NamedTuple):
    """Users who are alike on the old side and alike on the new: their ids, and one as both."""

    ids: Sequence[str]
    old: User | None
    new: User | None


def pairs(
    old: Mapping[str, User],
    new: Mapping[str, User],
    touched: Collection[tuple[str, str]] | None = (),
) -> Iterator[Pair]:
    """Yield those who may differ: all that stand in values, and of large tables those that do.

    `touched` are groups, as (account, id), whose members may differ though they declare the
    same; None touches everybody. One of the mappings has large tables. Of tables that are the
    same on both sides nobody is yielded: `engine.review.shared_people` knows whom a change touches.
    """
    apart = stand_apart(old, new)
    before, after = _some(old, apart), _some(new, apart)
    for name in apart:
        yield Pair((name,), before.get(name), after.get(name))
    if shared_tables(old, new) is None:
        yield from _joined(old, new, apart, touched)


def stand_apart(old: Mapping[str, User], new: Mapping[str, User]) -> Collection[str]:
    """Return the ids of those who stand in values on one of the sides."""
    return {**_own(old), **_own(new)}.keys()


def shared_tables(old: Mapping[str, User], new: Mapping[str, User]) -> People | None:
    """Return the new side's people where large tables are the same bytes on both."""
    return new if isinstance(old, People) and isinstance(new, People) and _same(old, new) else None


def _own(users: Mapping[str, User]) -> Mapping[str, User]:
    return users.own if isinstance(users, People) else users


def _some(users: Mapping[str, User], names: Collection[str]) -> Mapping[str, User]:
    return users.some(names) if isinstance(users, People) else users


def _same(old: People, new: People) -> bool:
    return (
        old.population.toggles == new.population.toggles
        and old.population.fingerprint() == new.population.fingerprint()
    )


def _joined(
    old: Mapping[str, User],
    new: Mapping[str, User],
    apart: Collection[str],
    touched: Collection[tuple[str, str]] | None,
) -> Iterator[Pair]:
    sides = [side if isinstance(side, People) else None for side in (old, new)]
    runner = next(side for side in reversed(sides) if side).population
    for side in sides:
        if side:
            side.population.prepare()
    runner.prepare()
    runner.name_apart(apart)
    frames, columns = [], []
    for side, mark in zip(sides, "on", strict=True):
        names = side.population.profile_columns() if side else []
        picked = ", ".join(["part", "touched", *names])
        frame = _frame(side, touched) if side else _NOBODY
        frames.append(f'{mark} AS (SELECT "user", {picked} FROM ({frame}))')
        columns += [f"{mark}.{name} AS {mark}_{name}" for name in ("part", *names)]
    differ = " OR ".join(
        ["o.part IS NULL", "n.part IS NULL", "o.touched", "n.touched", *_differences(sides)]
    )
    query = (
        f'WITH {", ".join(frames)} SELECT {", ".join(columns)}, list("user") AS ids,'
        f' min("user") AS "user" FROM o FULL JOIN n USING ("user") WHERE ({differ})'
        ' AND "user" NOT IN (SELECT id FROM apart) GROUP BY ALL'
    )
    for row in runner.answer(query):
        yield Pair(row["ids"], _side(sides[0], row, "o"), _side(sides[1], row, "n"))


_NOBODY = 'SELECT NULL::VARCHAR AS "user", NULL::INTEGER AS part, false AS touched WHERE false'


def _differences(sides: Sequence[People | None]) -> list[str]:
    """Return the conditions under which a row differs from the other side's."""
    if not all(sides):
        return []
    old, new = (list(side.population.toggles) if side else [] for side in sides)
    found = [
        f"o.{column} IS DISTINCT FROM n.{column}"
        for column in ("groups", "primary_group", "calendars")
    ]
    found += [
        f"o.t{old.index(key)} IS DISTINCT FROM n.t{new.index(key)}"
        for key in {*old}.intersection(new)
    ]
    found += [f"o.t{at} IS NOT NULL" for at, key in enumerate(old) if key not in new]
    found += [f"n.t{at} IS NOT NULL" for at, key in enumerate(new) if key not in old]
    return [*found, "NOT " + _same_home(sides)]


def _same_home(sides: Sequence[People | None]) -> str:
    """Return the condition that a row is of the same account on both sides."""
    alike = [
        f"(o.part = {one} AND n.part = {other})"
        for one, before in enumerate(sides[0].parts if sides[0] else ())
        for other, after in enumerate(sides[1].parts if sides[1] else ())
        if before.account == after.account
    ]
    return f"({' OR '.join(alike) or 'false'})"


def _side(people: People | None, row: Raw, mark: str) -> User | None:
    if people is None or row[f"{mark}_part"] is None:
        return None
    own: dict[str, Any] = {
        key.removeprefix(f"{mark}_"): value
        for key, value in row.items()
        if key.startswith(f"{mark}_")
    }
    return people.user_of(people.parts[own["part"]], {**own, "user": row["user"]})


def _frame(people: People, touched: Collection[tuple[str, str]] | None) -> str:
    """Return people of large tables in the form of a profile, and whether they are touched."""
    return " UNION ALL ".join(
        _part(people, part, number, touched) for number, part in enumerate(people.parts)
    )


def _part(
    people: People, part: Large, number: int, touched: Collection[tuple[str, str]] | None
) -> str:
    population = people.population
    columns = ", ".join(f"{sql} AS {key}" for key, sql in population.profile_sql().items())
    names = sorted(name for account, name in touched or () if account == part.account)
    among = f"lambda one: one IN ({', '.join(map(text, names))})"
    some = f"coalesce(len(list_filter(groups, {among})) > 0, false)"
    hit = "true" if touched is None else some if names else "false"
    rows = population.careful(part)
    return f'SELECT "user", {number} AS part, {hit} AS touched, {columns} FROM ({rows})'
