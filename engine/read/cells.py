"""Cells of a table as SQL: their normal form, and the rows in which one is wrong.

Writes DuckDB's SQL as text and runs nothing. Two forms: the quick one lets the statement fail at
the first odd cell and costs next to nothing; the careful one cleans every cell and says what is
wrong, and holds nothing that could not be translated for another database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.literals import CALENDAR_WORDS, NO_CALENDAR, Words, name, text
from engine.model import CALENDARS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIXED: Final = ("user", "groups", "primary_group", "calendars")
SPACE: Final = " \t\n\r\v\f"
"""What is trimmed off the parts of a `;` text."""

_OFF: Final = ("disabled", "off", "false", "no")
_ON: Final = ("enabled", "on", "true", "yes")
CHOICE_WORDS: Final = Words(
    "choice_word",
    tuple(cased for word in (*_OFF, *_ON) for cased in (word, word.title(), word.upper())),
)
"""An enumeration of the usual spellings of a state, those of `disabled` first."""
_FIRST_ON: Final = 3 * len(_OFF)
_USER_COLUMN: Final = '"user"'
_AMONG: Final = "coalesce(list_contains(groups, primary_group), false)"
_CONTROL: Final = r"\x00-\x1f\x7f-\x{9f}"
_USER: Final = rf"[^@ {_CONTROL}][^@{_CONTROL}]*@(?:[^@{_CONTROL}]*[^@ {_CONTROL}])"
LONGEST: Final = 254
"""How many characters an id has at most."""
_ID: Final = rf"[^ {_CONTROL}]|[^ {_CONTROL}][^{_CONTROL}]*[^ {_CONTROL}]"


class Shape(NamedTuple):
    """What a column of a file holds: `text`, `texts` (a list), `flag` or `nothing`."""

    name: str
    holds: str


def shape(kind: str) -> str | None:
    """Return what a column of a type of DuckDB holds; None for what no column may hold."""
    if kind in {"VARCHAR", "JSON", "UUID"} or kind.startswith("ENUM"):
        return "text"
    if kind == "VARCHAR[]":
        return "texts"
    if kind == "BOOLEAN":
        return "flag"
    return "nothing" if kind in {'"NULL"', "NULL", '"NULL"[]', "NULL[]"} else None


def quick(
    columns: Sequence[Shape],
    toggles: Sequence[str],
    groups: str | None,
    raw: str,
    *,
    sure: bool = False,
    plain: bool = False,
) -> str:
    """Return a SELECT of normal rows from `raw`, which fails at a row that may not be sound.

    `groups` is the enumeration of the account's groups, None where it has none, and "" where it
    is not certain. Groups and calendars come as words of enumerations. A row that fails here may
    still be sound: only the careful form knows. Of rows that are known to be sound, for which
    `sure` stands, nothing is asked, and their ids are not where those are known to be `plain`.
    """
    at = {column.name: column.holds for column in columns}
    listed = f"{groups}[]" if groups else "VARCHAR[]"
    one = groups or "VARCHAR"
    inner = ", ".join(
        (
            '"user"',
            f"{_quick_list('groups', at)}::{listed} AS groups",
            f"{_cell('primary_group', at)}::{one} AS primary_group",
            f"{_quick_list('calendars', at)}::{CALENDAR_WORDS.name}[] AS calendars",
            *(f"{_choice(toggle, at)} AS t{number}" for number, toggle in enumerate(toggles)),
            *(f"{_spelled(toggle, at)} AS w{number}" for number, toggle in enumerate(toggles)),
        )
    )
    own = "".join(f", t{number}" for number in range(len(toggles)))
    user = '"user"'
    if not sure:
        odd = _odd(at, toggles, groups, plain=plain)
        user = f'CASE WHEN {odd} THEN error(\'odd row\') ELSE "user" END AS "user"'
    return f"SELECT {user}, groups, primary_group, calendars{own} FROM (SELECT {inner} FROM {raw})"


def _odd(at: Mapping[str, str], toggles: Sequence[str], groups: str | None, *, plain: bool) -> str:
    """Return the condition of a row that may not be sound, over the columns of the quick form."""
    # A CASE asks about few rows what an AND would compute for all of them.
    odd = [] if plain else [f"{_USER_COLUMN} IS NULL", f"NOT {quick_user_id(_USER_COLUMN)}"]
    odd += [f"list_position({key}, NULL) > 0" for key in ("groups", "calendars") if key in at]
    if "calendars" in at:
        none = f"list_max(calendars) = {text(NO_CALENDAR)}"
        odd.append(f"CASE WHEN len(calendars) > 1 THEN {none} ELSE false END")
    if groups is None:
        odd.append("len(groups) > 0")
    if "primary_group" in at:
        odd.append(f"CASE WHEN primary_group IS NOT NULL THEN NOT {_AMONG} ELSE false END")
    odd += [
        f"(w{number} IS NOT NULL AND t{number} IS NULL)"
        for number, toggle in enumerate(toggles)
        if toggle in at
    ]
    return " OR ".join(odd) or "false"


def careful(columns: Sequence[Shape], toggles: Sequence[str], raw: str, *, also: str = "") -> str:
    """Return a SELECT of normal rows from `raw`, where all rows are known to be sound.

    `also` are further columns of `raw`.
    """
    at = {column.name: column.holds for column in columns}
    picked = (
        f'{_cell("user", at)} AS "user"',
        f"{_careful_list('groups', at)} AS groups",
        f"{_cell('primary_group', at)} AS primary_group",
        f"{_careful_list('calendars', at)} AS calendars",
        *(f"{_tried(toggle, at)} AS t{number}" for number, toggle in enumerate(toggles)),
    )
    return f"SELECT {', '.join(picked)}{also} FROM {raw}"


def spellings(columns: Sequence[Shape], toggles: Sequence[str]) -> str:
    """Return further columns of the careful form, `w0`, `w1` …: the choices as they are written."""
    at = {column.name: column.holds for column in columns}
    return "".join(
        f", {_spelled(toggle, at)}::VARCHAR AS w{number}" for number, toggle in enumerate(toggles)
    )


def troubles(columns: Sequence[Shape], toggles: Sequence[str]) -> str:
    """Return what is wrong with a row of the careful form and its `spellings`, null if nothing.

    The answer is `what:value`, to be worded.
    """
    at = {column.name: column.holds for column in columns}
    cases = [
        ('"user" IS NULL', "'nobody:'"),
        (f"NOT {user_id(_USER_COLUMN)}", "'user:' || \"user\""),
        (
            _first_bad("groups", f"NOT {group_id('x')}") + " IS NOT NULL",
            "'group:' || " + _first_bad("groups", f"NOT {group_id('x')}"),
        ),
        (
            f"primary_group IS NOT NULL AND NOT {_AMONG}",
            "'primary:' || primary_group",
        ),
    ]
    words = ", ".join(map(text, CALENDARS))
    bad = _first_bad(
        "calendars",
        f"x NOT IN ({words}) AND (array_length(calendars) > 1 OR x <> {text(NO_CALENDAR)})",
    )
    cases.append((f"{bad} IS NOT NULL", f"'calendar:' || {bad}"))
    cases += [
        (
            f"t{number} IS NULL AND w{number} IS NOT NULL",
            f"'state:' || {text(toggle)} || ':' || w{number}",
        )
        for number, toggle in enumerate(toggles)
        if toggle in at
    ]
    return "CASE " + " ".join(f"WHEN {when} THEN {what}" for when, what in cases) + " END"


def user_id(sql: str) -> str:
    """Return the condition of a well-formed user id."""
    return _formed(sql, _USER)


def quick_user_id(sql: str) -> str:
    """Return the condition of a well-formed user id, which takes two thirds of the time.

    A regular expression takes longer than all else that is asked of a row. Most ids are printable
    ASCII without a space: bytes that need no escape when they are written as text.
    """
    plain = (
        f"strlen(encode({sql})::VARCHAR) = strlen({sql}) AND strlen({sql}) <= {LONGEST}"
        f" AND NOT contains({sql}, ' ') AND {sql} LIKE '_%@_%' AND NOT {sql} LIKE '%@%@%'"
    )
    return f"CASE WHEN {plain} THEN true ELSE {user_id(sql)} END"


def group_id(sql: str) -> str:
    """Return the condition of a well-formed id."""
    return _formed(sql, _ID)


def _formed(sql: str, pattern: str) -> str:
    long = (
        f"CASE WHEN strlen({sql}) > {LONGEST} THEN length({sql}) > {LONGEST}"  # bytes are fast
        " ELSE false END"
    )
    return f"(regexp_full_match({sql}, {text(pattern)}) AND NOT {long})"


def _first_bad(column: str, condition: str) -> str:
    return f"list_filter({column}, lambda x: {condition})[1]"


def _cell(column: str, at: Mapping[str, str]) -> str:
    if at.get(column) not in {"text", "flag"}:
        return "NULL::VARCHAR"
    return f"nullif({name(column)}::VARCHAR, '')"


def _quick_list(column: str, at: Mapping[str, str]) -> str:
    quoted = name(column)
    if at.get(column) == "texts":
        return quoted
    if at.get(column) == "text":
        return f"string_split(nullif({quoted}, ''), ';')"
    return "NULL::VARCHAR[]"


def _careful_list(column: str, at: Mapping[str, str]) -> str:
    quoted = name(column)
    if at.get(column) == "texts":
        parts = quoted
    elif at.get(column) == "text":
        trimmed = f"trim(x, {_escaped(SPACE)})"
        parts = f"list_transform(string_split({quoted}, ';'), lambda x: {trimmed})"
    else:
        return "NULL::VARCHAR[]"
    kept = f"list_filter({parts}, lambda x: x IS NOT NULL AND x <> '')"
    return f"CASE WHEN array_length({kept}) > 0 THEN {kept} END"


def _spelled(toggle: str, at: Mapping[str, str]) -> str:
    holds = _holds_choices(toggle, at)
    if holds == "flag":
        return name(toggle)
    return f"nullif({name(toggle)}::VARCHAR, '')" if holds == "text" else "NULL"


def _choice(toggle: str, at: Mapping[str, str]) -> str:
    return _chosen(toggle, at, f"enum_code({{}}::choice_word) >= {_FIRST_ON}")


def _tried(toggle: str, at: Mapping[str, str]) -> str:
    off, on = (", ".join(map(text, words)) for words in (_OFF, _ON))
    whens = f"WHEN lower({{0}}) IN ({on}) THEN true WHEN lower({{0}}) IN ({off}) THEN false"
    return _chosen(toggle, at, f"CASE {whens} END")


def _chosen(toggle: str, at: Mapping[str, str], read: str) -> str:
    holds = _holds_choices(toggle, at)
    if holds == "flag":
        return name(toggle)
    if holds != "text":
        return "NULL::BOOLEAN"
    return read.format(_spelled(toggle, at))


def _holds_choices(toggle: str, at: Mapping[str, str]) -> str | None:
    """Return what a toggle's own column holds: one whose key is `groups` has none."""
    return None if toggle in FIXED else at.get(toggle)


def _escaped(characters: str) -> str:
    return " || ".join(f"chr({ord(character)})" for character in characters)
