"""The policy directory as it moves from commit to commit, kept up by what each commit changes.

A state knows whether its set is valid, and why not; it finds entities by name. Nothing is
decided here, and no policy set is put together but from the entries that somebody asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from engine.errors import SourceError
from engine.history.names import IMPLIED, SOMEWHERE, Ledger, declared, needed
from engine.history.rows import Tables
from engine.history.snapshot import holds_policies
from engine.history.versions import unsound, version
from engine.model import Resolution
from engine.read.git import SUBMODULE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.history.log import Commit
    from engine.history.names import Name
    from engine.history.snapshot import Snapshot
    from engine.history.versions import Version
    from engine.read.document import Part
    from engine.read.entries import Entry

_FEW: Final = ("account", "toggle", "directory")
"""The kinds that every decision may depend on, and of which a set has few."""
Owners: TypeAlias = "tuple[Part, Sequence[str | None]]"
"""A list of owners, with its document."""
_UNRANKED: Final = ("priority", "")


class State:
    """A policy directory that commits are applied to, one after the other, oldest first.

    `changed` holds, by path, the versions that stood when the changes were last taken note of
    (None for a file that was not there), `versions` those that stand now.
    """

    def __init__(self, source: Snapshot) -> None:
        self.source = source
        self.versions: dict[str, Version] = {}
        self.changed: dict[str, Version | None] = {}
        self.tables = Tables(self)
        self._start_over()
        self._unsound: set[str] = set()
        self._few: dict[str, dict[str, list[Entry]]] = {kind: {} for kind in _FEW}
        self._owners: dict[str, list[Owners]] = {}
        self._cycle: tuple[list[Entry], str | None] = ([], None)

    def _start_over(self) -> None:
        self.ledger = Ledger()
        self._ranks: dict[str, Ledger] = {}
        self._implied = 0
        self._sole = IMPLIED

    # -- moving on ----------------------------------------------------------------------------

    def apply(self, commit: Commit) -> bool:
        """Go on to a commit; tell whether it changes anything."""
        moved = self.source.move(commit.id, commit.changes)
        for path in moved:
            self.tables.note(path)
        dirty = [path for path in moved if holds_policies(path)]
        fresh = [self._read(path) for path in dirty]
        for path in dirty:
            self._drop(path)
        for found in fresh:
            if found is not None:
                self._put(found)
        return bool(moved)

    def _read(self, path: str) -> Version | None:
        if self.source.blobs.get(path, (SUBMODULE, ""))[0] == SUBMODULE:
            return None
        try:
            return version(path, self.source.label(path), self.source.read(path))
        except SourceError as error:  # a link that leads nowhere
            return unsound(path, error.message)

    def _drop(self, path: str) -> None:
        before = self.versions.pop(path, None)
        self.changed.setdefault(path, before)
        self._unsound.discard(path)
        self._owners.pop(path, None)
        for kind in _FEW:
            self._few[kind].pop(path, None)
        if before is not None:
            for entry in before.of():
                self._withdraw(entry)

    def _put(self, found: Version) -> None:
        self.versions[found.path] = found
        self.changed.setdefault(found.path, None)
        if found.trouble:
            self._unsound.add(found.path)
        if found.entries.owners:
            self._owners[found.path] = found.entries.owners
        for kind in _FEW:
            few = list(found.of(kind))
            if few:
                self._few[kind][found.path] = few
        for entry in found.of():
            self._declare(entry)

    # -- names --------------------------------------------------------------------------------

    def account_of(self, entry: Entry) -> str:
        """Return the account that an entry belongs to; only in a valid set is it sure to be one."""
        return self._sole if entry.account is None else entry.account

    def _declare(self, entry: Entry) -> None:
        account = self.account_of(entry)
        for name in declared(entry, account):
            self.ledger.declare(name, entry)
        for name in needed(entry, account):
            self.ledger.need(name)
        if entry.kind == "group":
            ranks, rank = self._rank(entry, account)
            ranks.need(rank) if rank is _UNRANKED else ranks.declare(rank, entry)
        self._implied += entry.account is None and entry.kind in {"group", "user", "directory"}

    def _withdraw(self, entry: Entry) -> None:
        account = self.account_of(entry)
        for name in declared(entry, account):
            self.ledger.withdraw(name, entry)
        for name in needed(entry, account):
            self.ledger.release(name)
        if entry.kind == "group":
            ranks, rank = self._rank(entry, account)
            ranks.release(rank) if rank is _UNRANKED else ranks.withdraw(rank, entry)
        self._implied -= entry.account is None and entry.kind in {"group", "user", "directory"}

    def _rank(self, entry: Entry, account: str) -> tuple[Ledger, Name]:
        priority = entry.value.get("priority")
        rank = _UNRANKED if priority is None else ("priority", str(priority))
        return self._ranks.setdefault(account, Ledger()), rank

    # -- what is there ------------------------------------------------------------------------

    def few(self, kind: str) -> list[Entry]:
        """Return all entries of kind account, toggle or directory, in path order."""
        held = self._few[kind]
        return [entry for path in sorted(held) for entry in held[path]]

    def owners(self) -> list[Owners]:
        """Return every place that names owners, in path order."""
        return [part for path in sorted(self._owners) for part in self._owners[path]]

    def directories(self) -> Iterator[tuple[str, int, Entry]]:
        """Yield path, number in its file and entry of each directory document."""
        for path in sorted(self._few["directory"]):
            for number, entry in enumerate(self._few["directory"][path]):
                yield path, number, entry

    # -- validity -----------------------------------------------------------------------------

    def trouble(self) -> str | None:
        """Return why the set is not valid, None where it is (a lock conflict is no reason)."""
        if self._unsound:
            return self.versions[min(self._unsound)].trouble
        if not self.versions:
            self.tables.refresh()
            return None  # no policy files: an empty set
        accounts = {str(entry.id) for entry in self.few("account")}
        if not accounts:
            return "no document of kind account is there (no-account)"
        if self._implied:
            if len(accounts) > 1:
                return (
                    f"something names no account, and there are {len(accounts)} (unknown-account)"
                )
            self._settle(next(iter(accounts)))
        return self.tables.refresh() or self._untold() or self._unranked() or self._circular()

    def _settle(self, account: str) -> None:
        """Put what names no account into the only one that there is."""
        if account == self._sole:
            return
        # Every name with an implied account is another one now, and so is who belongs to whom.
        self._start_over()
        self._sole = account
        for path, found in self.versions.items():
            self.changed.setdefault(path, found)
            for entry in found.of():
                self._declare(entry)
        self.tables.start_over()

    def _untold(self) -> str | None:
        """Return a name that is declared twice, or needed and not declared."""
        ledger = self.ledger
        if ledger.doubled:
            kind, *rest = min(ledger.doubled)
            return f"the {kind} `{rest[-1]}` is declared twice (duplicate-id)"
        if ledger.missing:
            name = min(ledger.missing)
            kind = "group" if name[0] == SOMEWHERE else name[0]
            return f"{self._who_needs(name)}unknown {kind} `{name[-1]}` (unknown-{kind})"
        return None

    def _who_needs(self, name: Name) -> str:
        for path in sorted(self.versions):
            for entry in self.versions[path].of():
                if name in needed(entry, self.account_of(entry)):
                    place = entry.part.locate()
                    return f"{place.file}:{place.line}: "
        return ""

    def _unranked(self) -> str | None:
        for entry in self.few("account"):
            ranks = self._ranks.get(str(entry.id))
            if ranks is None or ranks.is_sound:
                continue
            if entry.value.get("group_resolution") == Resolution.GROUP_PRIORITY:
                if ranks.missing:
                    return f"a group of `{entry.id}` has no priority (missing-priority)"
                taken = min(ranks.doubled)[1]
                return f"two groups of `{entry.id}` have the priority {taken} (duplicate-priority)"
        return None

    def _circular(self) -> str | None:
        """Return a cycle in what toggles require, looked for when the catalogue changes."""
        entries = self.few("toggle")
        if [id(entry) for entry in entries] != [id(entry) for entry in self._cycle[0]]:
            self._cycle = (entries, _cycle(entries))
        return self._cycle[1]


def _cycle(entries: Sequence[Entry]) -> str | None:
    from engine.read.catalogue import toggles

    catalogue = toggles(entries)
    for key in sorted(catalogue):
        seen: set[str] = set()
        ahead = list(catalogue[key].requires)
        while ahead:
            required = ahead.pop()
            if required == key:
                return f"the toggle `{key}` requires itself (requires-cycle)"
            if required not in seen:
                seen.add(required)
                ahead.extend(catalogue[required].requires)
    return None
