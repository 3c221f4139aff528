"""From commit to commit: every valid set of a history, with what its changes are made of (R7).

A commit whose set is not valid is passed over: its changes belong to the next valid one.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.history.log import commits
from engine.history.snapshot import Snapshot, holds_policies
from engine.history.state import State
from engine.read.assemble import assemble
from engine.read.blobs import Blobs
from engine.read.catalogue import toggles
from engine.read.entries import Entries
from engine.read.git import repository
from engine.read.index import index
from engine.shapes import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from engine.history.log import Change, Commit
    from engine.history.rows import Home, Rows
    from engine.history.state import Owners
    from engine.history.versions import Version
    from engine.model import PolicySet, Toggle
    from engine.read.entries import Entry
    from engine.read.git import Repository
    from engine.read.tables import TableUser

_Files: TypeAlias = "Mapping[str, Version]"
_Tables: TypeAlias = "Mapping[Home, Rows]"
_CONTEXT: Final = ("account", "toggle", "directory")
"""The kinds whose entities stand in every set that is put together: there are few."""


class Skipped(NamedTuple):
    """A commit that is passed over, since its set is not valid."""

    commit: str
    instant: int
    why: str


@dataclass(frozen=True, slots=True)
class Context:
    """What every set that is put together from parts of one commit has in common.

    `catalogue` are the entries that `toggles` were made of.
    """

    entries: Sequence[Entry] = ()
    owners: Sequence[Owners] = ()
    catalogue: Sequence[Entry] = ()
    toggles: Mapping[str, Toggle] = field(default_factory=lambda: toggles(()))

    def is_same(self, other: Context) -> bool:
        """Tell whether these are the very same parts."""
        return _are_same(
            (*self.entries, *self.owners, *self.catalogue),
            (*other.entries, *other.owners, *other.catalogue),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A valid set and what its changes are made of.

    `before` and `after` hold the changed files as they were at the last valid set and as they
    are, `rows_before` and `rows_after` the changed tables.
    """

    commit: Commit
    state: State
    old: Context
    new: Context
    before: Mapping[str, Version]
    after: Mapping[str, Version]
    rows_before: Mapping[Home, Rows]
    rows_after: Mapping[Home, Rows]

    def sets(
        self,
        entries: Iterable[Entry] = (),
        rows: Iterable[TableUser] = (),
        people: Collection[str] | None = None,
    ) -> tuple[PolicySet, PolicySet]:
        """Return the last valid set and this one, as far as they differ.

        They hold what stands in changed files and tables (of users, where `people` are named,
        those alone), and of what is the same in both the accounts, the catalogue, the
        directories, and the `entries` and `rows` that are asked for.
        """
        files = {self.state.source.label(path) for path in (*self.before, *self.after)}
        same = [entry for entry in entries if entry.part.document.file not in files]
        moved = {id(r.directory) for r in (*self.rows_before.values(), *self.rows_after.values())}
        same_rows = [row for row in rows if id(row.directory) not in moved]

        def there(context: Context, files: _Files, tables: _Tables) -> PolicySet:
            held = [*_entries(files.values(), people), *same]
            unique = {id(one): one for one in (*_rows(tables.values(), people), *same_rows)}
            return assembled(context, held, unique.values())

        return (
            there(self.old, self.before, self.rows_before),
            there(self.new, self.after, self.rows_after),
        )


def _entries(files: Iterable[Version], people: Collection[str] | None) -> Iterator[Entry]:
    for entry in chain.from_iterable(version.of() for version in files):
        is_asked = people is None or entry.kind != "user" or entry.id in people
        if is_asked and entry.kind not in _CONTEXT:
            yield entry


def _rows(tables: Iterable[Rows], people: Collection[str] | None) -> Iterator[TableUser]:
    for row in (row for held in tables for table in held.tables for row in table.users):
        if people is None or row.id in people:
            yield row


def assembled(
    context: Context, entries: Iterable[Entry], rows: Iterable[TableUser] = ()
) -> PolicySet:
    """Return the policy set that parts of a valid set make up."""
    found = Entries(owners=list(context.owners))
    for entry in chain(context.entries, entries):
        found.by_kind.setdefault(entry.kind, []).append(entry)
    known = index(found)
    known.table_users.update((row.id, row) for row in rows)
    return replace(assemble(found, known, {}), toggles=context.toggles)


def _are_same(some: Sequence[object], others: Sequence[object]) -> bool:
    """Tell whether these are the very same objects, in the same order."""
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))


@dataclass(slots=True)
class Walk:
    """The steps of a history, oldest first; `skipped` is whole when they have been taken.

    `length` counts the commits that were looked at.
    """

    repository: Repository
    policies: str
    revision: str
    skipped: list[Skipped] = field(default_factory=list)
    length: int = 0

    def steps(self) -> Iterator[Step]:
        """Yield each valid set that is not as the one before."""
        name = self.revision
        source = Snapshot(self.repository, self.policies, name, name, {})
        line = commits(self.repository, self.revision)
        plan = (c.blob for one in line for c in one.changes if _is_planned(c))
        with Blobs(self.repository, plan) as blobs:
            source.contents = blobs.read
            yield from self._steps(State(source), line)

    def _steps(self, state: State, line: Iterable[Commit]) -> Iterator[Step]:
        old, why = Context(), None
        for commit in line:
            self.length += 1
            moved = False
            if commit.changes or state.source.leads_outside():
                moved = state.apply(commit)
                why = state.trouble()
            if why is not None:
                self.skipped.append(Skipped(commit.id, commit.instant, why))
                continue
            if not moved and self.length > 1:
                continue
            step = _step(commit, state, old)
            yield step
            old = step.new
            state.changed.clear()
            state.tables.changed.clear()


def _is_planned(change: Change) -> bool:
    return change.mode.startswith("100") and holds_policies(change.path)


def _step(commit: Commit, state: State, old: Context) -> Step:
    entries = (*state.few("account"), *state.few("directory"))
    catalogue = state.few("toggle")
    known = old.toggles if _are_same(catalogue, old.catalogue) else toggles(catalogue)
    new = Context(entries, state.owners(), catalogue, known)
    changed, tables = state.changed, state.tables
    return Step(
        commit,
        state,
        old,
        old if old.is_same(new) else new,
        {path: version for path, version in changed.items() if version},
        {path: state.versions[path] for path in changed if path in state.versions},
        {home: rows for home, rows in tables.changed.items() if rows},
        {home: tables.standing[home] for home in tables.changed if home in tables.standing},
    )


def walk(policies: str, revision: str) -> Walk:
    """Return the walk through the first-parent history of a revision.

    Raises GitError for an unknown revision or a history that is not all there.
    """
    found = repository(policies)
    return Walk(found, policies, found.commit(revision))
