"""The fields of each kind of entity, in the form in which two sets are compared (SPEC §4).

Lists are ordered tuples, since they compare as sets; only menu paths keep their order. What a
document leaves out is filled in with its default.
"""

from __future__ import annotations

from engine.model import Expectation, Location
from engine.typed import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.model import (
        Account,
        Directory,
        Group,
        Guardrail,
        Origin,
        PolicySet,
        Portal,
        Role,
        Settings,
        Toggle,
        User,
        Who,
    )

Keyed: TypeAlias = "Mapping[Any, Any]"
"""Entities of one kind by what identifies them from one set to the next."""
Fields: TypeAlias = "dict[tuple[str | None, str], Any]"
"""Values by toggle (for a setting and its note) and field."""


def keyed(kind: str, policies: PolicySet) -> Keyed:
    """Return the entities of a kind: groups and directories by account and id, others by id.

    A role, expectation or guardrail without a name is known by its canonical JSON.
    """
    if kind in {"account", "group", "user", "toggle"}:
        found: Keyed = getattr(policies, f"{kind}s")
        return found
    if kind == "directory":
        return {(one.account, one.source): one for one in policies.directories}
    return {
        one.name if one.name is not None else canonical(kind, one): one
        for one in getattr(policies, f"{kind}s")
    }


def canonical(kind: str, entity: Any) -> str:
    """Return the canonical JSON of an entry without a name: what it says, keys in order."""
    said = {
        field: value for (_, field), value in fields_of(kind, entity).items() if value is not None
    }
    import json

    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def entry_name(kind: str, scope_id: str) -> str:
    """Return what a person calls a role, expectation or guardrail by its `scope_id`.

    For one without a name, whose canonical JSON that is, it is what the entry is about.
    """
    if scope_id[:1] != "{":  # as almost every name: it is no JSON
        return scope_id
    import json

    try:
        said = json.loads(scope_id)
    except ValueError:
        return scope_id
    if not isinstance(said, dict):
        return scope_id
    if kind == "expectation" and {"user", "toggle"} <= said.keys():
        return f"{said['user']}: {said['toggle']}"
    if kind == "guardrail" and {"toggle", "must_be"} <= said.keys():
        return f"{said['toggle']} must be {said['must_be']}"
    if kind == "role" and "privileges" in said:
        return ", ".join(said["privileges"]) or "without privileges"
    return scope_id


def title(one: Expectation | Guardrail) -> str:
    """Return the name, or for one without a name what it is about."""
    if one.name is not None:
        return one.name
    if isinstance(one, Expectation):
        return f"{one.user}: {one.toggle}"
    return f"{one.toggle} must be {one.must_be.value}"


def place_of(one: Expectation | Guardrail) -> Location:
    """Return where the entry stands in its list."""
    return one.origin.locate() if one.origin else Location("", 1, 1)


def fields_of(kind: str, entity: Any) -> Fields:
    """Return the comparable fields of an entity, settings and their notes included."""
    own: Fields = {(None, name): value for name, value in FIELDS[kind](entity).items()}
    if kind in {"account", "group", "user"}:
        own.update(_settings(entity.settings, locks=kind != "user"))
    return own


def place(
    kind: str, entity: Any, toggle: str | None = None, field: str | None = None
) -> Location | None:
    """Return where a field stands: its key. For the entity itself, where it is named.

    None where there is no entity, or it stands in no file. A value that is filled in has the
    entity's place, an implicit primary group that of the groups.
    """
    if entity is None or entity.origin is None:
        return None
    origin: Origin = entity.origin
    if field is None:
        if kind == "toggle":
            return origin.locate((), key=True)
        return origin.locate((_NAMED.get(kind, "name"),))
    if toggle is not None:
        path = ("toggles", toggle) if field == "setting" else ("toggles", toggle, field)
        return origin.locate(path, key=True)
    found = origin.locate((field,), key=True)
    if found == origin.locate() and field == "primary_group":
        found = origin.locate(("groups",), key=True)
    return found


_NAMED: Final = {"account": "id", "group": "id", "user": "id", "directory": "source"}


def _settings(settings: Settings, *, locks: bool) -> Fields:
    found: Fields = {}
    for toggle, setting in settings.items():
        said: dict[str, Any] = {"state": setting.state.value}
        if locks:
            said["locked"] = setting.locked
        found[toggle, "setting"] = said
        if setting.note is not None:
            found[toggle, "note"] = setting.note
    return found


def _ordered(values: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(sorted(values))


def _account(account: Account) -> dict[str, Any]:
    return {
        "group_resolution": account.group_resolution.value,
        "name": account.name,
        "note": account.note,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "priority": group.priority,
        "admins": _ordered(group.admins),
        "name": group.name,
        "note": group.note,
    }


def _user(user: User) -> dict[str, Any]:
    return {
        "account": user.account,
        "groups": _ordered(user.groups),
        "primary_group": user.primary_group,
        "calendars": _ordered(user.calendars),
        "name": user.name,
        "note": user.note,
    }


def _directory(directory: Directory) -> dict[str, Any]:
    return {"name": directory.name, "note": directory.note}


def _toggle(toggle: Toggle) -> dict[str, Any]:
    return {
        "default": toggle.default.value,
        "title": toggle.title,
        "requires": _ordered(toggle.requires),
        "supported_calendars": _ordered(toggle.supported_calendars),
        "portal": _portal(toggle.portal),
        "note": toggle.note,
    }


def _portal(portal: Portal | None) -> dict[str, Any] | None:
    if portal is None:
        return None
    said = {name: getattr(portal, name) for name in ("label", "account", "group", "user")}
    return {name: value for name, value in said.items() if value is not None}


def _role(role: Role) -> dict[str, Any]:
    return {
        "privileges": _ordered(role.privileges),
        "members": _ordered(role.members),
        "note": role.note,
    }


def _expectation(expectation: Expectation) -> dict[str, Any]:
    return {
        "user": expectation.user,
        "toggle": expectation.toggle,
        **expectation.expected,
        "note": expectation.note,
    }


def _guardrail(guardrail: Guardrail) -> dict[str, Any]:
    return {
        "who": "all" if guardrail.who.everybody else _who(guardrail.who),
        "toggle": guardrail.toggle,
        "must_be": guardrail.must_be.value,
        "whatever_users_choose": guardrail.whatever_users_choose,
        "locked": guardrail.locked,
        "must_sync": guardrail.must_sync,
        "at_most": guardrail.at_most,
        "at_least": guardrail.at_least,
        "note": guardrail.note,
    }


def _who(who: Who) -> dict[str, Any]:
    said = {"users": who.users, "groups": who.groups, "accounts": who.accounts}
    return {part: tuple(sorted(ids)) for part, ids in said.items() if ids}


FIELDS: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "account": _account,
    "group": _group,
    "user": _user,
    "directory": _directory,
    "toggle": _toggle,
    "role": _role,
    "expectation": _expectation,
    "guardrail": _guardrail,
}
"""Every kind, in the order of ids, and what reads its own fields."""
