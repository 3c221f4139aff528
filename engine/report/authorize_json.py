"""An authorization as JSON (SPEC §4); verdicts on commits name theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.report import jsons
from engine.report.diff_json import change

if TYPE_CHECKING:
    from engine.review.authority import Verdict
    from engine.review.authorization import Authorization


def render(found: Authorization) -> str:
    """Return the document."""
    return jsons.document(
        {
            "actor": found.actor,
            "allowed": found.allowed,
            "verdicts": [_verdict(verdict) for verdict in found.verdicts],
        }
    )


def _verdict(verdict: Verdict) -> dict[str, Any]:
    said = {
        "change": change(verdict.change),
        "actor": verdict.actor,
        "allowed": verdict.allowed,
        "needs": verdict.needs,
        "because": verdict.because,
        "message": verdict.message,
        "holders": verdict.holders,
    }
    return said if verdict.commit is None else {**said, "commit": verdict.commit}
