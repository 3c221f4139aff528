"""The first-parent history of a revision: each commit's instant, and what it does to the files.

Git's plumbing reads it, a few processes for all commits together. What the files mean is not
known here.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.read.git import Repository


class Change(NamedTuple):
    """A file after a commit, its path relative to the policy directory; gone where `mode` is ""."""

    path: str
    mode: str
    blob: str


class Commit(NamedTuple):
    """A commit, and what it does to the policy directory: most often nothing.

    `instant` is R7's, in seconds since 1970: the latest committer time among it and its
    first-parent ancestors.
    """

    id: str
    instant: int
    changes: tuple[Change, ...]


class About(NamedTuple):
    """Who made a commit, when (seconds since 1970), and its subject."""

    author: str
    date: int
    subject: str


def first_parents(repository: Repository, revision: str) -> list[tuple[str, int]]:
    """Return id and instant (R7) of each commit, the oldest first.

    Raises GitError for an unknown revision, or where a shallow clone hides the beginning.
    """
    commit = repository.commit(revision)
    listed = repository.run("rev-list", "--first-parent", "--timestamp", commit).decode().split()
    ids, times = listed[-1::-2], [int(time) for time in listed[-2::-2]]
    if repository.run("rev-parse", "--is-shallow-repository").strip() == b"true":
        _refuse_if_cut(repository, ids[0])
    return list(zip(ids, accumulate(times, max), strict=True))


def _refuse_if_cut(repository: Repository, oldest: str) -> None:
    """Raise GitError where the oldest commit that is there has parents that are not."""
    written = repository.run("cat-file", "commit", oldest).split(b"\n\n", 1)[0]
    if any(line.startswith(b"parent ") for line in written.split(b"\n")):
        raise GitError(
            "the history is not all there: this clone is shallow",
            hint="fetch the rest with `git fetch --unshallow`, or clone with `fetch-depth: 0`",
        )


def commits(repository: Repository, revision: str) -> list[Commit]:
    """Return the first-parent history of a revision, the oldest commit first."""
    line = first_parents(repository, revision)
    pairs = zip(line[1:], line, strict=False)
    asked = [line[0][0], *(f"{child} {parent}" for (child, _), (parent, _) in pairs)]
    words = ["diff-tree", "--stdin", "--root", "-r", "-z", "--no-renames", *_below(repository)]
    said = repository.run(*words, data=_lines(asked))
    touched = dict(_changes(said, repository.prefix))
    return [Commit(name, instant, touched.get(name, ())) for name, instant in line]


def _changes(said: bytes, prefix: str) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Read what `diff-tree --stdin -z` prints: a commit's id, then two words a changed file."""
    words = iter(said.split(b"\0"))
    commit, found = "", list[Change]()
    for word in words:
        if word.startswith(b":"):
            _, mode, _, blob, status = word.decode().split(" ")
            path = next(words).decode("utf-8", "surrogateescape").removeprefix(prefix)
            found.append(Change(path, "" if status == "D" else mode, blob))
            continue
        if found:
            yield commit, tuple(found)
        commit, found = word.decode(), []


def touching(repository: Repository, commit: str) -> list[str]:
    """Return the commits up to one that touch the policy directory, the newest first."""
    words = ["rev-list", "--first-parent", commit, *_below(repository)]
    return repository.run(*words).decode().split()


def _below(repository: Repository) -> list[str]:
    """Return what limits a command to the policy directory, from wherever it is run."""
    return ["--", f":(top,literal){repository.prefix}"] if repository.prefix else []


def about(repository: Repository, ids: Sequence[str]) -> dict[str, About]:
    """Return author, date and subject of commits by id."""
    if not ids:
        return {}
    # Settings that would add to the answer, or alter it, are turned off.
    words = ["-c", "log.showSignature=false", "-c", "log.follow=false", "log", "--no-walk=unsorted"]
    form = "--format=%H%x00%at%x00%an <%ae>%x00%s%x00"
    said = repository.run(*words, "--encoding=UTF-8", "--stdin", form, data=_lines(ids))
    said_of = said.decode("utf-8", "replace").split("\0")
    return {
        name.strip(): About(author, int(date or 0), subject)
        for name, date, author, subject in zip(*(said_of[at:-1:4] for at in range(4)), strict=True)
    }


def _lines(words: Iterable[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()
