"""GitHub workflow commands: annotations on the lines of a pull request, through the job's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.report.screen import plain

if TYPE_CHECKING:
    from engine.report.annotations import Annotated, Annotation

_WORD: Final = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Annotated) -> str:
    """Return a workflow command per annotation, and a closing line for who reads the log."""
    commands = [_command(one, report.path(one.location.file)) for one in report.annotations]
    return "".join(f"{line}\n" for line in (*commands, _prose(report.said)))


def _command(one: Annotation, path: str) -> str:
    properties = {
        "file": path,
        "line": one.location.line,
        "col": one.location.column,
        "title": one.rule,
    }
    said = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    lines = [one.message]
    lines += [f"{other.location}: {other.message}" for other in one.related]
    lines += [f"hint: {one.hint}"] if one.hint else []
    return f"::{_WORD[one.level]} {said}::{_data(chr(10).join(map(plain, lines)))}"


def _prose(text: str) -> str:
    """Return a line of the log that is no command: the runner looks for `##[` anywhere in it."""
    return plain(text).replace("##[", "## [")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
