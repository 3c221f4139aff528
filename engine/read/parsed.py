"""What the parsers make of one file."""

from __future__ import annotations

from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.findings import Finding
    from engine.read.comments import Ignore
    from engine.read.document import Document

DEPTH: Final = 100
"""The deepest nesting of collections, the document's own mapping included (SPEC §2)."""
MARK: Final = "calsync:"
"""A file without this text holds no comment that silences a warning."""


@dataclass(slots=True)
class Parsed:
    """What one file holds. `readable` is false after a `yaml-syntax` or `yaml-unsafe` error.

    `ignores` are the comments that silence warnings, in a file that is readable.
    """

    documents: list[Document] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True
    ignores: list[Ignore] = field(default_factory=list)
