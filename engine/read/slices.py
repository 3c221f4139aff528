"""Two sides of which only the files are read that a change can matter to.

Where it is known what each file of the old side declares and mentions (its outline), and that the
old side is valid, most files need not be read: those that are the same on both sides, and that
nothing else speaks of which differs. What is read is a slice of each side, closed so that

* the new slice has an error if and only if the new side has one,
* everybody whom a change can touch stands in it, and all that their decisions read.

Whatever is rare (tables, links, submodules, accounts, toggles or guardrails that change, anything
wrong) has no slice: then both sides are read in full.
"""

from __future__ import annotations

from engine.errors import CalsyncError
from engine.findings import has_errors
from engine.read.altered import altered
from engine.read.blobs import Blobs
from engine.read.cache import leaves, outlines
from engine.read.cache.shelf import DamagedError
from engine.read.entries import gather
from engine.read.load import collector_at_rest
from engine.read.mentions import declared, mentioned
from engine.read.revisions import Revision
from engine.read.shared import Shared
from engine.read.sides import Committed
from engine.read.source import WorkingTree
from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.model import PolicySet
    from engine.read.altered import Altered, Tree
    from engine.read.cache.outlines import Outline, Tally
    from engine.read.entries import Entry
    from engine.read.load import Loaded
    from engine.read.parsed import Parsed
    from engine.read.sides import Side
    from engine.read.source import Source

_FILE: Final = "100644"
_FEW: Final = 16
"""So many files are kept, each by itself, when they are parsed, and looked for."""
_TOO_FAR: Final = ("account", "toggle", "guardrail", "directory")
"""Kinds of which a change can touch everybody: then everything is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What was read of two valid sides, and what is known of the whole.

    `users_both` counts those whom both sides declare; `tallies` are those of the old side's
    guardrails, which are the new side's too.
    """

    old: PolicySet
    new: PolicySet
    users_old: int
    users_new: int
    users_both: int
    tallies: Mapping[str, Tally]


def slice_of(old: Side, new: Side) -> Slice | None:
    """Return what a change between two sides can matter to; None where all has to be read.

    INVARIANT: two commits are of one repository, and of one directory in it.
    """
    base = old.place
    if not isinstance(base, Committed) or isinstance(new.place, Revision):
        return None
    try:
        if "\n" in base.repository.prefix or base.repository.has_replaced():
            return None
        names = [base.repository.tree_of(commit) for commit in (base.commit, *_commits(new))]
        with Blobs(base.repository, ()) as objects, collector_at_rest():
            trees = objects.trees(names)
            where = outlines.address(trees[0][0])
            return None if where is None else _found(where, base, new.place, objects, trees)
    except (CalsyncError, ValueError):  # reading everything meets it again, and says what it is
        pass
    return None


def _commits(side: Side) -> list[str]:
    return [side.place.commit] if isinstance(side.place, Committed) else []


def _found(
    where: bytes, old: Committed, new: Source | Committed, objects: Blobs, trees: Sequence[Tree]
) -> Slice | None:
    with outlines.opened(where) as outline:
        if outline is None:
            return None
        try:
            changed = altered(outline, objects, trees, new)
            return None if changed is None else _Slicer(outline, old, new, changed, objects).run()
        except DamagedError:
            outlines.drop(where)
    return None


# -- what that can matter to --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Some(WorkingTree):
    """Some files of a directory."""

    only: dict[str, None] = field(default_factory=dict)

    def files(self) -> Sequence[str]:
        """Return the paths of those."""
        return sorted(self.only)


class _Slicer:
    """Reads what differs, and then what that leads to, a round of files at a time."""

    def __init__(
        self,
        outline: Outline,
        old: Committed,
        new: Source | Committed,
        changed: Altered,
        objects: Blobs,
    ) -> None:
        self.outline = outline
        self.changed = changed
        self.old = Revision(*old, {})
        self.new = Revision(*new, {}) if isinstance(new, Committed) else _Some(new.title)
        self.shared = Shared("sha1" if len(old.commit) == 40 else "sha256", self._leaf)
        self.paths: dict[str, str] = {}  # of the old side, by blob
        self.objects = objects
        self.taken: set[str] = set()
        self.met: set[str] = set()

    def run(self) -> Slice | None:
        self._list()
        unchanged = self._take(self.outline.everywhere)
        before = self._entries(self.old, self.changed.old)
        after = self._entries(self.new, self.changed.new)
        if _alike(before) != _alike(after):
            return None
        ahead = self._touched(before, after)
        read: Iterable[Entry] = (*unchanged, *before, *after)
        while ahead or read:
            ahead = [*ahead, *self._needed(read)]
            read, ahead = self._take(ahead), []
        loaded = self.shared.load(self.old), self.shared.load(self.new)
        if any(has_errors(one.findings) or one.policies.directories for one in loaded):
            return None
        if len(self.shared.fresh) <= _FEW:
            leaves.keep(self.shared.fresh.items())
        return self._slice(loaded, _users(before), _users(after))

    def _list(self) -> None:
        """Say which of the files that differ are in which side, and read them."""
        self.old.blobs.update((path, (_FILE, blob)) for path, blob in self.changed.old.items())
        self._fetch(self.old, self.changed.old)
        if isinstance(self.new, Revision):
            named = {path: (_FILE, blob) for path, blob in self.changed.new.items() if blob}
            self.new.blobs.update(named)
            self._fetch(self.new, {path: blob for path, (_, blob) in named.items()})
        else:
            self.new.only.update(dict.fromkeys(self.changed.new))

    def _take(self, paths: Iterable[str]) -> list[Entry]:
        """Add files that are the same on both sides, and return what they hold."""
        fresh: dict[str, str] = {}
        for path in paths:
            if path not in self.taken and path not in self.changed.old:
                self.taken.add(path)
                blob = self.outline.blob(path)
                if blob is None:
                    raise DamagedError("a file has no name")
                fresh[path] = blob
        if not fresh:
            return []
        self._fetch(self.old, fresh)
        self.old.blobs.update((path, (_FILE, blob)) for path, blob in fresh.items())
        if isinstance(self.new, Revision):
            self.new.blobs.update((path, (_FILE, blob)) for path, blob in fresh.items())
        else:
            self.new.only.update(dict.fromkeys(fresh))
            self.shared.names.update((self.new.label(path), blob) for path, blob in fresh.items())
        return self._entries(self.old, fresh)

    def _fetch(self, source: Revision, files: Mapping[str, str]) -> None:
        """Read the blobs of files, apart from those of which it is known what they hold."""
        if source is self.old:
            self.paths.update((blob, path) for path, blob in files.items())
        unknown = (
            blob for path, blob in files.items() if not self.shared.knows(blob, source.label(path))
        )
        contents = self.objects.all(unknown)
        self.old.hold(contents)
        if isinstance(self.new, Revision):
            self.new.hold(contents)

    def _leaf(self, blob: str, label: str) -> Parsed | None:
        """Return what contents are known to hold: the outline knows those of the old side."""
        if blob in self.paths:
            return self.outline.parsed(self.paths[blob], label)
        return leaves.find(blob, label) if len(self.changed.new) <= _FEW else None

    def _entries(self, source: Source, paths: Iterable[str]) -> list[Entry]:
        documents = [d for path in paths for d in self.shared.file(source, path).documents]
        found = gather(documents, keep=True).by_kind
        return [entry for some in found.values() for entry in some]

    def _touched(self, before: Sequence[Entry], after: Sequence[Entry]) -> list[str]:
        """Return the files that what differs matters to: others of the name, members, tests."""
        old, new = _by_word(before), _by_word(after)
        found: list[str] = []
        for one in {**old, **new}:
            if old.get(one) == new.get(one):
                continue
            found += self.outline.declaring(one)
            kind = one.partition("\0")[0]
            if kind == "group" or (kind == "user" and one not in new):
                found += self.outline.mentioning(one)
        return found

    def _needed(self, entries: Iterable[Entry]) -> Iterator[str]:
        """Yield the files that declare what entries mention."""
        for entry in entries:
            for one in mentioned(entry):
                if one not in self.met:
                    self.met.add(one)
                    yield from self.outline.declaring(one)

    def _slice(self, loaded: tuple[Loaded, Loaded], before: set[str], after: set[str]) -> Slice:
        users = self.outline.users
        return Slice(
            old=loaded[0].policies,
            new=loaded[1].policies,
            users_old=users,
            users_new=users - len(before) + len(after),
            users_both=users - len(before - after),
            tallies=self.outline.guardrails,
        )


def _alike(entries: Iterable[Entry]) -> list[str]:
    """Return what entries say of which a change can touch everybody, in no order."""
    return sorted(
        repr((entry.kind, entry.id, entry.account, entry.value))
        for entry in entries
        if entry.kind in _TOO_FAR
    )


def _by_word(entries: Iterable[Entry]) -> dict[str, list[tuple[Any, ...]]]:
    """Return what entries say by what they declare."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for entry in entries:
        for one in declared(entry):
            found.setdefault(one, []).append((entry.kind, entry.account, entry.value))
    return found


def _users(entries: Iterable[Entry]) -> set[str]:
    return {str(entry.id) for entry in entries if entry.kind == "user"}
