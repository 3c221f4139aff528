"""Why the files that a directory document names are no tables of people, at its `source`.

What is wrong with a row is no business of this: rows have places of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.findings import Finding
from engine.read.cells import FIXED
from engine.read.words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.read.document import Part
    from engine.read.entries import Entry

_ENDINGS: Final = "use .csv or .parquet"


def nothing_named(directory: Entry) -> Finding:
    """Return the finding of a document whose `source` names no file."""
    hint = "check the path: it is relative to this file"
    return unreadable(directory, "names no file", hint)


def no_table(directory: Entry, file: str) -> Finding:
    """Return the finding of a file that is neither CSV nor Parquet."""
    return unreadable(directory, f"names `{file}`, which is no table", _ENDINGS)


def once(troubles: list[Finding]) -> list[Finding]:
    """Keep the first file with another ending: a glob that is too wide is one mistake."""
    other = [trouble for trouble in troubles if trouble.hint == _ENDINGS]
    return [*other[:1], *(trouble for trouble in troubles if trouble.hint != _ENDINGS)]


def wrong_columns(
    directory: Entry, file: str, header: Sequence[str], toggles: Sequence[str] | None
) -> list[Finding]:
    """Return all that is wrong with the columns of a table.

    A column that is nearly called `user` is one mistake, not an unknown and a missing one, and
    so is a header that is parted by another sign.
    """
    columns = tuple(dict.fromkeys(header))
    sign = _another_sign(columns)
    if sign:
        hint = f"part the columns by commas, not by {sign}"
        return [wrong_column(directory, f"`{file}` has no column `user`", hint)]
    known = (*FIXED, *(toggles or ()))
    unknown = [
        column
        for column in columns
        if column not in known and (toggles is not None or did_you_mean(column, FIXED))
    ]
    found = [
        wrong_column(directory, f"`{file}` has the column `{column}` twice", "keep one of them")
        for column in columns
        if header.count(column) > 1
    ]
    if "user" not in columns:
        meant = next((column for column in unknown if did_you_mean(column, ("user",))), None)
        hint = f"rename the column `{meant}`" if meant else "name the column of user ids"
        found.append(wrong_column(directory, f"`{file}` has no column `user`", hint))
        unknown = [column for column in unknown if column != meant]
    for column in unknown:
        hint = did_you_mean(column, known) or f"columns are {', '.join(known)}"
        message = f"`{file}` has the unknown column `{column}`"
        found.append(wrong_column(directory, message, hint))
    return found


def _another_sign(columns: Sequence[str]) -> str | None:
    """Return by what the columns are parted that were read as one, in words."""
    for sign, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(columns) == 1 and sign in columns[0]:
            parts = [part.strip(' "') for part in columns[0].split(sign)]
            return called if "user" in parts else None
    return None


def unreadable(directory: Entry, message: str, hint: str | None) -> Finding:
    """Return the finding of a table that cannot be had."""
    return _at_source("directory-unreadable", directory, message, hint)


def wrong_column(directory: Entry, message: str, hint: str) -> Finding:
    """Return the finding of a table with a wrong column."""
    return _at_source("directory-column", directory, message, hint)


def _at_source(code: str, directory: Entry, message: str, hint: str | None) -> Finding:
    part: Part = directory.part
    text = message if code == "directory-column" else f"`source` {message}"
    return Finding(
        code=code,
        message=text,
        hint=hint,
        location=part.locate(("source",)),
        pointer=part.pointer(("source",)),
    )
