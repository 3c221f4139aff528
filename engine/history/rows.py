"""The directory tables of a state, read again only where a table, its glob or a toggle moves."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, TypeAlias

from engine.errors import SourceError
from engine.read.catalogue import BUILT_IN_KEYS
from engine.read.duck import Spool
from engine.read.source import Memory, inside, matching
from engine.read.tables import read_directory
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.history.state import State
    from engine.read.entries import Entry
    from engine.read.tables import Table

Home: TypeAlias = "tuple[str, int]"
"""The path of a policy file, and the number of a directory document in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What the tables of one directory document hold, and what they were read from.

    `blobs` are the files that the source names, each with its blob; `known` the toggles then.
    """

    directory: Entry
    blobs: tuple[tuple[str, str], ...]
    known: list[str]
    tables: Sequence[Table]
    trouble: str | None


class Tables:
    """The rows of every directory document; `changed` is as in State, by document."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.standing: dict[Home, Rows] = {}
        self.changed: dict[Home, Rows | None] = {}
        self._moved: set[str] = set()

    def note(self, path: str) -> None:
        """Note that a file came, went or changed."""
        self._moved.add(path)

    def refresh(self) -> str | None:
        """Read what may have moved; return what is wrong with any table, None where nothing is."""
        there = {(path, number): entry for path, number, entry in self.state.directories()}
        for home in [home for home in self.standing if home not in there]:
            self._drop(home)
        if there:
            known = sorted({*BUILT_IN_KEYS, *(str(e.id) for e in self.state.few("toggle"))})
            moved = Memory(dict.fromkeys(self._moved, b""))
            for home, entry in there.items():
                self._read(home, entry, known, moved)
        self._moved.clear()
        return next((rows.trouble for rows in self.standing.values() if rows.trouble), None)

    def start_over(self) -> None:
        """Declare every row anew: the accounts have moved."""
        for home, rows in self.standing.items():
            self.changed.setdefault(home, rows)
            self._declare(rows)

    def _read(self, home: Home, entry: Entry, known: list[str], moved: Memory) -> None:
        source, before = self.state.source, self.standing.get(home)
        pattern = inside(posixpath.dirname(home[0]), str(entry.id))
        is_as_before = before and before.directory is entry and before.known == known
        if is_as_before and not source.links and not (pattern and matching(moved, pattern)):
            return
        files = [] if pattern is None else matching(source, pattern)
        try:
            blobs = tuple((file, source.blob(file)) for file in files)
        except SourceError as error:
            self._replace(home, Rows(entry, (), known, (), error.message))
            return
        if before and before.directory is entry and (before.blobs, before.known) == (blobs, known):
            return
        # A history needs to know each row: even large tables are read into values.
        found, findings = read_directory(Spool(source), entry, home[0], known, values=True)
        tables = found if isinstance(found, list) else []
        wrong = [*findings, *(finding for table in tables for finding in table.findings())]
        first = f"{wrong[0].location}: {wrong[0].message} ({wrong[0].code})" if wrong else None
        self._replace(home, Rows(entry, blobs, known, tables, first))

    def _replace(self, home: Home, rows: Rows) -> None:
        self._drop(home)
        self.standing[home] = rows
        self._declare(rows)

    def _drop(self, home: Home) -> None:
        before = self.standing.pop(home, None)
        self.changed.setdefault(home, before)
        if before is not None:
            ledger, account = self.state.ledger, self.state.account_of(before.directory)
            for row in (row for table in before.tables for row in table.users):
                ledger.withdraw(("user", row.id), row)
                for group in row.value.get("groups", ()):
                    ledger.release(("group", account, group))

    def _declare(self, rows: Rows) -> None:
        ledger, account = self.state.ledger, self.state.account_of(rows.directory)
        for row in (row for table in rows.tables for row in table.users):
            ledger.declare(("user", row.id), row)
            for group in row.value.get("groups", ()):
                ledger.need(("group", account, group))
