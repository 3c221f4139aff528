"""A policy directory that remembers what was read of it."""

from __future__ import annotations

from engine.read.cache.trees import hashed
from engine.read.source import WorkingTree
from engine.shapes import dataclass


@dataclass(frozen=True, slots=True)
class Watched(WorkingTree):
    """A working tree; `seen` gets the hash of each file's contents, as they were read.

    A file that was another the second time gets None.
    """

    seen: dict[str, bytes | None]

    def read(self, path: str) -> bytes:
        """Read a file as it is now, and remember its contents by their hash."""
        data = WorkingTree.read(self, path)
        found = hashed(data)
        self.seen[path] = found if self.seen.get(path, found) == found else None
        return data
