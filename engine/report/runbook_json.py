"""A runbook as JSON (SPEC §4), with the notes for people beside the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.report import jsons

if TYPE_CHECKING:
    from engine.review.runbook import Runbook


def render(book: Runbook) -> str:
    """Return the document; `account` tells groups of one name apart."""
    return jsons.document({"steps": [step._asdict() for step in book.steps], "notes": book.notes})
