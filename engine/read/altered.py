"""The policy files in which another side differs from a tree of which an outline is known."""

from __future__ import annotations

from engine.read.forest import changed
from engine.read.git import LINK, SUBMODULE
from engine.read.labels import is_policy_file
from engine.read.sides import Committed
from engine.read.source import WorkingTree, undotted
from engine.typed import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.read.blobs import Blobs
    from engine.read.cache.outlines import Outline
    from engine.read.source import Source

Tree: TypeAlias = tuple[str, bytes]  # its id, and what it holds as git keeps it


class Altered(NamedTuple):
    """The files that differ: paths with git's name on the old side, and with that on the new.

    The new side's names are None in a directory.
    """

    old: dict[str, str]
    new: dict[str, str | None]


def altered(
    outline: Outline, objects: Blobs, trees: Sequence[Tree], new: Source | Committed
) -> Altered | None:
    """Return the policy files that differ; None where that is not sure.

    `trees` are the old side's, which the outline is of, and the new side's where it is a commit.
    """
    if isinstance(new, Committed):
        return _between(objects, *trees)
    return _in_directory(outline, new.root) if type(new) is WorkingTree else None


def _in_directory(outline: Outline, root: str) -> Altered | None:
    from engine.read.cache.places import Directory

    now = Directory(root).contents()
    if now is None:
        return None
    hashes = {path: contents.hex() for path, contents in now.items()}
    found = Altered({}, {})
    for file in outline.files():
        contents = hashes.pop(file.path, None)
        if contents != file.contents:
            found.old[file.path] = file.blob
            if contents is not None:
                found.new[file.path] = None
    found.new.update(dict.fromkeys(hashes))
    return found


def _between(objects: Blobs, one: Tree, other: Tree) -> Altered | None:
    found = Altered({}, {})

    def read(trees: Iterable[str]) -> Mapping[str, bytes]:
        return dict(objects.trees(list(dict.fromkeys(trees))))

    for change in sorted(changed(read, one[1], other[1], len(one[0]) // 2)):
        ends = (change.old, change.new)
        if any(end and end[0] in {LINK, SUBMODULE} for end in ends):
            return None
        if is_policy_file(change.path) and undotted((change.path,)):
            if change.old:
                found.old[change.path] = change.old[1]
            if change.new:
                found.new[change.path] = change.new[1]
    return found
