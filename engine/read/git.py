"""Policies of a git revision, read from the object store by git's own plumbing.

The working tree, the index and the refs are never touched: every command is one that reads.
"""

from __future__ import annotations

import os
import posixpath
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.errors import GitError, SourceError
from engine.read.source import label, undotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LINKS: Final = 10


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as seen from a policy directory.

    `folder` is an existing directory in it (or the bare repository itself); `prefix` is the
    policy directory relative to the top, "" or with a final `/`.
    """

    folder: str
    prefix: str

    def run(self, *words: str, data: bytes | None = None) -> bytes:
        """Run a plumbing command and return what it prints; raise GitError with what git says."""
        command = ["git", "-C", self.folder, "--no-optional-locks", *words]
        environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        try:
            done = subprocess.run(
                command, input=data, capture_output=True, env=environment, check=False
            )
        except OSError as error:
            message = f"git cannot be run: {error.strerror}"
            raise GitError(message, hint="install git") from error
        if done.returncode:
            raise _explained(done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def commit(self, revision: str) -> str:
        """Return the full id of the commit that a revision names."""
        try:
            word = f"{revision}^{{commit}}"
            return (
                self.run("rev-parse", "--verify", "--quiet", "--end-of-options", word)
                .decode()
                .strip()
            )
        except GitError as error:
            if error.hint and "safe.directory" in error.hint:
                raise
            if self.run("rev-parse", "--is-shallow-repository").strip() == b"true":
                hint = "the clone is shallow: fetch the history with `git fetch --unshallow`"
            else:
                hint = "name a commit, branch or tag; `git log` lists commits"
            raise GitError(f"unknown revision `{revision}`", hint=hint) from error

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


def _explained(said: str) -> GitError:
    """Turn what git says into an error that says what to do."""
    first = next((line for line in said.splitlines() if line.strip()), "git failed")
    message = first.removeprefix("fatal: ")
    if "dubious ownership" in said:
        hint = "if you trust it: git config --global --add safe.directory <the repository>"
        return GitError(message, hint=hint)
    if "not a git repository" in said:
        return GitError("this is not a git repository", hint="run inside one, or name one with -C")
    return GitError(message)


def repository(policies: str) -> Repository:
    """Find the repository that a policy directory, which need not exist now, belongs to."""
    folder, rest = os.path.abspath(policies), ""
    while not os.path.isdir(folder):
        folder, name = os.path.split(folder)
        rest = posixpath.join(name, rest)
    found = Repository(folder, "")
    if found.run("rev-parse", "--is-inside-git-dir").strip() == b"true":
        return Repository(folder, rest)  # a bare clone: the directory is relative to its top
    inside = found.run("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")
    return Repository(folder, posixpath.join(inside, rest))


@dataclass(slots=True)
class Revision:
    """The policy directory as it was in one commit."""

    repository: Repository
    policies: str
    name: str
    revision: str
    blobs: dict[str, tuple[str, str]]
    _read: dict[str, bytes] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The revision as the user named it."""
        return f"{self.policies} at {self.name}"

    def files(self) -> Sequence[str]:
        """Return every file; submodules and folders of a dot are none."""
        return sorted(undotted(p for p, (mode, _) in self.blobs.items() if mode != "160000"))

    def read(self, path: str) -> bytes:
        """Return the bytes of one file; the first call fetches all policy files at once."""
        name = self.blobs[self._followed(path)][1]
        if name not in self._read:
            wanted = [o for p, (m, o) in self.blobs.items() if p.endswith((".yaml", ".yml"))]
            self._read.update(self.repository.contents([*wanted, name]))
        return self._read[name]

    def _followed(self, path: str) -> str:
        """Follow symbolic links, as reading from a directory would."""
        at = path
        for _ in range(_LINKS):
            mode, name = self.blobs.get(at, ("", ""))
            if mode != "120000":
                break
            target = self.repository.contents([name])[name].decode("utf-8", "surrogateescape")
            at = posixpath.normpath(posixpath.join(posixpath.dirname(at), target))
        if self.blobs.get(at, ("120000", ""))[0] == "120000":
            message = (
                f"cannot read `{self.label(path)}`: the link leads to no file below the policies"
            )
            raise SourceError(message)
        return at

    def label(self, path: str) -> str:
        """Return the path relative to the working directory, as if it were checked out."""
        return label(self.policies, path)


def revision(policies: str, name: str) -> Revision:
    """Return the policy directory at a revision, or raise GitError."""
    found = repository(policies)
    commit = found.commit(name)
    return Revision(found, policies, name, commit, found.blobs(commit))
