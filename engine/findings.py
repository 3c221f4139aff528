"""Findings: what is wrong with the policies, where, and what to do about it.

A finding is a value. The registry of codes is data (`codes.toml` beside this module): its
titles, reasons and examples feed `validate --explain`, the docs and SARIF rules alike.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from engine.model import Location
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "Code",
    "Finding",
    "Location",
    "Related",
    "Severity",
    "has_errors",
    "ordered",
    "quoted",
    "registry",
]


_LONGEST: Final = 254


class Severity(StrEnum):
    """An error keeps a set from being valid (all but `lock-conflict` also from being used)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One entry of the registry; the texts are for people."""

    slug: str
    severity: Severity
    title: str
    why: str
    bad: str
    good: str


class Related(NamedTuple):
    """Another place that takes part in a finding."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake. `pointer` is the JSON pointer within its document ("" is the whole document).

    `about` says what the finding is about apart from where it stands: a kind, an account, an id,
    and what of it. With the code it stays the same when text moves.
    """

    code: str
    message: str
    location: Location
    hint: str | None = None
    pointer: str = ""
    related: tuple[Related, ...] = ()
    about: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity that the registry gives the code."""
        return registry()[self.code].severity


@cache
def registry() -> Mapping[str, Code]:
    """Return every code by its slug, in the order of the registry."""
    import tomllib
    from importlib.resources import files

    entries = tomllib.loads(files("engine").joinpath("codes.toml").read_text(encoding="utf-8"))
    return {
        slug: Code(
            slug=slug,
            severity=Severity(entry["severity"]),
            title=entry["title"],
            why=entry["why"].strip(),
            bad=entry["bad"].strip("\n"),
            good=entry["good"].strip("\n"),
        )
        for slug, entry in entries.items()
    }


def quoted(text: str) -> str:
    """Return what somebody wrote, in backticks: on one line, and cut where it fills a screen."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    return f"`{shown}`"


def has_errors(findings: Iterable[Finding], *, but: str | None = None) -> bool:
    """Tell whether any finding is an error, the code `but` aside."""
    return any(f.severity is Severity.ERROR and f.code != but for f in findings)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings by file, line, column, code, and for a stable output by message."""
    return sorted(findings, key=lambda f: (f.location, f.code, f.message))
