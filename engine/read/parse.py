"""Bytes to documents: the text is decoded, read the quick way, and with care where it must be."""

from __future__ import annotations

from engine.findings import Finding
from engine.model import Location
from engine.read.parsed import DEPTH, MARK, Parsed
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import re

    from engine.read.pieces import Pieces

FILE_SIZE: Final = 256 * 1024 * 1024
"""The largest policy file in bytes; more people than this holds belong into tables."""

_UNPRINTABLE: Final = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029"
    r"\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""All but what may be written; said the other way round it takes 30 times as long to compile."""
_USUAL: Final = bytes((*b"\t\n\r", *range(ord(" "), ord("~") + 1)))
"""What most files hold nothing but: then the pattern isn't asked."""


def parse(data: bytes, file: str, pieces: Pieces | None = None) -> Parsed:
    """Parse the bytes of one policy file; `file` is the name that places bear.

    `pieces` know what stands in other files that were parsed with them.
    """
    if len(data) > FILE_SIZE:
        message = f"the file has {len(data):,} bytes, more than {FILE_SIZE:,}"
        hint = "keep large populations in tables: see `kind: directory`"
        trouble = Finding(
            code="yaml-unsafe", message=message, location=Location(file, 1, 1), hint=hint
        )
        return Parsed(findings=[trouble], readable=False)
    from engine.read import swift

    text, trouble_at, what = _decode(data)
    quick = None if what else (pieces or swift).documents(text, file, DEPTH)
    parsed = _careful(text, file, trouble_at, what) if quick is None else Parsed(quick)
    if parsed.readable and MARK in text:
        from engine.read.comments import ignores

        parsed.ignores = ignores(text, file)
    return parsed


def _careful(text: str, file: str, trouble_at: int, what: tuple[str, str] | None) -> Parsed:
    from engine.read.building import Builder
    from engine.read.frames import after

    builder = Builder(text[:trouble_at], file, cut=trouble_at < len(text) or bool(what))
    builder.run()
    if what and not builder.stopped:
        line, column = after(text[:trouble_at], 1, 1)
        builder.syntax(what[0], line, column, what[1])
    return builder.parsed


def _decode(data: bytes) -> tuple[str, int, tuple[str, str] | None]:
    """Return the text, how much of it is fit to parse, and what is wrong with what follows."""
    wrong: tuple[str, str] | None = None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8")
        wrong = ("the file is not UTF-8", "save the file as UTF-8")
    text = text.removeprefix("\ufeff")
    unfit = _unprintable(text) if data.translate(None, _USUAL) else None
    if unfit:
        character = f"U+{ord(unfit[0]):04X}"
        hint = f'write it as an escape in double quotes: "\\u{ord(unfit[0]):04x}"'
        return text, unfit.start(), (f"the character {character} may not stand in YAML", hint)
    return text, len(text), wrong


def _unprintable(text: str) -> re.Match[str] | None:
    import re

    return re.search(_UNPRINTABLE, text)
