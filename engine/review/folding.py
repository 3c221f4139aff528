"""People of large tables, told apart where they lie by no more than a question hangs on.

Each question has a fold: columns of which the answer for a person is a function. SQL tells
apart, by the tables of tiers themselves (`engine.decide.situations`), and what a fold means is
asked of one of its people, in Python, like of anybody else. A fold that is too fine costs time;
one that is too coarse would be wrong, and is what the tests of large tables against small ones
would find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.decide.situations import MAIN, standings
from engine.literals import Words
from engine.model import Account
from engine.read import duck
from engine.read.population import Raw
from engine.review.alike import Alike
from engine.shapes import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.decide.sql import Statement
    from engine.model import PolicySet
    from engine.read.large import Large
    from engine.read.people import People


class Folding:
    """Tells the people of a set's large tables apart."""

    def __init__(self, policies: PolicySet, people: People) -> None:
        self.policies = policies
        self.people = people
        self.tables = people.population

    def parts_that_declare(self, toggle: str) -> Iterator[tuple[Large, PolicySet]]:
        """Yield the parts in whose account, or in one of its groups, a toggle is declared."""
        homes = {
            account
            for (account, _), group in self.policies.groups.items()
            if toggle in group.settings
        }
        homes |= {one.id for one in self.policies.accounts.values() if toggle in one.settings}
        for part in self.people.parts:
            if part.account in homes:
                yield part, self.policies_for(part)

    def policies_for(self, part: Large) -> PolicySet:
        """Return the policies, in which the account of a part is sure to be there."""
        account = str(part.account)
        if account in self.policies.accounts:
            return self.policies
        nothing = Account(id=account)
        return replace(self.policies, accounts={**self.policies.accounts, account: nothing})

    def around(self, part: Large, toggle: str, groups: Sequence[str], rows: str) -> Statement:
        """Return members of some groups, once for each, and what would decide without that group.

        The group is `near`, and `is_main` tells whether it is their primary one. Nobody chooses.
        """
        policies, account = self.policies_for(part), str(part.account)
        wanted = Words("fwanted", tuple(groups))
        some = f"list_filter(groups, lambda g: {among('g', wanted)})"
        others = f"""
            SELECT * EXCLUDE (groups, {MAIN}), coalesce({MAIN} = near, false) AS is_main,
            list_filter(groups, lambda g: g <> near) AS groups, nullif({MAIN}, near) AS {MAIN}
            FROM (SELECT *, unnest(list_distinct({some})) AS near FROM ({rows}))"""
        kept = ("person", "near", "is_main", "groups", *self.own())
        said = standings(policies, account, (toggle,), others, kept=kept, chosen=False)
        return said._replace(types=(wanted, *said.types))

    def without_account(self, part: Large, toggle: str, rows: str) -> Statement:
        """Return what would decide a toggle without the account's setting, where nobody chooses."""
        policies = self.policies_for(part)
        account = policies.accounts[str(part.account)]
        rest = {key: one for key, one in account.settings.items() if key != toggle}
        bare = {**policies.accounts, account.id: replace(account, settings=rest)}
        then = replace(policies, accounts=bare)
        kept = ("person", "groups", MAIN, *self.own())
        return standings(then, account.id, (toggle,), rows, kept=kept, chosen=False)

    def own(self) -> list[str]:
        """Return the columns of what people choose."""
        return [f"t{number}" for number in range(len(self.tables.toggles))]

    def rows(self, part: Large) -> str:
        """Return the relation of a part's people: the columns to decide by, and all as `person`.

        Where it is not known that all rows are sound, what nobody could decide by is left out.
        """
        population = self.tables
        names = ["user", "groups", "primary_group", "calendars", *self.own()]
        row = ", ".join(f"{name}: {name}" if name != "user" else 'user: "user"' for name in names)
        known = frozenset(n for owner, n in self.policies.groups if owner == part.account)
        groups, main, where = "groups", "coalesce(primary_group, groups[1])", ""
        if population.checked and part.groups is not None and part.groups <= known:
            rows = population.people(part, "")
        else:
            rows = population.careful(part)
            words = Words("fknown", tuple(sorted(known)))
            self._create((words,))
            groups = f"list_filter(groups, lambda g: {among('g', words)})"
            main = f"""CASE WHEN {among(main, words)} AND list_contains(groups, {main})
                THEN {main} END"""
            where = ' WHERE "user" IS NOT NULL'
        own = "".join(f", {name}" for name in names[3:])
        return f"""
            SELECT {{{row}}} AS person, {groups} AS groups, {main} AS {MAIN},
            primary_group IS NULL AS implied{own} FROM ({rows}){where}"""

    def alike(
        self, part: Large, statement: Statement, keys: Sequence[str], where: str = "true"
    ) -> list[Alike]:
        """Return a part's people by some columns of a statement that keeps their `person`."""
        columns = ", ".join(keys)
        found = self.run(
            statement.types,
            f'SELECT count(*), arg_min(person, person."user"), {columns}'
            f' FROM ({statement.select}) WHERE {where} GROUP BY ALL ORDER BY min(person."user")',
        )
        return [
            Alike(self.people.user_of(part, Raw(row)), number, tuple(fold))
            for number, row, *fold in found
        ]

    def run(self, types: Sequence[Words], query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that needs some types."""
        self._create(types)
        with duck.reading():
            return self.tables.connection.execute(query).fetchall()

    def _create(self, types: Sequence[Words]) -> None:
        self.tables.prepare()
        duck.create(self.tables.connection, types)


def among(sql: str, words: Words) -> str:
    """Return the condition that a text is one of some words."""
    return f"TRY_CAST({sql} AS {words.name}) IS NOT NULL" if words.words else "false"
