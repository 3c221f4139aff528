"""Entities as records, and a shelf of them as a policy set that reads what it is asked for.

Owns what a record looks like: JSON, checked value by value when it is read. What is not kept
(expectations, guardrails, directories, most places in the files) is never made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from engine.model import (
    NOTHING,
    Account,
    Group,
    Location,
    PolicySet,
    Portal,
    Resolution,
    Role,
    Setting,
    State,
    Toggle,
    User,
)
from engine.read.cache.notation import read
from engine.read.cache.shelf import DamagedError
from engine.typed import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.model import Origin, Path, Settings
    from engine.read.cache.shelf import Shelf

_K = TypeVar("_K")
_V = TypeVar("_V")
_HEAD: Final = b"set"
_USERS: Final = b"users"
_GROUPS: Final = b"groups"
_WRONG: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What a record that was made up can be: JSON of other shapes, other types, other words."""


# -- to records ---------------------------------------------------------------------------


def records(policies: PolicySet, paths: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what is kept of a valid set, by key; `paths` leads from a file's label to its path."""
    import json

    encode = json.JSONEncoder(separators=(",", ":")).encode

    def record(key: bytes, content: object) -> tuple[bytes, bytes]:
        return key, encode(content).encode("ascii")

    yield record(
        _HEAD,
        {
            "accounts": list(policies.accounts),
            "toggles": [_toggle(one) for one in policies.toggles.values()],
            "owners": policies.owners,
            "roles": [[r.name, r.privileges, r.members, r.note] for r in policies.roles],
        },
    )
    yield record(_USERS, list(policies.users))
    yield record(_GROUPS, list(policies.groups))
    for account in policies.accounts.values():
        yield record(_account_key(account.id), _account(account, paths))
    for key, group in policies.groups.items():
        yield record(_group_key(key), _group(group, paths))
    for user in policies.users.values():
        yield record(_user_key(user.id), _user(user, paths))


def _account_key(account: str) -> bytes:
    return b"a\0" + account.encode()


def _group_key(key: tuple[str, str]) -> bytes:
    return b"g\0" + "\0".join(key).encode()


def _user_key(user: str) -> bytes:
    return b"u\0" + user.encode()


def _account(one: Account, paths: Mapping[str, str]) -> list[object]:
    place = _place(one.origin, one.settings, paths)
    return [one.group_resolution, dict(one.settings), one.name, one.note, place]


def _group(one: Group, paths: Mapping[str, str]) -> list[object]:
    place = _place(one.origin, one.settings, paths)
    return [one.priority, one.admins, dict(one.settings), one.name, one.note, place]


def _user(one: User, paths: Mapping[str, str]) -> list[object]:
    return [
        one.account,
        one.groups,
        one.primary_group,
        one.calendars,
        dict(one.settings),
        one.name,
        one.note,
        one.directory,
        one.implicit_primary,
        _place(one.origin, one.settings, paths),
    ]


def _toggle(one: Toggle) -> list[object]:
    portal = one.portal
    said = portal and [portal.label, portal.account, portal.group, portal.user]
    return [one.key, one.default, one.title, one.requires, one.supported_calendars, said, one.note]


def _place(
    origin: Origin | None, settings: Settings, paths: Mapping[str, str]
) -> list[object] | None:
    """Return the file, and the line and column of the entity and of each toggle's key."""
    if origin is None:
        return None
    whole = origin.locate()
    toggles = {}
    for key in settings:
        at = origin.locate(("toggles", key), key=True)
        toggles[key] = (at.line, at.column)
    return [paths[whole.file], whole.line, whole.column, toggles]


# -- from records -------------------------------------------------------------------------


class Place(NamedTuple):
    """An :class:`~engine.model.Origin` that knows the places that were kept."""

    file: str
    line: int
    column: int
    toggles: dict[str, tuple[int, int]]

    def locate(self, path: Path = (), *, key: bool = False) -> Location:
        """Return a place that was kept; raise DamagedError for any other, so that it is read."""
        if not path:
            return Location(self.file, self.line, self.column)
        if key and len(path) == 2 and path[0] == "toggles" and path[1] in self.toggles:
            return Location(self.file, *self.toggles[str(path[1])])
        raise DamagedError("the place was not kept")

    def pointer(self, path: Path = ()) -> str:
        """Raise DamagedError: pointers are not kept."""
        raise DamagedError(f"no pointer is kept, and so none to {path}")


def policy_set(shelf: Shelf, label: Callable[[str], str]) -> PolicySet:
    """Return accounts, groups, users, toggles, owners and roles of a set: the rest isn't kept.

    `label` names a file, given its path below the policy directory. Users and groups are read
    when they are asked for, and any question may raise DamagedError.
    """
    made = _Reader(shelf, label)
    head = made.read(_HEAD)
    try:
        return PolicySet(
            accounts={_text(name): made.account(_text(name)) for name in head["accounts"]},
            groups=_Kept(lambda: made.groups, made.group),
            users=_Kept(lambda: made.users, made.user),
            toggles={one.key: one for one in map(_made_toggle, head["toggles"])},
            owners=_texts(head["owners"]),
            roles=tuple(map(_made_role, head["roles"])),
        )
    except _WRONG as error:
        raise DamagedError(str(error)) from error


class _Kept(Mapping[_K, _V]):
    """Entities by key, each read when it is asked for."""

    def __init__(
        self, keys: Callable[[], Mapping[_K, None]], find: Callable[[_K], _V | None]
    ) -> None:
        self._keys = keys
        self._find = find

    def __getitem__(self, key: _K) -> _V:
        found = self._find(key)
        if found is not None:
            return found
        if key in self._keys():
            raise DamagedError("a record is missing")
        raise KeyError(key)

    def __iter__(self) -> Iterator[_K]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())


class _Reader:
    """Reads and checks the records of a shelf."""

    def __init__(self, shelf: Shelf, label: Callable[[str], str]) -> None:
        self._shelf = shelf
        self._label = label

    def read(self, key: bytes) -> Any:
        """Return a record that must be there."""
        found = self._found(key)
        if found is None:
            raise DamagedError("a record is missing")
        return found

    def _found(self, key: bytes) -> Any:
        record = self._shelf.get(key)
        try:
            return None if record is None else read(record.decode("ascii"))
        except _WRONG as error:
            raise DamagedError(str(error)) from error

    @cached_property
    def users(self) -> Mapping[str, None]:
        """The ids of all users."""
        return self._keys(_USERS, _text)

    @cached_property
    def groups(self) -> Mapping[tuple[str, str], None]:
        """Account and id of all groups."""
        return self._keys(_GROUPS, lambda pair: (_text(pair[0]), _text(pair[1])))

    def _keys(self, key: bytes, made: Callable[[Any], _K]) -> Mapping[_K, None]:
        try:
            return dict.fromkeys(map(made, self.read(key)))
        except _WRONG as error:
            raise DamagedError(str(error)) from error

    def account(self, name: str) -> Account:
        """Return an account of the set."""
        resolution, settings, title, note, place = self.read(_account_key(name))
        return Account(
            id=name,
            group_resolution=Resolution(resolution),
            settings=_settings(settings),
            name=_maybe(title),
            note=_maybe(note),
            origin=self._place(place),
        )

    def group(self, key: tuple[str, str]) -> Group | None:
        """Return a group, if it is there."""
        try:
            found = self._found(_group_key(key))
            return None if found is None else self._group(key, found)
        except _WRONG as error:
            raise DamagedError(str(error)) from error

    def _group(self, key: tuple[str, str], found: Any) -> Group:
        priority, admins, settings, name, note, place = found
        return Group(
            id=key[1],
            account=key[0],
            priority=None if priority is None else _number(priority),
            admins=_texts(admins),
            settings=_settings(settings),
            name=_maybe(name),
            note=_maybe(note),
            origin=self._place(place),
        )

    def user(self, name: str) -> User | None:
        """Return a user, if they are there."""
        try:
            found = self._found(_user_key(name))
            return None if found is None else self._user(name, found)
        except _WRONG as error:
            raise DamagedError(str(error)) from error

    def _user(self, user: str, found: Any) -> User:
        account, groups, primary, calendars, settings, name, note, source, implicit, place = found
        return User(
            id=user,
            account=_text(account),
            groups=_texts(groups),
            primary_group=_maybe(primary),
            calendars=None if calendars is None else _texts(calendars),
            settings=_settings(settings),
            name=_maybe(name),
            note=_maybe(note),
            directory=_maybe(source),
            implicit_primary=_flag(implicit),
            origin=self._place(place),
        )

    def _place(self, found: Any) -> Place | None:
        if found is None:
            return None
        path, line, column, toggles = found
        places = {_text(key): (_number(at[0]), _number(at[1])) for key, at in toggles.items()}
        return Place(self._label(_text(path)), _number(line), _number(column), places)


def _made_toggle(found: Any) -> Toggle:
    key, default, title, requires, supported, portal, note = found
    return Toggle(
        key=_text(key),
        default=State(default),
        title=_maybe(title),
        requires=_texts(requires),
        supported_calendars=None if supported is None else _texts(supported),
        portal=None if portal is None else _portal(*portal),
        note=_maybe(note),
    )


def _portal(label: Any, *menus: Any) -> Portal:
    account, group, user = (None if menu is None else _texts(menu) for menu in menus)
    return Portal(label=_maybe(label), account=account, group=group, user=user)


def _made_role(found: Any) -> Role:
    name, privileges, members, note = found
    return Role(
        name=_maybe(name),
        privileges=_texts(privileges),
        members=_texts(members),
        note=_maybe(note),
    )


def _settings(found: Any) -> Settings:
    made = {
        _text(key): Setting(State(state), _flag(locked), _maybe(note))
        for key, (state, locked, note) in found.items()
    }
    return made or NOTHING


def _text(found: Any) -> str:
    if type(found) is not str:
        raise TypeError("text was kept here")
    return found


def _maybe(found: Any) -> str | None:
    return None if found is None else _text(found)


def _texts(found: Iterable[Any]) -> tuple[str, ...]:
    return tuple([_text(one) for one in found])


def _number(found: Any) -> int:
    if type(found) is not int:
        raise TypeError("a number was kept here")
    return found


def _flag(found: Any) -> bool:
    if type(found) is not bool:
        raise TypeError("a flag was kept here")
    return found
