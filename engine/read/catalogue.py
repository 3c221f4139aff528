"""The built-in catalogue, and how documents add to it."""

from __future__ import annotations

from functools import cache

from engine.model import SYNC_TOGGLE, Portal, Toggle
from engine.read.normalise import entity
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.read.entries import Entry

INTEGRATION_TOGGLE: Final = "calendar_and_contacts_integration"

_BUILT_IN: Final[Mapping[str, Mapping[str, Any]]] = {
    SYNC_TOGGLE: {
        "title": "Bi-directional calendar sync",
        "default": "enabled",
        "requires": [INTEGRATION_TOGGLE],
        "supported_calendars": ["google", "office365", "exchange"],
        "portal": {
            "label": "Automatically sync Zoom calendar events information bi-directionally"
            " between Zoom and integrated calendars",
            "account": ["Account Management", "Account Settings", "Mail & Calendar", "General"],
            "group": ["User Management", "Groups", "{group}", "Mail & Calendar", "Integrations"],
            "user": ["Settings", "Mail & Calendar", "Calendar and Contacts"],
        },
    },
    INTEGRATION_TOGGLE: {"default": "enabled"},
}

BUILT_IN_KEYS: Final = tuple(_BUILT_IN)


def toggles(entries: Iterable[Entry]) -> dict[str, Toggle]:
    """Return the catalogue by key: the built-in entries, and those of documents over them.

    Of two entries for one key the first counts. An entry that lacks its default, and so is an
    error already, counts as enabled.
    """
    written = dict(_built_in())
    seen: set[str] = set()
    for entry in entries:
        key = str(entry.id)
        if key in seen:
            continue
        seen.add(key)
        built_in = _BUILT_IN.get(key, {"default": "enabled"})
        written[key] = _toggle(key, {**built_in, **entry.value}, entry.part)
    return dict(sorted(written.items()))


@cache
def _built_in() -> Mapping[str, Toggle]:
    return {key: _toggle(key, value, None) for key, value in _BUILT_IN.items()}


def _toggle(key: str, raw: Mapping[str, Any], part: Any) -> Toggle:
    value = entity("toggle", raw)
    supported = value.get("supported_calendars")
    return Toggle(
        key=key,
        default=value["default"],
        title=value.get("title"),
        requires=tuple(r for r in value.get("requires") or () if r is not None),
        supported_calendars=None if supported is None else tuple(c for c in supported if c),
        portal=_portal(value.get("portal")),
        note=value.get("note"),
        origin=part,
    )


def _portal(value: Mapping[str, Any] | None) -> Portal | None:
    if value is None:
        return None
    paths = {
        scope: tuple(value[scope]) for scope in ("account", "group", "user") if value.get(scope)
    }
    return Portal(label=value.get("label"), **paths)
