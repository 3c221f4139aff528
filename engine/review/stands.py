"""What tests ask about the people of large tables: who decides for them, and how they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from engine.decide.situations import MAIN, standings
from engine.decide.sync import required
from engine.literals import text
from engine.review.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.decide.sql import Statement
    from engine.model import Who
    from engine.read.large import Large
    from engine.read.population import Population
    from engine.review.alike import Alike

_ID: Final = 'person."user"'
_FEW: Final = 16
_GATHERED: Final = WeakKeyDictionary["Population", dict[tuple[int, str], str]]()
"""The tables that were made of some people of a population, by its part and their condition."""


class Stands(Folding):
    """The people of a set's large tables, by how they stand as things are declared."""

    def sources(self, toggle: str) -> list[Alike]:
        """Return people by what decides a toggle, where any account or group declares it."""
        return [
            alike
            for part, _ in self.parts_that_declare(toggle)
            for alike in self.alike(
                part, self._said(part, (toggle,), self.rows(part)), ("scope0", "source0")
            )
        ]

    def standing(self, who: Who, toggle: str) -> list[Alike]:
        """Return those in groups and accounts of `who` by all that a guardrail reads of them.

        That is the state and the lock of the toggle and of those that it requires, and what R6
        makes of their calendars: what they could choose, and what that would do, follows from
        it. Users whom `who` names, and who are in none of its groups and accounts, are left out.
        """
        keys = self._keys(toggle)
        return [
            alike._replace(fold=(number, *alike.fold))
            for number, part, rows in self._meant(who)
            for alike in self.alike(part, self._chain(part, toggle, rows), keys)
        ]

    def named(self, who: Who, toggle: str, some: Sequence[Alike]) -> list[Alike]:
        """Return some of `standing` with their ids, each `fold` apart by who decides as well."""
        keys = self._keys(toggle)
        found: list[Alike] = []
        for number, part, rows in self._meant(who):
            where = _any_of(keys, [one.fold[1:] for one in some if one.fold[0] == number])
            columns = (*keys, "scope0", "source0", f"list({_ID})")
            said = self._chain(part, toggle, rows)
            for alike in self.alike(part, said, columns, where) if where else ():
                ids = alike.fold[-1]
                fold = (number, *alike.fold[: len(keys)])
                found.append(alike._replace(fold=fold, ids=ids))
        return found

    def profiles(
        self, who: Who, toggle: str, some: Sequence[Alike], most: int | None
    ) -> list[Alike] | None:
        """Return some of `standing` by all that they declare; None where those are too many."""
        keys = self._keys(toggle)
        profile = (
            *("list_sort(list_distinct(groups))", MAIN, "implied"),
            *("list_sort(list_distinct(calendars))", *self.own()),
        )
        found: list[Alike] = []
        for number, part, rows in self._meant(who):
            where = _any_of(keys, [one.fold[1:] for one in some if one.fold[0] == number])
            if not where:
                continue
            said = self._chain(part, toggle, rows)
            if most is not None:
                count = f"count(DISTINCT hash({', '.join(profile)}))"
                query = f"SELECT {count} FROM ({said.select}) WHERE {where}"
                ((profiles,),) = self.run(said.types, query)
                if len(found) + profiles > most:
                    return None
            found += self.alike(part, said, profile, where)
        return found

    def beside(
        self, account: str, groups: Collection[str] | None, toggle: str, who: Who
    ) -> dict[str | None, list[Alike]]:
        """Return those in some groups of an account, or in all of it (None), but not in `who`.

        They are told apart such that whatever that group, or the account, would say about the
        toggle, those who are alike would get the same.
        """
        found: dict[str | None, list[Alike]] = {}
        own = f"t{self.tables.toggles.index(toggle)}"
        for part in self.people.parts:
            condition = self._condition(part, who)
            if part.account != account or condition == "true":
                continue
            names = f"[{', '.join(map(text, who.users))}]::VARCHAR[]"
            outside = f"NOT {condition} AND NOT list_contains({names}, {_ID})"
            keys: tuple[str, ...]
            if groups is None:
                rows = f"SELECT * FROM ({self.rows(part)}) WHERE {outside}"
                said = self.without_account(part, toggle, rows)
                keys = ("NULL", "on0", "locked0", "scope0", own)
            else:
                rows = self._gathered(part, f"{_in_any(groups)} AND {outside}")
                said = self.around(part, toggle, sorted(groups), rows)
                keys = ("near", "is_main", "on0", "locked0", "reason0", "scope0", "source0", own)
            for alike in self.alike(part, said, keys):
                found.setdefault(alike.fold[0], []).append(alike)
        return found

    # -- statements -----------------------------------------------------------------------

    def _meant(self, who: Who) -> Iterator[tuple[int, Large, str]]:
        """Yield the parts in which some are meant: number, part, and the relation of those."""
        for number, part in enumerate(self.people.parts):
            condition = self._condition(part, who)
            if condition == "true":
                yield number, part, self.rows(part)
            elif condition != "false":
                yield number, part, self._gathered(part, condition)

    def _gathered(self, part: Large, condition: str) -> str:
        """Return some people of a part, who are looked for once, however often they are asked of.

        What would mend a guardrail takes dozens of questions about mostly few people.
        """
        made = _GATHERED.setdefault(self.tables, {})
        key = (self.people.parts.index(part), condition)
        if key not in made:
            table = f"gathered{len(made)}"
            some = f"SELECT * FROM ({self.rows(part)}) WHERE {condition}"
            self.run((), f"CREATE OR REPLACE TEMP TABLE {table} AS {some}")
            made[key] = table
        return f"SELECT * FROM {made[key]}"

    def _condition(self, part: Large, who: Who) -> str:
        """Return the condition of those of a part who are in groups or accounts of `who`."""
        if who.everybody or part.account in who.accounts:
            return "true"
        return _in_any(who.groups) if who.groups else "false"

    def _chain(self, part: Large, toggle: str, rows: str) -> Statement:
        return self._said(part, (toggle, *required(self.policies.toggles, toggle)), rows)

    def _keys(self, toggle: str) -> tuple[str, ...]:
        """Return the columns of `_chain` that tell people apart to a guardrail."""
        toggles = self.policies.toggles
        chain = range(1 + len(list(required(toggles, toggle))))
        keys = [f"{what}{number}" for number in chain for what in ("on", "locked")]
        return (*keys, "calendar0") if toggles[toggle].supported_calendars else tuple(keys)

    def _said(self, part: Large, toggles: Sequence[str], rows: str) -> Statement:
        kept = ("person", "groups", MAIN, "implied", "calendars", *self.own())
        account = str(part.account)
        return standings(self.policies_for(part), account, toggles, rows, kept=kept, chosen=True)


def _in_any(groups: Collection[str]) -> str:
    """Return the condition of those who are in one of some groups."""
    names = ", ".join(map(text, sorted(groups)))
    if len(groups) <= _FEW:  # to compare each with a few is faster than to look it up
        return f"coalesce(len(list_filter(groups, lambda g: g IN ({names}))) > 0, false)"
    return f"coalesce(list_has_any(groups, [{names}]), false)"


def _any_of(keys: Sequence[str], folds: Sequence[tuple[Any, ...]]) -> str:
    """Return the condition that booleans and numbers are one of some combinations."""
    return " OR ".join(
        "("
        + " AND ".join(
            f"{key} = {str(value).lower()}" for key, value in zip(keys, fold, strict=True)
        )
        + ")"
        for fold in folds
    )
