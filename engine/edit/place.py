"""Where in the files a setting is, or would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import RefusedError
from engine.model import User
from engine.read.document import Part
from engine.read.parse import parse
from engine.shapes import dataclass

if TYPE_CHECKING:
    from engine.model import Path
    from engine.read.load import Loaded
    from engine.review.targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file, the document in it, the entity in that, and the toggle.

    `path` is the file's below the policy directory, `file` the name that messages bear.
    `number` counts non-empty documents from 0, and `base` leads to the entity's mapping.
    """

    path: str
    file: str
    number: int
    base: Path
    toggle: str

    @property
    def way(self) -> Path:
        """The way to the setting within the document."""
        return (*self.base, "toggles", self.toggle)


def place_of(loaded: Loaded, target: Target, toggle: str) -> Place:
    """Return the place of a target's setting; raise RefusedError for a user in a table."""
    if isinstance(target, User) and target.directory is not None:
        where = target.origin.locate() if target.origin else target.directory
        raise RefusedError(
            f"`{target.id}` stands in a table, at {where}, and calsync does not write tables",
            hint="change it where the table comes from, then `calsync diff` shows what that does",
        )
    part = target.origin
    assert isinstance(part, Part)  # noqa: S101 - what no table declares, a document does
    file = part.document.file
    path = next(path for path in loaded.files if loaded.source.label(path) == file)
    documents = parse(loaded.source.read(path), file).documents
    root = part.document.locate()
    number = next(n for n, document in enumerate(documents) if document.locate() == root)
    return Place(path=path, file=file, number=number, base=part.base, toggle=toggle)
