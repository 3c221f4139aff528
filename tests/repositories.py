"""Git repositories for tests, written by `git fast-import`: hundreds of commits in milliseconds."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

START = 1_700_000_000
"""A committer time to count from."""


@dataclass
class Made:
    """A commit to write: all its files, and its parents by their place among the commits."""

    files: Mapping[str, bytes | str]
    time: int = START
    parents: Sequence[int] = ()
    author: str = "Olga Owner <olga@acme.example>"
    subject: str = "Edit the policies"
    links: Mapping[str, str] = field(default_factory=dict)


def line(*commits: Made) -> list[Made]:
    """Give each commit the one before it as its parent."""
    for number, commit in enumerate(commits):
        commit.parents = (number - 1,) if number else ()
    return list(commits)


def written(folder: Path, commits: Sequence[Made], head: int = -1) -> list[str]:
    """Write commits into a new repository whose `main` is the one at `head`; return their ids."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    marks = folder / ".git" / "marks"
    stream = b"".join(_commit(number, commit) for number, commit in enumerate(commits, 1))
    last = len(commits) if head == -1 else head + 1
    stream += b"reset refs/heads/main\nfrom :%d\n\n" % last
    git(folder, "fast-import", "--quiet", f"--export-marks={marks}", data=stream)
    ids = dict(row.split(" ") for row in marks.read_text().splitlines())
    return [ids[f":{number}"] for number in range(1, len(commits) + 1)]


def git(folder: Path, *words: str, data: bytes = b"") -> str:
    """Run git in a folder and return what it prints."""
    done = subprocess.run(
        ["git", "-C", str(folder), *words], input=data, capture_output=True, check=True
    )
    return done.stdout.decode()


def _commit(number: int, commit: Made) -> bytes:
    subject = commit.subject.encode()
    said = (
        f"commit refs/made/{number}\nmark :{number}\nauthor {commit.author} {commit.time} +0100\n"
    )
    said += f"committer Git <git@acme.example> {commit.time} +0000\ndata {len(subject)}\n"
    parts = [said.encode(), subject, b"\n"]
    for word, parent in zip(["from", *["merge"] * 9], commit.parents, strict=False):
        parts.append(b"%s :%d\n" % (word.encode(), parent + 1))
    parts.append(b"deleteall\n")
    contents = {**commit.files, **commit.links}
    for path, text in contents.items():
        data = text if isinstance(text, bytes) else text.encode()
        mode = b"120000" if path in commit.links else b"100644"
        parts.append(b"M %s inline %s\ndata %d\n%s\n" % (mode, path.encode(), len(data), data))
    return b"".join([*parts, b"\n"])
