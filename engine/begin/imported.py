"""Exports to what they say about one account, and to what could not be mapped.

Owns what the fields of an export mean. Nothing is guessed: what has no plain meaning is told,
with its file and line, and left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.model import Setting, State
from engine.read.catalogue import toggles as catalogue
from engine.read.normalise import spells_state, state
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.begin.exports import Export, Row

_CALENDARS: Final = {
    "google": "google googlecalendar googleworkspace gmail gsuite",
    "office365": "office365 o365 microsoft365 m365 outlook outlookcom exchangeonline",
    "exchange": "exchange exchangeserver microsoftexchange",
    "exchange_on_premises": "exchangeonpremises exchangeonprem",
}
_LONGEST: Final = 254
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NONE: Final = frozenset(("none", "no", "notconnected", "na", "nil", "nogroup", "null"))
_TOGGLES: Final = {
    "bidirectional_calendar_sync": "bidirectionalcalendarsync bidirectionalsync calendarsync",
    "calendar_and_contacts_integration": "calendarandcontactsintegration calendarintegration",
}


class Unmapped(NamedTuple):
    """What an export says and no policy can: where it stands, and why it was left out."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(slots=True)
class Person:
    """One user, gathered from one row or several: exports often have a row per membership."""

    name: str | None = None
    groups: dict[str, None] = field(default_factory=dict)
    primary_group: str | None = None
    calendars: list[str] | None = None
    settings: dict[str, Setting] = field(default_factory=dict)


@dataclass(slots=True)
class Team:
    """One group."""

    name: str | None = None
    priority: int | None = None
    admins: tuple[str, ...] = ()
    settings: dict[str, Setting] = field(default_factory=dict)


@dataclass(slots=True)
class Imported:
    """Everything the exports say about one account, in the order in which they say it."""

    account: str
    settings: dict[str, Setting] = field(default_factory=dict)
    groups: dict[str, Team] = field(default_factory=dict)
    users: dict[str, Person] = field(default_factory=dict)
    unmapped: list[Unmapped] = field(default_factory=list)


def gather(account: str, exports: Mapping[str, Export], *, separator: str | None) -> Imported:
    """Put the exports together: groups first, since a user's cell may name one with a comma."""
    found = Imported(account)
    for kind, take in (("groups", _group), ("users", _user), ("settings", _setting)):
        export = exports.get(kind)
        if export is None:
            continue
        found.unmapped += (
            Unmapped(export.file, 1, f"the column `{name}` has no place in a policy")
            for name in export.ignored
        )
        found.unmapped += (
            Unmapped(export.file, 1, f"the column `{name}` stands here again, and is left out")
            for name in export.doubled
        )
        found.unmapped += (
            Unmapped(export.file, line, "more cells than the header has names: the row is left out")
            for line in export.misfits
        )
        for row in export.rows:
            take(found, row, separator)
    return found


def _say(found: Imported, row: Row, message: str) -> None:
    found.unmapped.append(Unmapped(row.file, row.line, message))


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def is_id(text: str) -> bool:
    """Tell whether an id may be written so (SPEC §2)."""
    return 1 <= len(text) <= _LONGEST and not _CONTROL.search(text) and text == text.strip(" ")


def _is_user(text: str) -> bool:
    before, sign, after = text.partition("@")
    return is_id(text) and bool(before and sign and after) and "@" not in after


def _parts(found: Imported, text: str | None, separator: str | None) -> list[str]:
    """Part a cell by the separator, else by `;`, else by `,`; a group's id is left whole."""
    if text is None:
        return []
    if text in found.groups:
        return [text]
    sign = separator or (";" if ";" in text else ",")
    parts = (part.strip() for part in text.split(sign))
    return [part for part in dict.fromkeys(parts) if part and _folded(part) not in _NONE]


def _group(found: Imported, row: Row, separator: str | None) -> None:
    name = row.fields.get("group")
    if name is None or not is_id(name):
        return _say(found, row, f"`{name}` cannot be a group's id" if name else "no group's id")
    if name in found.groups:
        return _say(found, row, f"the group `{name}` stands here again")
    team = found.groups.setdefault(name, Team(name=row.fields.get("title")))
    priority = row.fields.get("priority")
    if priority is not None and re.fullmatch(r"[1-9][0-9]{0,8}", priority):
        team.priority = int(priority)
    elif priority is not None:
        _say(found, row, f"the priority `{priority}` is not a whole number from 1")
    admins = _parts(found, row.fields.get("admins"), separator)
    team.admins = tuple(one for one in admins if _is_user(one))
    for one in admins:
        if not _is_user(one):
            _say(found, row, f"`{one}` cannot be a user's id, so is no admin")
    return None


def _user(found: Imported, row: Row, separator: str | None) -> None:
    name = row.fields.get("user")
    if name is None or not _is_user(name):
        return _say(found, row, f"`{name}` cannot be a user's id" if name else "no user's id")
    person = found.users.setdefault(name, Person())
    parts = (row.fields.get("first_name"), row.fields.get("last_name"))
    said = row.fields.get("name") or " ".join(part for part in parts if part) or None
    person.name = person.name or said
    for group in _parts(found, row.fields.get("groups"), separator):
        if is_id(group):
            person.groups[group] = None
            found.groups.setdefault(group, Team())
        else:
            _say(found, row, f"`{group}` cannot be a group's id")
    _primary(found, row, person)
    if "calendars" in row.fields:
        words = _parts(found, row.fields["calendars"], separator)
        known = _calendars(found, row, words)
        if known or not words:  # one that calsync does not know is not the same as none
            person.calendars = list(dict.fromkeys([*(person.calendars or []), *known]))
    return None


def _primary(found: Imported, row: Row, person: Person) -> None:
    primary = row.fields.get("primary_group")
    if primary is None or _folded(primary) in _NONE:
        return
    if not is_id(primary):
        _say(found, row, f"`{primary}` cannot be a group's id")
    elif person.primary_group not in {None, primary}:
        _say(found, row, f"another primary group, `{primary}`, for `{row.fields['user']}`")
    else:
        person.primary_group = primary
        person.groups[primary] = None
        found.groups.setdefault(primary, Team())


def _calendars(found: Imported, row: Row, words: Iterable[str]) -> list[str]:
    calendars = []
    for word in words:
        known = (key for key, usual in _CALENDARS.items() if _folded(word) in usual.split())
        calendar = next(known, None)
        if calendar:
            calendars.append(calendar)
        else:
            _say(found, row, f"`{word}` is no calendar that calsync knows")
    return calendars


def _setting(found: Imported, row: Row, _: str | None) -> None:
    scope, name = _folded(row.fields.get("scope", "")), row.fields.get("id")
    toggle = _toggle(row.fields.get("toggle", ""))
    said = row.fields.get("state", "")
    settings = _declared(found, scope, name)
    if settings is None:
        what = f"{scope} `{name}`" if name else f"scope `{row.fields.get('scope', '')}`"
        return _say(found, row, f"no {what} to declare it")
    if toggle is None:
        return _say(found, row, f"unknown toggle `{row.fields.get('toggle', '')}`")
    if not spells_state(said):
        return _say(found, row, f"`{said}` is not a state")
    locked = row.fields.get("locked", "no")
    if not spells_state(locked):
        return _say(found, row, f"`{locked}` does not say whether it is locked")
    is_locked = state(locked) is State.ENABLED
    if is_locked and scope == "user":
        _say(found, row, f"no lock at user scope: `{name}` is declared unlocked")
    new = Setting(state(said), is_locked and scope != "user", row.fields.get("note"))
    if settings.setdefault(toggle, new) != new:
        _say(found, row, f"{scope} `{name}` declares `{toggle}` again, otherwise")
    return None


def _declared(found: Imported, scope: str, name: str | None) -> dict[str, Setting] | None:
    """Return the settings of what a row names; None where there is no such thing."""
    if scope == "account":
        return found.settings if name in {None, found.account} else None
    if scope == "group":
        team = found.groups.get(name or "")
        return team.settings if team else None
    person = found.users.get(name or "") if scope == "user" else None
    return person.settings if person else None


def _toggle(text: str) -> str | None:
    for key, toggle in catalogue(()).items():
        title = _folded(toggle.title or "")
        label = _folded((toggle.portal and toggle.portal.label) or "")
        if text == key or _folded(text) in {title, label, *_TOGGLES.get(key, "").split()} - {""}:
            return key
    return None
