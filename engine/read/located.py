"""A repository and the commits that people name, found by one question to git instead of many.

It gives up at whatever is rare or wrong: then they are asked for one by one, and errors are worded.
"""

from __future__ import annotations

import os

from engine.errors import GitError
from engine.read.git import ELSEWHERE, WHERE, Repository, nearest, placed
from engine.shapes import replace
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_FIRST: Final = frozenset(f"{_LETTERS}{_LETTERS.upper()}0123456789@_")
_PLAIN: Final = _FIRST | frozenset("./-~^{}")
_HEX: Final = frozenset("0123456789abcdef")
_LENGTHS: Final = (40, 64)
"""How long an id is: SHA-1 and SHA-256."""


def located(policies: str, names: Sequence[str]) -> tuple[Repository, Mapping[str, str]] | None:
    """Return the repository of a policy directory, and the commits that revisions name."""
    if not names or ELSEWHERE in os.environ or not all(map(_is_plain, names)):
        return None
    folder, rest = nearest(policies)
    commits = [f"{name}^{{commit}}" for name in names]
    words = (*WHERE, "--glob=refs/replace/*", *commits, "--show-prefix")
    try:
        with Repository(folder, "").talk("rev-parse", *words) as talk:
            said = talk.answer.read().decode("utf-8", "surrogateescape")
            code = talk.end()
    except GitError:
        return None
    if code:
        return None
    in_git, bare, *lines = said.split("\n")
    found = [line for line in lines if len(line) in _LENGTHS and _HEX.issuperset(line)]
    replaced = len(found) - len(names)
    if not {in_git, bare} <= {"true", "false"} or replaced < 0 or found != lines[: len(found)]:
        return None
    prefix = "\n".join(lines[len(found) :])
    at = placed(folder, rest, prefix, outside="true" in {in_git, bare})
    return replace(at, replaced=replaced > 0), dict(zip(names, found[replaced:], strict=True))


def _is_plain(name: str) -> bool:
    """Tell whether git takes a name for a revision, and nothing else, among other words."""
    return name[:1] in _FIRST and _PLAIN.issuperset(name) and ".." not in name
