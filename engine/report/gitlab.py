"""GitLab Code Quality: the part of the Code Climate format that merge requests show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from engine.report.annotations import fingerprints
from engine.report.screen import plain

if TYPE_CHECKING:
    from engine.report.annotations import Annotated

_SEVERITY: Final = {"error": "major", "warning": "minor", "note": "info"}


def render(report: Annotated) -> str:
    """Return the list of issues; the fingerprints are unique in it, as GitLab demands."""
    issues = [
        {
            "type": "issue",
            "check_name": one.rule,
            "description": plain(one.text),
            "categories": ["Bug Risk"],
            "severity": _SEVERITY[one.level],
            "fingerprint": fingerprint,
            "location": {
                "path": report.path(one.location.file),
                "lines": {"begin": one.location.line},
            },
        }
        for one, fingerprint in zip(
            report.annotations, fingerprints(report.annotations), strict=True
        )
    ]
    return json.dumps(issues, ensure_ascii=False, indent=2) + "\n"
