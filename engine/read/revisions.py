"""Policies of a git revision: a source of files, read from the object store."""

from __future__ import annotations

import posixpath

from engine.errors import GitError, SourceError
from engine.read.git import LINK, SUBMODULE, Repository, repository
from engine.read.labels import is_policy_file, label
from engine.read.source import undotted
from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LINKS: Final = 10


@dataclass(slots=True)
class Revision:
    """The policy directory as it was in one commit.

    `modules` are the repositories of the files that submodules below the directory hold.
    """

    repository: Repository
    policies: str
    name: str
    revision: str
    blobs: dict[str, tuple[str, str]]
    _read: dict[str, bytes] = field(default_factory=dict)
    modules: dict[str, Repository] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The revision as the user named it."""
        return f"{self.policies} at {self.name}"

    def files(self) -> Sequence[str]:
        """Return every file; folders of a dot hold none."""
        return sorted(undotted(p for p, (mode, _) in self.blobs.items() if mode != SUBMODULE))

    def read(self, path: str) -> bytes:
        """Return the bytes of one file; the first call fetches all policy files at once."""
        name = self.blob(path)
        if name not in self._read:
            self.fetch([*(p for p in self.blobs if is_policy_file(p)), path])
        return self._read[name]

    def fetch(self, paths: Iterable[str]) -> None:
        """Read several files ahead, in one batch a repository."""
        wanted: dict[Repository, list[str]] = {}
        for path in paths:
            if self.blobs[path][0] != SUBMODULE:
                at = self.modules.get(path, self.repository)
                wanted.setdefault(at, []).append(self.blob(path))
        for at, names in wanted.items():
            self._read.update(at.contents(name for name in names if name not in self._read))

    def hold(self, contents: Mapping[str, bytes]) -> None:
        """Take the bytes of blobs that somebody else has read."""
        self._read.update(contents)

    def blob(self, path: str) -> str:
        """Return the object id of what a path leads to, through symbolic links."""
        mode, name = self.blobs[path]
        if mode != LINK:
            return name
        try:
            return self.blobs[self._followed(path)][1]
        except SourceError:
            found = self.repository.behind_link(self.revision, path)
            if found is None:
                raise
            return found

    def leaves(self, path: str) -> bool:
        """Tell whether a symbolic link leads the file out of the policy directory."""
        try:
            return self._followed(path) not in self.blobs
        except SourceError:
            return True

    def leads_outside(self) -> bool:
        """Tell whether a link leads out of the directory, so that any commit may move it."""
        return any(self.leaves(path) for path, (mode, _) in self.blobs.items() if mode == LINK)

    def _followed(self, path: str) -> str:
        """Follow symbolic links, as reading from a directory would."""
        at = path
        for _ in range(_LINKS):
            mode, name = self.blobs.get(at, ("", ""))
            if mode != LINK:
                break
            if name not in self._read:
                self._read.update(self.modules.get(at, self.repository).contents([name]))
            target = self._read[name].decode("utf-8", "surrogateescape")
            at = posixpath.normpath(posixpath.join(posixpath.dirname(at), target))
        if self.blobs.get(at, (LINK, ""))[0] == LINK:
            raise SourceError(f"cannot read `{self.label(path)}`: the link leads to no file")
        return at

    def is_one_tree(self) -> bool:
        """Tell whether no link or submodule can lead out of the directory's tree."""
        return not self.modules and not any(mode == LINK for mode, _ in self.blobs.values())

    def label(self, path: str) -> str:
        """Return the path relative to the working directory, as if it were checked out."""
        return label(self.policies, path)


def revision(policies: str, name: str) -> Revision:
    """Return the policy directory at a revision, or raise GitError."""
    found = repository(policies)
    return at_commit(found, policies, name, found.commit(name))


def at_commit(found: Repository, policies: str, name: str, commit: str) -> Revision:
    """Return the policy directory at a commit, the files of its submodules included."""
    made = Revision(found, policies, name, commit, found.blobs(commit))
    for path, (mode, pinned) in list(made.blobs.items()):
        if mode == SUBMODULE and undotted((path,)):
            _open_submodule(made, found, path, pinned)
    return made


def _open_submodule(made: Revision, at: Repository, path: str, pinned: str) -> None:
    inside = None if at.bare else at.submodule(path)
    try:
        blobs = inside.blobs(pinned) if inside else None
    except GitError:
        blobs = None
    if inside is None or blobs is None:
        message = f"the submodule `{made.label(path)}` at {made.name} is not here"
        raise GitError(message, hint="fetch it with `git submodule update --init`")
    for below, (mode, name) in blobs.items():
        made.blobs[f"{path}/{below}"] = (mode, name)
        made.modules[f"{path}/{below}"] = inside
