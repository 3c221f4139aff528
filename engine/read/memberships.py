"""Users, of documents and of tables: they stand once, in groups that are there."""

from __future__ import annotations

from engine.read.words import did_you_mean
from engine.read.written import has_holes
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.findings import Finding
    from engine.read.check import Check
    from engine.read.entries import Entry
    from engine.read.tables import Table, TableUser

_SHOWN: Final = 8
"""How many of a user's groups a hint names."""


def judge_rows(check: Check, tables: Sequence[Table]) -> None:
    """Judge the rows in their order; a bad one declares its user all the same (§2)."""
    for table in tables:
        for user in table.named():
            wrong = table.wrong.get(user.row.line) or _row_trouble(check, user)
            if wrong:
                table.wrong[user.row.line] = wrong
            if user.id not in check.index.users:
                check.index.table_users.setdefault(user.id, user.alone() if wrong else user)


def large_tables(check: Check, *, judged: bool) -> list[Finding]:
    """Return what is wrong with the large tables, where they are to be checked."""
    population = check.index.population
    if population is None:
        return []
    population.declared = {
        **{user: str(row.row.locate()) for user, row in check.index.table_users.items()},
        **{user: str(e.part.locate(("id",))) for user, e in check.index.users.items()},
    }
    if not judged:
        return []
    from engine.read import soundness

    wrong = soundness.check(population)
    if wrong and not population.names_all:
        check.entries.uncertain.add("user")
    return wrong


def _row_trouble(check: Check, user: TableUser) -> str | None:
    if user.id in check.index.users:
        place = check.index.users[user.id].part.locate(("id",))
        return f"the user `{user.id}` is declared in YAML too, at {place}"
    earlier = check.index.table_users.get(user.id)
    if earlier:
        return f"the user `{user.id}` stands twice, first at {earlier.row.file}:{earlier.row.line}"
    account = check.index.account_of(user.directory)
    if account is not None and check.sure("group"):
        for group in user.value.get("groups", ()):
            if not check.index.has_group(account, group):
                return f"unknown group `{group}` in account `{account}`"
    return None


def users(check: Check) -> None:
    """Report groups that are not there, and main groups that nobody is in."""
    for entry in check.entries.of("user"):
        account = check.index.account_of(entry)
        groups: Sequence[str | None] = entry.value.get("groups") or ()
        if account is not None and check.sure("group"):
            for at, group in enumerate(groups):
                if group is not None and not check.index.has_group(account, group):
                    check.at(
                        "unknown-group",
                        f"unknown group `{group}` in account `{account}`",
                        entry,
                        ("groups", at),
                        check.hint(group, check.index.groups.get(account, ()), "group", account),
                    )
        _primary(check, entry, groups)


def _primary(check: Check, entry: Entry, groups: Sequence[str | None]) -> None:
    primary = entry.value.get("primary_group")
    if primary is None or primary in groups:
        return
    if "groups" in entry.flawed and has_holes(entry, groups):
        return
    sound = [g for g in groups if g is not None]
    shown = ", ".join(f"`{g}`" for g in sound[:_SHOWN])
    more = f" and {len(sound) - _SHOWN:,} more" if len(sound) > _SHOWN else ""
    check.at(
        "primary-not-member",
        f"the primary group `{primary}` is not among the user's groups",
        entry,
        ("primary_group",),
        did_you_mean(primary, sound) or f"the user is in {shown or 'no group'}{more}",
    )
