"""CSV exports as they come: encoding, separator, and which column is meant.

Owns how a file becomes rows of named fields. What the fields mean is not known here.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.errors import QuestionError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

USERS: Final = {
    "user": "email emailaddress mail user userid useremail username userprincipalname login",
    "name": "name displayname fullname",
    "first_name": "firstname givenname",
    "last_name": "lastname surname familyname",
    "groups": "groups group usergroup usergroups groupname groupnames memberof",
    "primary_group": "primarygroup maingroup",
    "calendars": "calendars calendar calendarintegration calendarservice calendartype",
}
GROUPS: Final = {
    "group": "group groupname name id groupid",
    "title": "title displayname",
    "priority": "priority order precedence rank",
    "admins": "admins admin groupadmin groupadmins owner owners managers",
}
SETTINGS: Final = {
    "scope": "scope level tier",
    "id": "id target scopeid name",
    "toggle": "toggle setting key",
    "state": "state value status",
    "locked": "locked lock enforced",
    "note": "note comment reason",
}
NEEDED: Final = {"users": ("user",), "groups": ("group",), "settings": ("scope", "toggle", "state")}
_FIELDS: Final = {"users": USERS, "groups": GROUPS, "settings": SETTINGS}
FIELDS: Final = frozenset(field for fields in _FIELDS.values() for field in fields)


class Row(NamedTuple):
    """One row: its file, its line, and its fields' text, trimmed; empty ones are left out."""

    file: str
    line: int
    fields: Mapping[str, str]


class Export(NamedTuple):
    """One file: the header of each field, the headers that have no field, and the rows.

    `doubled` are headers that stand there again, `misfits` the lines of rows that are longer
    than the header: of what such a cell is, nobody can be sure.
    """

    file: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    rows: tuple[Row, ...]
    doubled: tuple[str, ...] = ()
    misfits: tuple[int, ...] = ()


def read(kind: str, file: str, wanted: Mapping[str, str]) -> Export:
    """Read an export of `users`, `groups` or `settings`; `wanted` names headers by field.

    Raises SourceError where the file cannot be read, QuestionError where a column is missing.
    """
    text = _text(file)
    header = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = [name.strip() for name in next(reader, [])]
        columns = _columns(kind, file, names, wanted)
        misfits: list[int] = []
        rows = tuple(_rows(file, names, columns, reader, misfits))
    except csv.Error as error:
        raise SourceError(f"cannot read `{file}` as CSV: {error}") from error
    used = set(columns.values())
    ignored = tuple(name for name in dict.fromkeys(names) if name and name not in used)
    doubled = tuple(n for n, times in Counter(names).items() if n and times > 1)
    return Export(file, columns, ignored, rows, doubled, tuple(misfits))


def _text(file: str) -> str:
    try:
        with open(file, "rb") as opened:
            content = opened.read()
    except OSError as error:
        raise SourceError(f"cannot read `{file}`: {error.strerror}") from error
    utf16 = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "save it as CSV in UTF-8"
        raise SourceError(f"`{file}` is not in UTF-8", hint=hint) from error


def _columns(kind: str, file: str, names: list[str], wanted: Mapping[str, str]) -> dict[str, str]:
    known = {_folded(name): name for name in reversed(names) if name}
    found: dict[str, str] = {}
    for field in _FIELDS[kind]:
        if field in wanted:
            if _folded(wanted[field]) not in known:
                raise QuestionError(
                    f"`{file}` has no column `{wanted[field]}`",
                    hint=f"its columns: {', '.join(filter(None, names))}",
                )
            found[field] = known[_folded(wanted[field])]
    for field, usual in _FIELDS[kind].items():
        taken = set(found.values())
        free = (known[word] for word in usual.split() if word in known)
        header = next((name for name in free if name not in taken), None)
        if field not in found and header is not None:
            found[field] = header
    for field in NEEDED[kind]:
        if field not in found:
            raise QuestionError(
                f"no column of `{file}` is plainly the {field}",
                hint=f"say which: --column {field}=HEADER; its columns: "
                f"{', '.join(filter(None, names)) or 'none'}",
            )
    return found


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower()) or name


def _rows(
    file: str,
    names: list[str],
    columns: Mapping[str, str],
    reader: Iterator[list[str]],
    misfits: list[int],
) -> Iterator[Row]:
    at = {field: names.index(header) for field, header in columns.items()}
    line = getattr(reader, "line_num", 1) + 1
    for cells in reader:
        fields = {f: cells[i].strip() for f, i in at.items() if i < len(cells)}
        if any(cell.strip() for cell in cells[len(names) :]):
            misfits.append(line)
        elif any(cell.strip() for cell in cells):
            yield Row(file, line, {field: text for field, text in fields.items() if text})
        line = getattr(reader, "line_num", line) + 1
