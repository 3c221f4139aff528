"""The nouns: what a policy set declares, and what a decision is. No logic lives here.

Everything is frozen. Ids are compared exactly and ordered by code point. An entity knows
its `origin`, which turns a path inside it into file, line and column when somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from engine.shapes import dataclass, field
from engine.typed import Any, Final, NamedTuple, Protocol, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from an entity's mapping down to a value inside it."""

NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


def _nothing() -> Mapping[Any, Any]:
    return NOTHING


SYNC_TOGGLE: Final = "bidirectional_calendar_sync"
"""The toggle that is meant where none is named."""

CALENDARS: Final = ("google", "office365", "exchange", "exchange_on_premises")
"""The calendar services that a person may have connected."""


class State(StrEnum):
    """A toggle's two states."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class Scope(StrEnum):
    """The tier at which something is declared; the catalogue declares defaults."""

    ACCOUNT = "account"
    GROUP = "group"
    USER = "user"
    CATALOGUE = "catalogue"


class Resolution(StrEnum):
    """How an account settles what several groups of one user say (R4, R5)."""

    PRIMARY_GROUP = "primary_group"
    GROUP_PRIORITY = "group_priority"


class Reason(StrEnum):
    """Which row of R4, R5 or R10 decided."""

    ACCOUNT_LOCK = "account_lock"
    PRIMARY_GROUP_LOCK = "primary_group_lock"
    GROUP_LOCK = "group_lock"
    GROUP_LOCK_CONFLICT = "group_lock_conflict"
    USER_CHOICE = "user_choice"
    PRIMARY_GROUP = "primary_group"
    GROUP = "group"
    ACCOUNT = "account"
    DEFAULT = "default"


class SyncReason(StrEnum):
    """Why calendar events flow, or do not (R6)."""

    TOGGLE_DISABLED = "toggle_disabled"
    REQUIRED_TOGGLE_DISABLED = "required_toggle_disabled"
    NO_CALENDAR = "no_calendar"
    UNSUPPORTED_CALENDAR = "unsupported_calendar"
    ACTIVE = "active"


class Privilege(StrEnum):
    """What a role may grant (R8)."""

    ACCOUNT_SETTING = "AccountSetting:Edit"
    GROUP = "Group:Edit"
    USER = "User:Edit"
    ROLE = "Role:Edit"


class Location(NamedTuple):
    """A place in a file. `line` and `column` count from 1; columns count code points."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Origin(Protocol):
    """Where an entity was declared: resolves a path inside it to a place, late."""

    def locate(self, path: Path = (), *, key: bool = False) -> Location:
        """Return the place of the value at `path`, or of its key where `key` is true."""
        ...

    def pointer(self, path: Path = ()) -> str:
        """Return the JSON pointer, within the document, of the value at `path`."""
        ...


class Setting(NamedTuple):
    """What one scope declares about one toggle. `locked` is always false at user scope."""

    state: State
    locked: bool = False
    note: str | None = None


Settings: TypeAlias = Mapping[str, Setting]
"""Settings by toggle key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The top tier."""

    id: str
    group_resolution: Resolution = Resolution.PRIMARY_GROUP
    settings: Settings = field(default_factory=_nothing)
    name: str | None = None
    note: str | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of one account; `admins` may edit it without a role."""

    id: str
    account: str
    priority: int | None = None
    admins: tuple[str, ...] = ()
    settings: Settings = field(default_factory=_nothing)
    name: str | None = None
    note: str | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One person.

    `groups` stand in the order of joining; `primary_group` is filled in (the first of
    `groups` where none is declared, None without groups), and `implicit_primary` tells that
    it was. `calendars` is None where they are not tracked. `directory` is the source of the
    table that declares the user, if any.
    """

    id: str
    account: str
    groups: tuple[str, ...] = ()
    primary_group: str | None = None
    calendars: tuple[str, ...] | None = None
    settings: Settings = field(default_factory=_nothing)
    name: str | None = None
    note: str | None = None
    directory: str | None = None
    implicit_primary: bool = field(default=False, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A population in tables.

    `source` is as seen from the policy directory, not from the file that declares it; `files`
    are what it matched.
    """

    source: str
    account: str
    files: tuple[str, ...] = ()
    name: str | None = None
    note: str | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """Where a person finds the switch: menu words per scope, `{group}` for the group's name."""

    label: str | None = None
    account: tuple[str, ...] | None = None
    group: tuple[str, ...] | None = None
    user: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggle:
    """A catalogue entry. It is a sync toggle when it has `supported_calendars` (R6)."""

    key: str
    default: State
    title: str | None = None
    requires: tuple[str, ...] = ()
    supported_calendars: tuple[str, ...] | None = None
    portal: Portal | None = None
    note: str | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Privileges, and who has them (R8)."""

    name: str | None = None
    privileges: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    note: str | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A unit test of the policy: `expected` maps decision fields to what they must be."""

    user: str
    toggle: str
    expected: Mapping[str, str | bool]
    name: str | None = None
    note: str | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whom a guardrail speaks of: everybody, or the union of users, groups and accounts."""

    everybody: bool = False
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """What must hold for all of `who`."""

    who: Who
    toggle: str
    must_be: State
    whatever_users_choose: bool = False
    locked: bool | None = None
    must_sync: bool | None = None
    at_most: str | int | None = None
    at_least: str | int | None = None
    name: str | None = None
    note: str | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """All that one directory declares at one moment.

    `groups` is keyed by (account, group id); the other mappings by id. `users` holds those
    of YAML and of tables. `owners` maps each owner to the places that name them. Two sets are equal
    when they declare the same, wherever and in whatever order it stands.
    """

    accounts: Mapping[str, Account] = field(default_factory=_nothing)
    groups: Mapping[tuple[str, str], Group] = field(default_factory=_nothing)
    users: Mapping[str, User] = field(default_factory=_nothing)
    directories: tuple[Directory, ...] = ()
    toggles: Mapping[str, Toggle] = field(default_factory=_nothing)
    owners: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    owners_origin: Origin | None = field(default=None, compare=False, repr=False)


class Decision(NamedTuple):
    """The effective result for one user (None for a group or an account) and one toggle.

    The fields, in this order, are the decision row of every format. `sync` and
    `sync_reason` are None for a toggle that is no sync toggle (R6), and under R10.
    """

    account: str
    user: str | None
    toggle: str
    state: State
    locked: bool
    reason: Reason
    source_scope: Scope
    source_id: str
    sync: bool | None
    sync_reason: SyncReason | None
