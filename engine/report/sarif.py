"""SARIF 2.1.0: what code scanning services and editors read.

Written as plain data, and held to the official schema and validator by tests: the libraries
that there are for it are models without upkeep, or bring a framework of their own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from engine import __version__
from engine.report.annotations import fingerprints
from engine.report.screen import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.model import Location
    from engine.report.annotations import Annotated, Annotation, Rule

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST: Final = 25_000
"""GitHub refuses a run with more results."""
_FIRST: Final = re.compile(r"\A[a-z]+(?=[ ,;:]|\Z)")
_LEVELS: Final = ("error", "warning", "note")


def render(report: Annotated) -> str:
    """Return the log: one run, every rule, a result per annotation."""
    kept = _most_severe(report.annotations)
    at = {rule: index for index, rule in enumerate(report.rules)}
    known = zip(kept, fingerprints(kept), strict=True)
    run = {
        "tool": {
            "driver": {
                "name": "calsync",
                "fullName": f"calsync {report.command}",
                "semanticVersion": __version__,
                "rules": [_rule(slug, rule) for slug, rule in report.rules.items()],
            }
        },
        "automationDetails": {"id": f"calsync/{report.command}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(len(report.annotations))],
        "results": [_result(report, one, at, fingerprint) for one, fingerprint in known],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _most_severe(found: Sequence[Annotation]) -> Sequence[Annotation]:
    """Return as many as there may be, in their order: where some must go, errors stay longest."""
    if len(found) <= _MOST:
        return found
    worst = sorted(range(len(found)), key=lambda at: _LEVELS.index(found[at].level))
    return [found[at] for at in sorted(worst[:_MOST])]


def _invocation(number: int) -> dict[str, Any]:
    done: dict[str, Any] = {"executionSuccessful": True}
    if number > _MOST:
        text = f"{number:,} results were found, and the {_MOST:,} most severe are given"
        done["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    return done


def _rule(slug: str, rule: Rule) -> dict[str, Any]:
    return {
        "id": slug,
        "shortDescription": {"text": _sentence(rule.title)},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.why, "markdown": rule.help},
        "defaultConfiguration": {"level": rule.level},
        "properties": {"problem.severity": rule.level.replace("note", "recommendation")},
    }


def _result(
    report: Annotated, one: Annotation, at: Mapping[str, int], fingerprint: str
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.rule,
        "level": one.level,
        "message": {"text": _sentence(one.message, one.hint)},
        "locations": [{"physicalLocation": _place(report, one.location)}],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:1"},
    }
    if one.rule in at:
        result["ruleIndex"] = at[one.rule]
    if one.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": plain(other.message)},
                "physicalLocation": _place(report, other.location),
            }
            for number, other in enumerate(one.related, 1)
        ]
    return result


def _sentence(*parts: str | None) -> str:
    """Return sentences: with a capital, but not on an id, and a full stop, as readers expect."""
    return " ".join(
        _ended(_FIRST.sub(lambda word: word[0].capitalize(), plain(part))) for part in parts if part
    )


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _place(report: Annotated, location: Location) -> dict[str, Any]:
    return {
        "artifactLocation": {
            "uri": quote(report.path(location.file), errors="surrogateescape"),
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": location.line, "startColumn": location.column},
    }
