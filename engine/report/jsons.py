"""JSON: the formats of SPEC §4, each with its `format_version`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from engine.model import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.findings import Finding
    from engine.model import Expectation, Guardrail, Location
    from engine.review.coverage import Coverage, Line
    from engine.review.explanation import Explanation
    from engine.review.guardrails import Verdict
    from engine.review.testing import Tested

FORMAT_VERSION: Final = "1.0"


def document(content: dict[str, Any], *, one_line: bool = False) -> str:
    """Return a JSON document that begins with its format version; NDJSON takes it in one line."""
    whole = {"format_version": FORMAT_VERSION, **content}
    return json.dumps(whole, ensure_ascii=False, indent=None if one_line else 2) + "\n"


def row(decision: Decision) -> dict[str, Any]:
    """Return a decision row."""
    return dict(zip(Decision._fields, decision, strict=True))


def place(location: Location | None) -> dict[str, Any] | None:
    """Return a location, or null."""
    return location._asdict() if location else None


def findings(found: Sequence[Finding], *, files: int, documents: int) -> str:
    """Render what `validate` found."""
    errors = sum(f.severity == "error" for f in found)
    return document(
        {
            "diagnostics": [
                {
                    "code": finding.code,
                    "severity": finding.severity,
                    "message": finding.message,
                    "hint": finding.hint,
                    **finding.location._asdict(),
                    "pointer": finding.pointer,
                    "related": [
                        {**other.location._asdict(), "message": other.message}
                        for other in finding.related
                    ],
                }
                for finding in found
            ],
            "summary": {
                "files": files,
                "documents": documents,
                "errors": errors,
                "warnings": len(found) - errors,
            },
        }
    )


def explanation(explained: Explanation) -> str:
    """Render an explained decision."""
    deciding = explained.deciding
    return document(
        {
            **row(explained.decision),
            "tiers": [
                {**tier._asdict(), "location": place(tier.location)} for tier in explained.tiers
            ],
            "change": {
                "allowed": explained.change.allowed,
                "message": explained.change.message,
                "portal": explained.change.portal,
            },
            "targets": explained.targets,
            "location": place(deciding.location),
        }
    )


def decisions(rows: Iterable[Decision]) -> Iterator[str]:
    """Yield a JSON document of decision rows, piece by piece: there may be very many."""
    yield f'{{"format_version": "{FORMAT_VERSION}", "decisions": ['
    between = "\n"
    for decision in rows:
        yield between + json.dumps(row(decision), ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"


def lines(rows: Iterable[Decision]) -> Iterator[str]:
    """Yield decision rows as NDJSON."""
    for decision in rows:
        yield json.dumps(row(decision), ensure_ascii=False) + "\n"


def tested(found: Tested) -> str:
    """Render what `test` found."""
    return document(
        {
            "expectations": [
                {
                    **_entry(checked.expectation, checked.place),
                    "passed": checked.passed,
                    "failures": [failure._asdict() for failure in checked.failures],
                }
                for checked in found.expectations
            ],
            "guardrails": [
                guardrail(guarded.verdict, guarded.place) for guarded in found.guardrails
            ],
            "coverage": {
                "settings": len(found.coverage.lines),
                "covered": found.coverage.covered,
                "percent": found.coverage.percent,
                "uncovered": [_setting(line) for line in found.coverage.uncovered],
            },
            "summary": {"passed": found.total - found.failed, "failed": found.failed},
        }
    )


def guardrail(verdict: Verdict, at: Location) -> dict[str, Any]:
    """Return a guardrail with its verdict, as `test` and `diff` show it."""
    return {
        **_entry(verdict.guardrail, at),
        "passed": verdict.passed,
        "checked": verdict.checked,
        "violations": [
            {
                "account": violation.account,
                "user": violation.user,
                "state": violation.decision.state,
                "locked": violation.decision.locked,
                "sync": violation.decision.sync,
                "choices": dict(violation.choices),
            }
            for violation in verdict.violations()
        ],
    }


def coverage(found: Coverage) -> str:
    """Render coverage by file and line: for how much and for how many each setting decides."""
    return document(
        {
            "settings": len(found.lines),
            "covered": found.covered,
            "percent": found.percent,
            "deciding": len(found.lines) - len(found.idle),
            "files": [
                {
                    "file": file,
                    "lines": [
                        {
                            **{k: v for k, v in _setting(line).items() if k != "file"},
                            "account": line.account,
                            "locked": line.locked,
                            "expectations": line.expectations,
                            "users": line.users,
                        }
                        for line in lines
                    ],
                }
                for file, lines in found.by_file()
            ],
        }
    )


def _entry(one: Expectation | Guardrail, at: Location) -> dict[str, Any]:
    return {"name": one.name, "file": at.file, "line": at.line}


def _setting(line: Line) -> dict[str, Any]:
    at = line.place
    return {
        "file": at.file,
        "line": at.line,
        "scope": line.scope,
        "id": line.id,
        "toggle": line.toggle,
    }
