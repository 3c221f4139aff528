"""The files of a policy directory as they move from commit to commit: a source like a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.history.log import Change
from engine.read.git import LINK, SUBMODULE
from engine.read.labels import is_policy_file
from engine.read.revisions import Revision, at_commit
from engine.read.source import undotted
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def holds_policies(path: str) -> bool:
    """Tell whether a path, relative to the policy directory, is that of a policy file."""
    return is_policy_file(path) and bool(undotted((path,)))


@dataclass(slots=True)
class Snapshot(Revision):
    """The policy directory in the commit that has been come to.

    `contents` gives the bytes of a blob. `links` are the symbolic links, each with the blob that
    it leads to ("" for nowhere).
    """

    contents: Callable[[str], bytes] = field(default=lambda _: b"")
    links: dict[str, str] = field(default_factory=dict)
    _listed: list[str] | None = None
    _base: str | None = None

    def move(self, commit: str, changes: Iterable[Change]) -> list[str]:
        """Go on to a commit; return the paths whose contents are other ones there."""
        self.revision = commit
        spread = self._spread(commit, tuple(changes))
        for change in spread:
            self._take(change)
        moved = [change.path for change in spread]
        moved += [path for path, blob in self.links.items() if self._behind(path) != blob]
        self.links.update({path: self._behind(path) for path in moved if path in self.links})
        return list(dict.fromkeys(moved))

    def _spread(self, commit: str, changes: Sequence[Change]) -> Sequence[Change]:
        """Return the changes; where a submodule moves, with those of the files that it holds."""
        ends = ((change.mode, self.blobs.get(change.path, ("",))[0]) for change in changes)
        if not any(SUBMODULE in modes for modes in ends):
            return changes
        fresh, gone = at_commit(self.repository, self.policies, self.name, commit), ("", "")
        self.modules = fresh.modules
        paths = sorted(self.blobs.keys() | fresh.blobs.keys())
        asked = ((path, self.blobs.get(path), fresh.blobs.get(path, gone)) for path in paths)
        return [Change(path, *after) for path, before, after in asked if before != after]

    def _take(self, change: Change) -> None:
        known = self.blobs.pop(change.path, None) is not None
        self.links.pop(change.path, None)
        if change.mode:
            self.blobs[change.path] = (change.mode, change.blob)
        if change.mode == LINK:
            self.links[change.path] = ""
        if not (known and change.mode):
            self._listed = None

    def _behind(self, path: str) -> str:
        try:
            return self.blob(path)
        except SourceError:
            return ""

    def leads_outside(self) -> bool:
        """Tell whether a link leads out of the directory, so that any commit may move it."""
        return any(self.leaves(path) for path in self.links)

    def files(self) -> Sequence[str]:
        """Return every file, listed once for as long as none comes or goes."""
        if self._listed is None:
            self._listed = list(Revision.files(self))
        return self._listed

    def read(self, path: str) -> bytes:
        """Return the bytes of one file."""
        blob, module = self.blob(path), self.modules.get(path)
        return self.contents(blob) if module is None else module.contents([blob])[blob]

    def label(self, path: str) -> str:
        """Return the path relative to the working directory, as if it were checked out."""
        if self._base is None:
            here = Revision.label(self, "")
            self._base = "" if here == "." else f"{here}/"
        return f"{self._base}{path}"
