"""What git knows of a repository, asked by its own plumbing.

The working tree, the index and the refs are never touched: every command is one that reads.
"""

from __future__ import annotations

import os
import posixpath

from engine.errors import GitError
from engine.read.talk import Talk
from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable

NO_REPOSITORY: Final = "this is not a git repository"
LINK: Final = "120000"
SUBMODULE: Final = "160000"
_HERE: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks about the place where it was started: the folder says it better."""
ELSEWHERE: Final = "GIT_REPLACE_REF_BASE"
"""Says that replacements lie elsewhere than in refs/replace."""
_OWNED: Final = r"repository at '(.+)'"


class Change(NamedTuple):
    """A file that differs between two trees: mode and object id in each, None where it is not."""

    path: str
    old: tuple[str, str] | None
    new: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as seen from a policy directory.

    `folder` is an existing directory in it (or the bare repository itself); `prefix` is the
    policy directory relative to the top, "" or with a final `/`. `bare` means that it has no
    working tree. `replaced` tells whether `git replace` put an object in the place of another,
    None where nobody asked yet: then an id says nothing of what is read.
    """

    folder: str
    prefix: str
    bare: bool = False
    replaced: bool | None = field(default=None, compare=False)

    def run(self, *words: str, data: bytes | None = None) -> bytes:
        """Run a plumbing command and return what it prints; raise GitError with what git says."""
        with self.started(*words) as process:
            said, trouble = process.communicate(data)
        if process.returncode:
            raise _explained(trouble.decode("utf-8", "replace"))
        return said

    def started(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a plumbing command that is talked to through its pipes."""
        import subprocess

        command, environment = self._command(words)
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        except OSError as error:
            raise _not_there(error) from error

    def talk(self, *words: str) -> Talk:
        """Start a plumbing command whose complaints are for nobody, more cheaply."""
        try:
            return Talk(*self._command(words))
        except OSError as error:
            raise _not_there(error) from error

    def _command(self, words: Iterable[str]) -> tuple[list[str], dict[str, str]]:
        """Return the words that start a command, and its environment."""
        environment = {name: text for name, text in os.environ.items() if name not in _HERE}
        environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        return ["git", "-C", self.folder, "--no-optional-locks", *words], environment

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
        words = ("rev-parse", "--revs-only", self.tree_of(commit), "--glob=refs/replace/*")
        if ELSEWHERE in os.environ:
            return None
        try:
            found = self.run(*words).decode().split()
        except GitError:
            return None
        return found[0] if len(found) == 1 else None

    def tree_of(self, commit: str) -> str:
        """Return what git calls the policy directory's tree in a commit."""
        return f"{commit}:{self.prefix}"

    def has_replaced(self) -> bool:
        """Tell whether `git replace` put an object in the place of another."""
        if self.replaced is not None:
            return self.replaced
        if ELSEWHERE in os.environ:
            return True
        return bool(self.run("rev-parse", "--revs-only", "--glob=refs/replace/*"))

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


def _not_there(error: OSError) -> GitError:
    return GitError(f"git cannot be run: {error.strerror}", hint="install git")


def _explained(said: str) -> GitError:
    """Turn what git says into an error that says what to do."""
    first = next((line for line in said.splitlines() if line.strip()), "git failed")
    message = first.removeprefix("fatal: ")
    if "dubious ownership" in said:
        import re

        owned = re.search(_OWNED, said)
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
    folder, rest = nearest(policies)
    said = Repository(folder, "").run("rev-parse", *WHERE, "--show-prefix")
    in_git, bare, prefix = said.decode("utf-8", "surrogateescape").split("\n", 2)
    return placed(folder, rest, prefix, outside="true" in {in_git, bare})


WHERE: Final = ("--is-inside-git-dir", "--is-bare-repository")


def nearest(policies: str) -> tuple[str, str]:
    """Return the nearest directory that exists, and the way from there to the policies."""
    folder, rest = os.path.abspath(policies), ""
    while not os.path.isdir(folder):
        folder, name = os.path.split(folder)
        rest = posixpath.join(name, rest)
    return folder, rest


def placed(folder: str, rest: str, prefix: str, *, outside: bool) -> Repository:
    """Return the repository of which `prefix` is what git calls a folder, with a line's end.

    `outside` of a working tree the policies' way is relative to the repository's top.
    """
    if outside:
        return Repository(folder, rest, bare=True)
    return Repository(folder, posixpath.join(prefix.removesuffix("\n"), rest))
