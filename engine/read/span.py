"""The commits between two revisions: each with its parents, and who stands for it.

Addresses are taken as the commits hold them: a `.mailmap` may come from the very commits that
are judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from engine.read.git import Repository

ADDRESS: Final = {"author": "%ae", "committer": "%ce"}


class Commit(NamedTuple):
    """A commit: its id, those of its parents, the address of who stands for it, its subject."""

    id: str
    parents: tuple[str, ...]
    actor: str
    subject: str


def between(repository: Repository, old: str, new: str, *, by: str = "author") -> list[Commit]:
    """Return the commits that `new` has and `old` has not, parents before children."""
    words = ["rev-list", "--topo-order", "--reverse", new, f"^{old}"]
    names = repository.run(*words).decode().split()
    if not names:
        return []
    form = f"--format=%H%x00%P%x00{ADDRESS[by]}%x00%s%x00"
    log = ["-c", "log.showSignature=false", "-c", "log.mailmap=false", "log"]
    asked = "".join(f"{name}\n" for name in names).encode()
    said = repository.run(
        *log, "--no-walk=unsorted", "--encoding=UTF-8", "--stdin", form, data=asked
    )
    fields = said.decode("utf-8", "replace").split("\0")
    parts = (fields[at:-1:4] for at in range(4))
    return [
        Commit(name.strip(), tuple(parents.split()), actor, subject)
        for name, parents, actor, subject in zip(*parts, strict=True)
    ]
