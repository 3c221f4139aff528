"""JSON: the formats of SPEC §4, each with its `format_version`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from engine.model import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.findings import Finding
    from engine.model import Location
    from engine.review.explanation import Explanation

FORMAT_VERSION: Final = "1.0"


def document(content: dict[str, Any]) -> str:
    """Return a JSON document that begins with its format version."""
    whole = {"format_version": FORMAT_VERSION, **content}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


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
