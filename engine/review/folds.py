"""What lint asks about the people of large tables, whatever they choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.decide.facts import resolution
from engine.decide.situations import MAIN, kinds, standings
from engine.decide.sql import Statement
from engine.literals import Words, text
from engine.model import Resolution, Scope
from engine.review.folding import Folding, among

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from engine.model import PolicySet, User
    from engine.read.large import Large
    from engine.read.people import People
    from engine.review.alike import Alike


class Folds(Folding):
    """The people of a set's large tables, by what lint asks about them."""

    def __init__(self, policies: PolicySet, people: People) -> None:
        super().__init__(policies, people)
        self._kin: dict[str, list[Alike]] = {}

    def kin(self, toggle: str) -> list[Alike]:
        """Return people by what decides a toggle where nobody chooses, and by what R4 passes over.

        The fold is the source, the groups whose opposite locks meet there, and whether there
        would be another state or lock without the source, so that few sources are left of which
        that is not known. Who would decide instead is told where the account locks, and else by
        `successors`.
        """
        found = self._kin.get(toggle)
        if found is None:
            found = self._kin[toggle] = [
                alike
                for part, policies in self.parts_that_declare(toggle)
                for alike in self._kin_of(part, policies, toggle)
            ]
        return found

    def _kin_of(self, part: Large, policies: PolicySet, toggle: str) -> list[Alike]:
        account = policies.accounts[str(part.account)]
        setting = account.settings.get(toggle)
        if setting and setting.locked:
            statement = self.without_account(part, toggle, self.rows(part))
            return self.alike(part, statement, ("scope0", "source0"))
        keys = ("scope", "source", "reason", "opposed", "differs")
        return self.alike(part, self._without_source(part, policies, toggle), keys)

    def successors(self, toggle: str, sources: Collection[tuple[str, str]]) -> list[Alike]:
        """Return people for whom one of some groups, (account, id), decides, by what would instead.

        As in `kin` nobody chooses.
        """
        found: list[Alike] = []
        for part, policies in self.parts_that_declare(toggle):
            groups = sorted(name for account, name in sources if account == part.account)
            if groups:
                names = ", ".join(map(text, groups))
                where = f"scope = {text(Scope.GROUP)} AND source IN ({names})"
                statement = self._without_source(part, policies, toggle)
                keys = ("source", "scope0", "source0")
                found += self.alike(part, statement, keys, where)
        return found

    def _without_source(self, part: Large, policies: PolicySet, toggle: str) -> Statement:
        """Return what decides a toggle, as `scope` and so on, and what would without that group."""
        account = str(part.account)
        rows = self.rows(part)
        own = ("person", "groups", MAIN, "calendars")
        first = standings(policies, account, (toggle,), rows, kept=own, chosen=False)
        # Nobody is asked twice but those for whom a group decides.
        others = f"""
            SELECT person, scope0 AS scope, source0 AS source, reason0 AS reason,
            opposed0 AS opposed, on0 AS is_on, locked0 AS is_locked, calendars,
            scope0 = {text(Scope.GROUP)} AS is_group,
            CASE WHEN is_group THEN list_filter(groups, lambda g: g <> source0) END AS groups,
            CASE WHEN is_group THEN nullif({MAIN}, source0) END AS {MAIN}
            FROM ({first.select})"""
        said = ("scope", "source", "reason", "opposed", "is_on", "is_locked", "is_group")
        kept = ("person", "groups", *said)
        then = standings(policies, account, (toggle,), others, kept=kept, chosen=False)
        differs = "is_group AND (on0 <> is_on OR locked0 <> is_locked)"
        select = f"SELECT *, {differs} AS differs FROM ({then.select})"
        return then._replace(types=(*first.types, *then.types), select=select)

    def below(
        self, toggle: str, groups: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], list[Alike]]:
        """Return, by group, (account, id), its members by what decides, where nobody chooses.

        They are told apart by what would decide without this group, and by whether it is primary.
        """
        found: dict[tuple[str, str], list[Alike]] = {}
        for part, _ in self.parts_that_declare(toggle):
            account = str(part.account)
            names = sorted(name for owner, name in groups if owner == account)
            if not names:
                continue
            said = self.around(part, toggle, names, self.rows(part))
            for alike in self.alike(part, said, ("near", "is_main", "scope0", "source0")):
                found.setdefault((account, alike.fold[0]), []).append(alike)
        return found

    def inhabited(self) -> set[tuple[str, str]]:
        """Return the groups, (account, id), that anybody is in."""
        return {
            (str(part.account), group)
            for part in self.people.parts
            for (group,) in self.run((), f"SELECT DISTINCT unnest(groups) FROM ({self.rows(part)})")
        }

    def situations(self) -> list[Alike]:
        """Return people by their groups that can be heard, and the primary one if it declares."""
        found: list[Alike] = []
        for part in self.people.parts:
            policies = self.policies_for(part)
            account = str(part.account)
            by_priority = resolution(policies, account) is Resolution.GROUP_PRIORITY
            groups = [g for (owner, _), g in policies.groups.items() if owner == account]
            heard = sorted(
                g.id for g in groups if any(s.locked or by_priority for s in g.settings.values())
            )
            types = (
                Words("fheard", tuple(heard)),
                Words("fdeclaring", tuple(sorted(g.id for g in groups if g.settings))),
            )
            some = f"list_filter(groups, lambda g: {among('g', types[0])})"
            keys = f"""
                SELECT person, list_sort(list_distinct({some})) AS heard,
                CASE WHEN {among(MAIN, types[1])} THEN {MAIN} END AS first
                FROM ({self.rows(part)})"""
            found += self.alike(part, Statement(types, keys), ("heard", "first"))
        return found

    def implied(self, differs: Callable[[User, str], bool]) -> Iterator[tuple[str, str, User, int]]:
        """Yield account, source, first user and number of those whose order of groups decides.

        `differs` tells of one user who names no primary group whether, with another of their
        groups, a toggle's state or lock would be another.
        """
        for part in self.people.parts:
            policies, account = self.policies_for(part), str(part.account)
            declared = {
                key
                for (owner, _), group in policies.groups.items()
                if owner == account
                for key in group.settings
            }
            toggles = sorted(declared & policies.toggles.keys())
            if resolution(policies, account) is Resolution.GROUP_PRIORITY or not toggles:
                continue
            rows = f"SELECT * FROM ({self.rows(part)}) WHERE implied AND len(person.groups) > 1"
            said = kinds(policies, account, toggles, rows, kept=("person", *self.own()))
            decided = [
                [
                    alike.fold[0]
                    for alike in self.alike(part, said, (f"kind{number}",))
                    if differs(alike.user, toggle)
                ]
                for number, toggle in enumerate(toggles)
            ]
            where = " OR ".join(
                f"kind{number} IN ({', '.join(map(str, codes))})"
                for number, codes in enumerate(decided)
                if codes
            )
            for alike in self.alike(part, said, ("true",), where) if where else ():
                yield account, str(part.entry.source), alike.user, alike.people
