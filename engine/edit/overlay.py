"""A policy directory with one file as it would be, to see what an edit does before it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.read.source import WorkingTree


@dataclass(frozen=True, slots=True)
class Overlay:
    """The source `base`, in which the file at `path` holds `content`."""

    base: WorkingTree
    path: str
    content: bytes

    @property
    def title(self) -> str:
        """The directory's own."""
        return self.base.title

    @property
    def revision(self) -> str | None:
        """A directory has none."""
        return None

    def files(self) -> Sequence[str]:
        """Return every file, the one at `path` among them."""
        return sorted({*self.base.files(), self.path})

    def read(self, path: str) -> bytes:
        """Return the bytes of one file, as they would be."""
        return self.content if path == self.path else self.base.read(path)

    def leaves(self, path: str) -> bool:
        """Tell whether a symbolic link leads the file out of the policy directory."""
        return self.base.leaves(path)

    def label(self, path: str) -> str:
        """Return the path relative to the working directory."""
        return self.base.label(path)
