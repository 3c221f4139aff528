"""Policies of a git revision, read from the object store by git's own plumbing.

The working tree, the index and the refs are never touched: every command is one that reads.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from typing import TYPE_CHECKING, Final

from engine.errors import GitError, SourceError
from engine.read.labels import is_policy_file, label
from engine.read.source import undotted
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NO_REPOSITORY: Final = "this is not a git repository"
_LINKS: Final = 10
_LINK: Final = "120000"
_SUBMODULE: Final = "160000"
_HERE: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks about the place where it was started: the folder says it better."""
_OWNED: Final = re.compile(r"repository at '(.+)'")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as seen from a policy directory.

    `folder` is an existing directory in it (or the bare repository itself); `prefix` is the
    policy directory relative to the top, "" or with a final `/`. `bare` means that it has no
    working tree.
    """

    folder: str
    prefix: str
    bare: bool = False

    def run(self, *words: str, data: bytes | None = None) -> bytes:
        """Run a plumbing command and return what it prints; raise GitError with what git says."""
        with self.started(*words) as process:
            said, trouble = process.communicate(data)
        if process.returncode:
            raise _explained(trouble.decode("utf-8", "replace"))
        return said

    def started(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a plumbing command that is talked to through its pipes."""
        command = ["git", "-C", self.folder, "--no-optional-locks", *words]
        environment = {name: text for name, text in os.environ.items() if name not in _HERE}
        environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        except OSError as error:
            message = f"git cannot be run: {error.strerror}"
            raise GitError(message, hint="install git") from error

    def commit(self, revision: str) -> str:
        """Return the full id of the commit that a revision names."""
        found = self._commit(revision)
        if found is None:
            if self.is_unborn(revision):
                raise GitError("this repository has no commit yet", hint="commit the policies")
            hint = "name a commit, branch or tag; `git log` lists commits"
            raise self._unknown(f"unknown revision `{revision}`", hint)
        return found

    def _commit(self, revision: str) -> str | None:
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options")
        try:
            if revision.startswith(":/"):  # the rest is what a message says, up to its end
                revision = self.run(*words, revision).decode().strip()
            said = self.run(*words, f"{revision}^{{commit}}")
        except GitError as error:
            if error.hint is None:  # git was quiet: it knows no such revision
                return None
            raise
        return said.decode().strip()

    def tree(self, commit: str) -> str | None:
        """Return the id of the policy directory's tree; None without one, or not for sure.

        `git replace` can put other objects in the place of any: then an id says nothing.
        """
        words = ("rev-parse", "--revs-only", f"{commit}:{self.prefix}", "--glob=refs/replace/*")
        try:
            said = self.run(*words).decode().split()
        except GitError:
            return None
        return said[0] if len(said) == 1 else None

    def is_empty_tree(self, revision: str) -> bool:
        """Tell whether a revision is the empty tree, which people compare a first commit with."""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options")
        try:
            said = self.run(*words, f"{revision}^{{tree}}")
        except GitError:
            return False
        return said == self.run("hash-object", "-t", "tree", "--stdin", data=b"")

    def _unknown(self, message: str, hint: str) -> GitError:
        if self.run("rev-parse", "--is-shallow-repository").strip() == b"true":
            hint = "the clone is shallow: fetch the history with `git fetch --unshallow`"
        return GitError(message, hint=hint)

    def is_unborn(self, revision: str) -> bool:
        """Tell whether a revision is a HEAD that has no commit yet."""
        return revision in {"HEAD", "@"} and self._commit("HEAD") is None

    def merge_base(self, one: str, other: str) -> str:
        """Return the commit from which two revisions went their ways."""
        try:
            said = self.run("merge-base", self.commit(one), self.commit(other))
        except GitError as error:
            if error.hint is not None:
                raise
            message = f"`{one}` and `{other}` have no common ancestor"
            raise self._unknown(message, "name two revisions, as OLD NEW or OLD..NEW") from error
        return said.decode().strip()

    def merge_bases(self, one: str, other: str) -> list[str]:
        """Return every best common ancestor of two commits, by id; none where there is none."""
        with self.started("merge-base", "--all", one, other) as process:
            said, trouble = process.communicate()
        if process.returncode > 1 or trouble:
            raise _explained(trouble.decode("utf-8", "replace"))
        return said.decode().split()

    def hashing(self) -> str:
        """Return how objects are named: `sha1` or `sha256`."""
        return self.run("rev-parse", "--show-object-format").decode().strip()

    def blobs(self, commit: str) -> dict[str, tuple[str, str]]:
        """Return mode and object id of every file below the prefix, by path relative to it."""
        words = ["ls-tree", "-r", "-z", "--full-tree", commit]
        if self.prefix:
            words += ["--", self.prefix]
        found: dict[str, tuple[str, str]] = {}
        for line in self.run(*words).split(b"\0"):
            if line:
                about, _, name = line.partition(b"\t")
                mode, _, rest = about.decode().partition(" ")
                path = name.decode("utf-8", "surrogateescape").removeprefix(self.prefix)
                found[path] = (mode, rest.split(" ")[1])
        if not found and self.prefix:  # a link to a folder has no files below it
            linked = self._behind(commit, self.prefix.rstrip("/"), "tree")
            return Repository(self.folder, "").blobs(linked) if linked else found
        return found

    def contents(self, objects: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of blobs by object id, all in one batch."""
        wanted = list(dict.fromkeys(objects))
        if not wanted:
            return {}
        answer = self.run("cat-file", "--batch", data="".join(f"{o}\n" for o in wanted).encode())
        found: dict[str, bytes] = {}
        at = 0
        for name in wanted:
            end = answer.index(b"\n", at)
            words = answer[at:end].split(b" ")
            if len(words) != 3 or words[1] != b"blob":
                hint = "the clone may be partial or shallow: fetch what is missing"
                raise GitError(f"the object {name} is missing", hint=hint)
            start, size = end + 1, int(words[2])
            found[name] = answer[start : start + size]
            at = start + size + 1
        return found

    def behind_link(self, commit: str, path: str) -> str | None:
        """Return the blob that a symbolic link leads to anywhere in the repository's tree."""
        return self._behind(commit, f"{self.prefix}{path}", "blob")

    def _behind(self, commit: str, path: str, kind: str) -> str | None:
        """Return the object of a kind that a path from the top leads to, through links."""
        asked = f"{commit}:{path}\n".encode("utf-8", "surrogateescape")
        words = self.run("cat-file", "--batch-check", "--follow-symlinks", data=asked).split()
        return words[0].decode() if len(words) == 3 and words[1] == kind.encode() else None

    def submodule(self, path: str) -> Repository | None:
        """Return the repository of a submodule below the prefix, where it is checked out."""
        top = self.run("rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape")
        folder = os.path.join(top.rstrip("\n"), self.prefix, path)
        if not os.path.exists(os.path.join(folder, ".git")):
            return None
        return Repository(folder, "")


def _explained(said: str) -> GitError:
    """Turn what git says into an error that says what to do."""
    first = next((line for line in said.splitlines() if line.strip()), "git failed")
    message = first.removeprefix("fatal: ")
    if "dubious ownership" in said:
        owned = _OWNED.search(said)
        where = owned[1] if owned else "<the repository>"
        message = f"git does not trust the repository at `{where}`: it belongs to somebody else"
        hint = f"if you do: git config --global --add safe.directory '{where}'"
        return GitError(message, hint=hint)
    if "not a git repository" in said:
        hint = "run inside one or name one with -C"
        return GitError(NO_REPOSITORY, hint=hint)
    return GitError(message)


def repository(policies: str) -> Repository:
    """Find the repository that a policy directory, which need not exist now, belongs to."""
    folder, rest = os.path.abspath(policies), ""
    while not os.path.isdir(folder):
        folder, name = os.path.split(folder)
        rest = posixpath.join(name, rest)
    words = ("--is-inside-git-dir", "--is-bare-repository", "--show-prefix")
    said = Repository(folder, "").run("rev-parse", *words).decode("utf-8", "surrogateescape")
    in_git, bare, prefix = said.split("\n", 2)
    if "true" in {in_git, bare}:
        return Repository(folder, rest, bare=True)  # the directory is relative to its top
    return Repository(folder, posixpath.join(prefix.removesuffix("\n"), rest))


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
        return sorted(undotted(p for p, (mode, _) in self.blobs.items() if mode != _SUBMODULE))

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
            if self.blobs[path][0] != _SUBMODULE:
                at = self.modules.get(path, self.repository)
                wanted.setdefault(at, []).append(self.blob(path))
        for at, names in wanted.items():
            self._read.update(at.contents(name for name in names if name not in self._read))

    def blob(self, path: str) -> str:
        """Return the object id of what a path leads to, through symbolic links."""
        mode, name = self.blobs[path]
        if mode != _LINK:
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
        return any(self.leaves(path) for path, (mode, _) in self.blobs.items() if mode == _LINK)

    def _followed(self, path: str) -> str:
        """Follow symbolic links, as reading from a directory would."""
        at = path
        for _ in range(_LINKS):
            mode, name = self.blobs.get(at, ("", ""))
            if mode != _LINK:
                break
            if name not in self._read:
                self._read.update(self.modules.get(at, self.repository).contents([name]))
            target = self._read[name].decode("utf-8", "surrogateescape")
            at = posixpath.normpath(posixpath.join(posixpath.dirname(at), target))
        if self.blobs.get(at, (_LINK, ""))[0] == _LINK:
            raise SourceError(f"cannot read `{self.label(path)}`: the link leads to no file")
        return at

    def is_one_tree(self) -> bool:
        """Tell whether no link or submodule can lead out of the directory's tree."""
        return not self.modules and not any(mode == _LINK for mode, _ in self.blobs.values())

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
        if mode == _SUBMODULE and undotted((path,)):
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
