"""Where policies are read from: a directory of the working tree, or one in a git revision.

A source lists and reads files below the policy directory. It knows nothing of what they mean.
"""

from __future__ import annotations

import os
import posixpath
import stat

from engine.errors import SourceError
from engine.read.labels import is_policy_file, label
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


class Source(Protocol):
    """Files below a policy directory. Paths are relative to it, with `/`, ordered by code point."""

    @property
    def title(self) -> str:
        """What a person calls it: the directory, or the revision."""
        ...

    @property
    def revision(self) -> str | None:
        """The commit it stands for, or None for a directory."""
        ...

    def files(self) -> Sequence[str]:
        """Return every file, those under names that start with a dot aside."""
        ...

    def read(self, path: str) -> bytes:
        """Return the bytes of one file, or raise SourceError."""
        ...

    def label(self, path: str) -> str:
        """Return how findings name a file: relative to the working directory."""
        ...


def policy_files(source: Source) -> list[str]:
    """Return the policy files of a source, in path order."""
    return sorted(path for path in source.files() if is_policy_file(path))


def matching(source: Source, pattern: str) -> list[str]:
    """Return the files that a path or glob, relative to the policy directory, names."""
    return named(source.files(), pattern)


def named(files: Collection[str], pattern: str) -> list[str]:
    """Return those of some files that a path or glob names."""
    wanted = pattern.split("/")
    globbed = any(sign in pattern for sign in "*?[")
    found = [path for path in files if globbed and _matches(path.split("/"), wanted)]
    return sorted(found) or ([pattern] if pattern in files else [])


def _matches(parts: list[str], wanted: list[str]) -> bool:
    """Tell whether folders and file match a glob's parts, of which `**` stands for any folders."""
    from fnmatch import fnmatchcase

    reached = _past_stars({0}, wanted)
    for part in parts:
        ahead = {at for at in reached if at < len(wanted) and wanted[at] == "**"}
        ahead |= {
            at + 1 for at in reached - ahead if at < len(wanted) and fnmatchcase(part, wanted[at])
        }
        reached = _past_stars(ahead, wanted)
    return len(wanted) in reached


def _past_stars(reached: set[int], wanted: list[str]) -> set[int]:
    """Add what is reached where a `**` stands for nothing."""
    found = set(reached)
    for at in range(len(wanted)):
        if at in found and wanted[at] == "**":
            found.add(at + 1)
    return found


def inside(folder: str, path: str) -> str | None:
    """Return a path seen from `folder` as seen from the policy directory; None if it leaves it."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    if posixpath.isabs(path) or joined == ".." or joined.startswith("../"):
        return None
    return joined


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """A policy directory on disk. Symbolic links to files are followed, to folders not."""

    root: str

    @property
    def title(self) -> str:
        """The directory as the user named it."""
        return self.root

    @property
    def revision(self) -> str | None:
        """A directory has none."""
        return None

    def files(self) -> Sequence[str]:
        """Walk the directory; an unreadable folder is an error, not an empty one."""
        if not os.path.isdir(self.root):
            is_file = os.path.exists(self.root)
            message = f"there is no policy directory `{self.root}`"
            hint = "name it with -p, or begin one with `calsync init`"
            if is_file:
                message, hint = (
                    f"`{self.root}` is no directory",
                    "name the policy directory with -p",
                )
            raise SourceError(message, hint=hint)
        found: list[str] = []
        ahead = [""]
        try:
            while ahead:
                folders, files = self._listed(ahead.pop())
                ahead += folders
                found += files
        except OSError as error:
            message = f"cannot list `{error.filename}`: {error.strerror}"
            raise SourceError(message) from error
        return sorted(found)

    def _listed(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the folders and the rest of one folder; what the rest is, reading it will tell."""
        folders, files = [], []
        with os.scandir(os.path.join(self.root, folder)) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{folder}{entry.name}/")
                else:
                    files.append(f"{folder}{entry.name}")
        return folders, files

    def read(self, path: str) -> bytes:
        """Read a file as it is now."""
        full = os.path.join(self.root, path)
        try:
            if not stat.S_ISREG(os.stat(full).st_mode):  # a pipe would be waited for
                raise SourceError(f"`{self.label(path)}` is not a regular file")
            with open(full, "rb") as file:
                return file.read()
        except OSError as error:
            message = f"cannot read `{self.label(path)}`: {error.strerror}"
            raise SourceError(message) from error

    def on_disk(self, path: str) -> str:
        """Return where a file is."""
        return os.path.join(self.root, path)

    def leaves(self, path: str) -> bool:
        """Tell whether a symbolic link leads the file out of the policy directory."""
        root = os.path.realpath(self.root)
        return os.path.commonpath((root, os.path.realpath(os.path.join(root, path)))) != root

    def label(self, path: str) -> str:
        """Return the path relative to the working directory."""
        return label(self.root, path)


@dataclass(frozen=True, slots=True)
class Memory:
    """A source of files held in memory, for tests and for previews of an edit."""

    contents: dict[str, bytes]
    title: str = "memory"
    revision: str | None = None
    prefix: str = ""

    def files(self) -> Sequence[str]:
        """Return every file."""
        return sorted(undotted(self.contents))

    def read(self, path: str) -> bytes:
        """Return the bytes of one file."""
        return self.contents[path]

    def label(self, path: str) -> str:
        """Return the path behind the prefix."""
        return posixpath.join(self.prefix, path)


def undotted(paths: Iterable[str]) -> list[str]:
    """Return the paths without those below a name that starts with a dot."""
    return [p for p in paths if not any(part.startswith(".") for part in p.split("/"))]
