"""What was imported, as the files of a policy set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.begin.spelling import cell, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.begin.imported import Imported, Person, Team
    from engine.model import Setting

MOST_IN_YAML: Final = 1000
"""More users than these go into a table, which people don't edit by hand and tools read fast."""


def files(found: Imported) -> dict[str, str]:
    """Return the text of each file by its path below the policy directory."""
    made = {"account.yaml": _account(found)}
    if found.groups:
        made["groups.yaml"] = "---\n".join(
            _group(name, team) for name, team in sorted(found.groups.items())
        )
    if _in_table(found):
        made["people.yaml"] = "kind: directory\nsource: people/users.csv\n"
        made["people/users.csv"] = _table(found.users)
    elif found.users:
        made["people.yaml"] = "kind: users\nusers:\n" + "".join(
            f"  - {_person(name, person)}\n" for name, person in sorted(found.users.items())
        )
    return made


def left_out(found: Imported) -> list[str]:
    """Return in words what a table of people has no column for."""
    if not _in_table(found):
        return []
    names = sum(person.name is not None for person in found.users.values())
    notes = sum(
        one.note is not None for person in found.users.values() for one in person.settings.values()
    )
    why = "a directory table, which more than {:,} people go into, has no column for them"
    parts = ((names, "names"), (notes, "notes of settings"))
    return [f"{what} ({number:,}): {why.format(MOST_IN_YAML)}" for number, what in parts if number]


def _in_table(found: Imported) -> bool:
    """Tell whether the people go into a table, in whose cells `;` parts the groups."""
    return len(found.users) > MOST_IN_YAML and not any(";" in name for name in found.groups)


def _account(found: Imported) -> str:
    return f"kind: account\nid: {scalar(found.account)}\n{_toggles(found.settings)}"


def _group(name: str, team: Team) -> str:
    lines = [f"kind: group\nid: {scalar(name)}\n"]
    if team.name and team.name != name:
        lines.append(f"name: {scalar(team.name)}\n")
    if team.priority is not None:
        lines.append(f"priority: {team.priority}\n")
    if team.admins:
        lines.append(f"admins: {_list(team.admins)}\n")
    return "".join(lines) + _toggles(team.settings)


def _toggles(settings: Mapping[str, Setting]) -> str:
    if not settings:
        return ""
    return "toggles:\n" + "".join(
        f"  {scalar(key)}: {_setting(one)}\n" for key, one in sorted(settings.items())
    )


def _setting(one: Setting) -> str:
    if not one.locked and one.note is None:
        return one.state.value
    words = [f"state: {one.state.value}"]
    words += ["locked: true"] if one.locked else []
    words += [f"note: {scalar(one.note)}"] if one.note else []
    return f"{{{', '.join(words)}}}"


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(scalar(word) for word in words)}]"


def _groups(person: Person) -> list[str]:
    """Return the groups, the primary one first where one is named."""
    return sorted(person.groups, key=lambda group: group != person.primary_group)


def _person(name: str, person: Person) -> str:
    words = [f"id: {scalar(name)}"]
    words += [f"name: {scalar(person.name)}"] if person.name else []
    words += [f"groups: {_list(_groups(person))}"] if person.groups else []
    if person.primary_group is not None:
        words.append(f"primary_group: {scalar(person.primary_group)}")
    words += [f"calendars: {_list(person.calendars)}"] if person.calendars is not None else []
    if person.settings:
        settings = (f"{scalar(k)}: {_setting(s)}" for k, s in sorted(person.settings.items()))
        words.append(f"toggles: {{{', '.join(settings)}}}")
    return f"{{{', '.join(words)}}}"


def _table(users: Mapping[str, Person]) -> str:
    toggles = sorted({key for person in users.values() for key in person.settings})
    lines = [["user", "groups", "primary_group", "calendars", *toggles]]
    for name, person in sorted(users.items()):
        calendars = person.calendars
        said = "" if calendars is None else ";".join(calendars) or "none"
        states = [person.settings[key].state if key in person.settings else "" for key in toggles]
        groups = ";".join(_groups(person))
        lines.append([name, groups, person.primary_group or "", said, *states])
    return "".join(",".join(cell(word) for word in line) + "\n" for line in lines)
