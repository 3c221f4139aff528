"""Entries to a PolicySet: the canonical form of all that is sound."""

from __future__ import annotations

from engine.model import (
    NOTHING,
    Account,
    Directory,
    Expectation,
    Group,
    Guardrail,
    PolicySet,
    Resolution,
    Role,
    Setting,
    Settings,
    User,
    Who,
)
from engine.read.catalogue import toggles
from engine.read.normalise import entity, setting
from engine.typed import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.read.entries import Entries, Entry
    from engine.read.index import Index
    from engine.read.tables import Table, TableUser

_E = TypeVar("_E")
_EXPECTED = ("state", "locked", "reason", "source", "sync", "sync_reason")


def assemble(entries: Entries, index: Index, tables: Mapping[str, Sequence[Table]]) -> PolicySet:
    """Return the policy set; what isn't sound is left out, so only a set without errors is whole.

    `tables` are those of each directory document by the label of its place.
    """
    users = {
        entry.id: _once(entry, account, _user)
        for entry in index.users.values()
        if entry.id is not None and (account := index.account_of(entry)) is not None
    }
    for row in index.table_users.values():
        if index.account_of(row.directory) is not None:
            users[row.id] = _table_user(row, index)
    return PolicySet(
        accounts={
            entry.id: _once(entry, entry.id, _account)
            for entry in index.accounts.values()
            if entry.id
        },
        groups={
            (account, group): _once(entry, account, _group)
            for account, members in index.groups.items()
            for group, entry in members.items()
        },
        users=_with_tables(users, index),
        directories=tuple(
            _directory(entry, index, tables)
            for entry in entries.of("directory")
            if entry.id is not None and index.account_of(entry) is not None
        ),
        toggles=toggles(entries.of("toggle")),
        owners=tuple(dict.fromkeys(o for _, owners in entries.owners for o in _texts(owners))),
        roles=tuple(_role(e) for e in entries.of("role")),
        expectations=tuple(_expectation(e) for e in entries.of("expectation") if "user" in e.value),
        guardrails=tuple(_guardrail(e) for e in entries.of("guardrail") if _speaks(e)),
        owners_origin=entries.owners[0][0] if entries.owners else None,
    )


def _once(entry: Entry, account: str, make: Callable[[Entry, str], _E]) -> _E:
    """Make the entity of an entry, or take the one that another set has made of it.

    INVARIANT: an entity depends on its entry and its account alone.
    """
    if entry.part.document.gathered is None:  # no other set will ask
        return make(entry, account)
    if entry.made is None or entry.made[0] != account:
        entry.made = (account, make(entry, account))
    made: _E = entry.made[1]
    return made


def _with_tables(users: Mapping[str, User], index: Index) -> Mapping[str, User]:
    """Return the users and those of large tables; without them while a row of those is bad."""
    population = index.population
    if population is None or population.bad:
        return users
    from engine.read.people import People

    return People(users, population)


def _settings(raw: Mapping[str, Any] | None) -> Settings:
    """Return the sound settings: those whose state is there (a key may have been dropped)."""
    if not raw:
        return NOTHING
    found: dict[str, Setting] = {}
    for key, written in raw.items():
        if not isinstance(written, dict) or "state" in written:
            found[key] = setting(written)
    return found


def _texts(value: Sequence[str | None] | None) -> tuple[str, ...]:
    return tuple(text for text in value or () if text is not None)


def _account(entry: Entry, account: str) -> Account:
    value = entity("account", entry.value)
    return Account(
        id=account,
        group_resolution=Resolution(value["group_resolution"]),
        settings=_settings(value.get("toggles")),
        name=value.get("name"),
        note=value.get("note"),
        origin=entry.part,
    )


def _group(entry: Entry, account: str) -> Group:
    value = entry.value
    return Group(
        id=str(entry.id),
        account=account,
        priority=value.get("priority"),
        admins=_texts(value.get("admins")),
        settings=_settings(value.get("toggles")),
        name=value.get("name"),
        note=value.get("note"),
        origin=entry.part,
    )


def _user(entry: Entry, account: str) -> User:
    value = entry.value
    groups = _texts(value.get("groups"))
    calendars = value.get("calendars")
    return User(
        id=str(entry.id),
        account=account,
        groups=groups,
        primary_group=value.get("primary_group") or (groups[0] if groups else None),
        calendars=None if calendars is None else _texts(calendars),
        settings=_settings(value.get("toggles")),
        name=value.get("name"),
        note=value.get("note"),
        implicit_primary="primary_group" not in value,
        origin=entry.part,
    )


def _table_user(row: TableUser, index: Index) -> User:
    groups = tuple(row.value.get("groups", ()))
    calendars = row.value.get("calendars")
    return User(
        id=row.id,
        account=index.account_of(row.directory) or "",
        groups=groups,
        primary_group=row.value.get("primary_group") or (groups[0] if groups else None),
        calendars=None if calendars is None else tuple(calendars),
        settings={k: Setting(v) for k, v in row.value.get("toggles", {}).items()} or NOTHING,
        directory=str(row.directory.source),
        implicit_primary="primary_group" not in row.value,
        origin=row.row,
    )


def _directory(entry: Entry, index: Index, tables: Mapping[str, Sequence[Table]]) -> Directory:
    return Directory(
        source=entry.source or str(entry.id),
        account=index.account_of(entry) or "",
        files=tuple(table.file for table in tables.get(str(entry.part.locate()), ())),
        name=entry.value.get("name"),
        note=entry.value.get("note"),
        origin=entry.part,
    )


def _role(entry: Entry) -> Role:
    value = entity("role", entry.value)
    return Role(
        name=value.get("name"),
        privileges=_texts(value["privileges"]),
        members=_texts(value["members"]),
        note=value.get("note"),
        origin=entry.part,
    )


def _expectation(entry: Entry) -> Expectation:
    value = entity("expectation", entry.value)
    return Expectation(
        user=value["user"],
        toggle=value["toggle"],
        expected={key: value[key] for key in _EXPECTED if key in value},
        name=value.get("name"),
        note=value.get("note"),
        origin=entry.part,
    )


def _speaks(entry: Entry) -> bool:
    return "who" in entry.value and "must_be" in entry.value


def _guardrail(entry: Entry) -> Guardrail:
    value = entity("guardrail", entry.value)
    who = value["who"]
    return Guardrail(
        who=Who(everybody=True) if who == "all" else _who(who),
        toggle=value["toggle"],
        must_be=value["must_be"],
        whatever_users_choose=value["whatever_users_choose"],
        locked=value.get("locked"),
        must_sync=value.get("must_sync"),
        at_most=value.get("at_most"),
        at_least=value.get("at_least"),
        name=value.get("name"),
        note=value.get("note"),
        origin=entry.part,
    )


def _who(who: Mapping[str, Iterable[str | None]]) -> Who:
    return Who(
        users=_texts(tuple(who.get("users", ()))),
        groups=_texts(tuple(who.get("groups", ()))),
        accounts=_texts(tuple(who.get("accounts", ()))),
    )
