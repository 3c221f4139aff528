"""The naive model: a policy set as plain dicts after normalisation (SPEC §2).

Owns the step from raw documents, in any accepted spelling, to a `RefSet`. Two sets that differ in
spelling, order or files only are equal (R9). Must not decide anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Entity = dict[str, Any]
GroupKey = tuple[str, str]

TOGGLE = "bidirectional_calendar_sync"
ENABLED_WORDS = ("enabled", "on", "true", "yes")

# SPEC §2: the catalogue that needs no document.
BUILTIN: dict[str, Entity] = {
    TOGGLE: {
        "title": "Bi-directional calendar sync",
        "default": "enabled",
        "requires": ["calendar_and_contacts_integration"],
        "supported_calendars": ["google", "office365", "exchange"],
        "portal": {
            "label": "Automatically sync Zoom calendar events information bi-directionally "
            "between Zoom and integrated calendars",
            "account": [
                "Account Management",
                "Account Settings",
                "Mail & Calendar",
                "General",
            ],
            "group": [
                "User Management",
                "Groups",
                "{group}",
                "Mail & Calendar",
                "Integrations",
            ],
            "user": ["Settings", "Mail & Calendar", "Calendar and Contacts"],
        },
    },
    "calendar_and_contacts_integration": {"default": "enabled"},
}


@dataclass
class RefSet:
    """A policy set: entities by key, each a plain dict with every default filled in.

    Groups and directories are keyed by `(account, id)`, roles, expectations and guardrails by
    their name or else their canonical JSON, all others by id.
    """

    accounts: dict[str, Entity] = field(default_factory=dict)
    groups: dict[GroupKey, Entity] = field(default_factory=dict)
    users: dict[str, Entity] = field(default_factory=dict)
    directories: dict[GroupKey, Entity] = field(default_factory=dict)
    catalogue: dict[str, Entity] = field(default_factory=dict)
    roles: dict[str, Entity] = field(default_factory=dict)
    owners: list[str] = field(default_factory=list)
    expectations: dict[str, Entity] = field(default_factory=dict)
    guardrails: dict[str, Entity] = field(default_factory=dict)


def as_state(value: Any) -> str:
    """Normalise a state: the two words, and the boolean words in any case (SPEC §2)."""
    return "enabled" if as_bool(value) else "disabled"


def as_bool(value: Any) -> bool:
    """Normalise a boolean word in any case, as `locked` takes it (SPEC §2)."""
    return str(value).lower() in ENABLED_WORDS


def load(
    documents: Sequence[Entity], tables: Mapping[str, Sequence[Entity]] | None = None
) -> RefSet:
    """Normalise the documents of a valid set, and the rows of its directories by `source`."""
    refset = RefSet(catalogue=_catalogue(documents))
    _load_scopes(refset, documents)
    _load_users(refset, documents, tables or {})
    for document in _of_kind(documents, "roles"):
        refset.owners = sorted({*refset.owners, *document.get("owners", [])})
        refset.roles |= _named(document.get("roles", []), role_of)
    for document in _of_kind(documents, "expectations"):
        refset.expectations |= _named(document["expectations"], expectation_of)
    for document in _of_kind(documents, "guardrails"):
        refset.guardrails |= _named(document["guardrails"], guardrail_of)
    return refset


def role_of(raw: Entity) -> Entity:
    """Normalise one entry of `roles`."""
    return {
        **_unnamed(raw),
        "privileges": sorted(raw.get("privileges", [])),
        "members": sorted(raw.get("members", [])),
    }


def expectation_of(raw: Entity) -> Entity:
    """Normalise one entry of `expectations`; what it does not check stays absent."""
    entry = {"toggle": TOGGLE, **_unnamed(raw)}
    if "state" in entry:
        entry["state"] = as_state(entry["state"])
    if "locked" in entry:
        entry["locked"] = as_bool(entry["locked"])
    return entry


def guardrail_of(raw: Entity) -> Entity:
    """Normalise one entry of `guardrails`; an empty list in `who` is an absent one."""
    who = raw["who"]
    if who != "all":
        who = {part: sorted(ids) for part, ids in who.items() if ids}
    return {
        "toggle": TOGGLE,
        "whatever_users_choose": False,
        **_unnamed(raw),
        "who": who,
        "must_be": as_state(raw["must_be"]),
    }


def canonical_json(entry: Entity) -> str:
    """The scope_id of an entry without a name (SPEC §4, *Declared changes*)."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _load_scopes(refset: RefSet, documents: Sequence[Entity]) -> None:
    for raw in _of_kind(documents, "account"):
        refset.accounts[raw["id"]] = {
            **_common(raw, locks=True),
            "group_resolution": raw.get("group_resolution", "primary_group"),
        }
    for raw in _of_kind(documents, "group"):
        refset.groups[_account(refset, raw), raw["id"]] = {
            **_common(raw, locks=True),
            "priority": raw.get("priority"),
            "admins": sorted(raw.get("admins", [])),
        }


def _load_users(
    refset: RefSet, documents: Sequence[Entity], tables: Mapping[str, Sequence[Entity]]
) -> None:
    for raw in _of_kind(documents, "user"):
        refset.users[raw["id"]] = _user(raw, _account(refset, raw), None)
    for document in _of_kind(documents, "users"):
        for raw in document["users"]:
            account = _account(refset, {**document, **raw})
            refset.users[raw["id"]] = _user(raw, account, None)
    for raw in _of_kind(documents, "directory"):
        account, source = _account(refset, raw), raw["source"]
        refset.directories[account, source] = {"name": raw.get("name"), "note": raw.get("note")}
        for row in tables.get(source, []):
            refset.users[row["user"]] = _user(_from_row(row), account, source)


def _account(refset: RefSet, raw: Entity) -> str:
    """An entity's account: the only one where it is left out (SPEC §2)."""
    account: str = raw.get("account", next(iter(refset.accounts)))
    return account


def _named(entries: Sequence[Entity], normalise: Any) -> dict[str, Entity]:
    found = {}
    for raw in entries:
        entry = normalise(raw)
        found[raw.get("name", canonical_json(entry))] = entry
    return found


def _unnamed(raw: Entity) -> Entity:
    return {key: value for key, value in raw.items() if key != "name"}


def _of_kind(documents: Sequence[Entity], kind: str) -> list[Entity]:
    return [document for document in documents if document["kind"] == kind]


def _common(raw: Entity, *, locks: bool) -> Entity:
    """What account, group and user share: name, note, the settings and the settings' notes."""
    settings: dict[str, Entity] = {}
    notes: dict[str, str] = {}
    for toggle, written in raw.get("toggles", {}).items():
        setting = written if isinstance(written, dict) else {"state": written}
        settings[toggle] = {"state": as_state(setting["state"])}
        if locks:
            settings[toggle]["locked"] = as_bool(setting.get("locked", False))
        if "note" in setting:
            notes[toggle] = setting["note"]
    return {
        "name": raw.get("name"),
        "note": raw.get("note"),
        "settings": settings,
        "notes": notes,
    }


def _user(raw: Entity, account: str, source: str | None) -> Entity:
    """A user, from YAML or (with the `source` of its directory) from a table."""
    groups = raw.get("groups", [])
    calendars = raw.get("calendars")
    return {
        **_common(raw, locks=False),
        "account": account,
        "groups": sorted(groups),
        "primary_group": raw.get("primary_group", next(iter(groups), None)),
        "primary_is_implicit": "primary_group" not in raw,
        "calendars": None if calendars is None else sorted(calendars),
        "directory": source,
    }


def _from_row(row: Entity) -> Entity:
    """A table's row as a user entry: None is an absent key, every other column a toggle."""
    cells = {key: value for key, value in row.items() if value is not None}
    raw: Entity = {
        key: cells[key] for key in ("groups", "primary_group", "calendars") if key in cells
    }
    toggles = {key: value for key, value in cells.items() if key not in {*raw, "user"}}
    return {**raw, "id": cells["user"], "toggles": toggles}


def _catalogue(documents: Sequence[Entity]) -> dict[str, Entity]:
    """The built-in catalogue, and over it, key by key, the catalogue documents (SPEC §2)."""
    empty: Entity = {
        "title": None,
        "requires": [],
        "supported_calendars": None,
        "portal": None,
    }
    catalogue = {toggle: {**empty, **entry} for toggle, entry in BUILTIN.items()}
    for document in _of_kind(documents, "catalogue"):
        for toggle, raw in document["toggles"].items():
            catalogue[toggle] = {**catalogue.get(toggle, empty), **raw}
    for entry in catalogue.values():
        entry["default"] = as_state(entry["default"])
        entry["requires"] = sorted(entry["requires"])
    return catalogue
