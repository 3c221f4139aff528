"""Annotations: what any command has to say about a line, in the one shape that services take.

Owns the shape, and how an annotation is told apart from others when lines move. The formats
(SARIF, JUnit, GitHub, GitLab) know nothing of findings, tests or verdicts; a command turns
what it has found into annotations, and hands them to any of them.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.findings import registry
from engine.model import NOTHING
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.findings import Finding, Related
    from engine.model import Location

Level = Literal["error", "warning", "note"]


class Rule(NamedTuple):
    """Why something is said at all; `help` is Markdown."""

    title: str
    why: str
    help: str
    level: Level = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One thing said about one place.

    `about` is what it is about, in words that don't change when lines move: it makes the
    fingerprint. `fails` tells whether it makes the command's answer "no".
    """

    rule: str
    level: Level
    message: str
    location: Location
    about: str
    fails: bool
    hint: str | None = None
    related: tuple[Related, ...] = ()

    @property
    def text(self) -> str:
        """The message, with the hint where there is one: most services show one text only."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """What one run of a command has to say. `looked_at` are the files it could have spoken of."""

    command: str
    said: str
    annotations: Sequence[Annotation]
    rules: Mapping[str, Rule] = field(default_factory=lambda: NOTHING)
    looked_at: Sequence[str] = ()
    root: str = ""
    """Where the working directory is, as seen from the repository that the service shows."""

    def path(self, file: str) -> str:
        """Return a file as seen from the repository's root."""
        return posixpath.normpath(posixpath.join(self.root, file)) if self.root else file


def fingerprints(annotations: Iterable[Annotation]) -> list[str]:
    """Return what each annotation is known by from run to run: no line numbers go into it.

    Of several that are about the same, the first has the number 1, and so on.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for one in annotations:
        key = (one.rule, one.location.file, one.about)
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        found.append(hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32])
    return found


def of_findings(
    found: Iterable[Finding], excerpt: Callable[[Location], str | None], *, strict: bool
) -> list[Annotation]:
    """Return findings as annotations; `excerpt` gives the source line of a place."""
    return [
        Annotation(
            rule=one.code,
            level=one.severity.value,
            message=one.message,
            location=one.location,
            about=_about(one, excerpt(one.location)),
            fails=strict or one.severity == "error",
            hint=one.hint,
            related=one.related,
        )
        for one in found
    ]


def _about(one: Finding, line: str | None) -> str:
    """Say what a finding is about: the keys on the way to it, the word it points at, its line."""
    keys = re.sub(r"/\d+(?=/|$)", "/-", one.pointer)
    if not line or not line.strip():
        return f"{keys}\0{one.message}"
    word = re.match(r"[^\s,\]}]*", line[one.location.column - 1 :])
    return "\0".join((keys, word[0] if word else "", " ".join(line.split())))


def rules_of_findings() -> dict[str, Rule]:
    """Return the registry of codes as rules."""
    return {
        code.slug: Rule(
            title=code.title,
            why=" ".join(code.why.split()),
            help=f"{code.why}\n\nInstead of\n\n```yaml\n{code.bad}\n```\n\nwrite\n\n"
            f"```yaml\n{code.good}\n```\n",
            level=code.severity.value,
        )
        for code in registry().values()
    }
