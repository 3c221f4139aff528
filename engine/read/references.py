"""What must hold between documents: ids are declared once, and references lead somewhere.

One mistake is one error (SPEC §2): what follows from a mistake that is reported already is
passed over in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.findings import Finding, Related
from engine.model import Resolution
from engine.read.cycles import cycles, written_requires
from engine.read.document import pointer
from engine.read.words import did_you_mean
from engine.read.written import has_holes, toggles_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from engine.model import Location, Path
    from engine.read.document import Document
    from engine.read.entries import Entries, Entry
    from engine.read.index import Index
    from engine.read.tables import Table, TableUser

_MOST_COMPARED: Final = 50_000
"""Past so many comparisons, looking for the nearest ids takes longer than the hints are worth."""
_SHOWN: Final = 8
"""How many of a user's groups a hint names."""
_UNIQUE: Final = ("account", "user", "toggle", "role", "expectation", "guardrail")


def check(
    entries: Entries,
    found: Index,
    tables: Sequence[Table],
    *,
    readable: bool,
    first: Location,
    rows: bool = True,
) -> list[Finding]:
    """Return the findings between documents, and add the tables' users to the index.

    `readable` is false while any file has a `yaml-syntax` or `yaml-unsafe` error: then what
    such a file may declare is not called missing. `first` is line 1, column 1 of the first file.
    Without `rows`, those of large tables are not checked.
    """
    return _Check(entries, found, readable=readable).run(tables, first, rows=rows)


class _Check:
    def __init__(self, entries: Entries, found: Index, *, readable: bool) -> None:
        self.entries = entries
        self.index = found
        self.readable = readable
        self.findings: dict[tuple[str, Location], Finding] = {}
        self.hints: dict[tuple[str, str | None, str], str] = {}
        self.compared = 0

    def run(self, tables: Sequence[Table], first: Location, *, rows: bool) -> list[Finding]:
        if self.readable and not self.entries.of("account"):
            self._add(
                "no-account",
                "no document of kind account is there",
                first,
                "add one: `kind: account`",
            )
        self._doubled_ids()
        self._accounts()
        self._tables(tables)
        large = self._population(check=rows)
        self._users()
        self._toggle_keys()
        self._assurances()
        self._priorities()
        self._cycles()
        of_rows = [finding for table in tables for finding in table.findings()]
        return [*self.findings.values(), *of_rows, *large]

    def _add(
        self,
        code: str,
        message: str,
        location: Location,
        hint: str | None = None,
        *,
        pointer: str = "",
        related: tuple[Related, ...] = (),
    ) -> None:
        # INVARIANT: one finding per code and place, so that an alias repeats no mistake.
        self.findings.setdefault(
            (code, location),
            Finding(
                code=code,
                message=message,
                location=location,
                hint=hint,
                pointer=pointer,
                related=related,
            ),
        )

    def _at(
        self, code: str, message: str, entry: Entry, path: Path, hint: str | None = None
    ) -> None:
        part = entry.part
        self._add(code, message, part.locate(path), hint, pointer=part.pointer(path))

    def _hint(
        self, word: str, known: Collection[str], kind: str, account: str | None = None
    ) -> str:
        """Name the nearest known id, as long as looking for it stays cheap: see _MOST_COMPARED."""
        asked = (kind, account, word)
        if asked not in self.hints:
            self.compared += len(known)
            near = self.compared <= _MOST_COMPARED and did_you_mean(word, sorted(known))
            self.hints[asked] = near or f"declare the {kind}, or correct the id"
        return self.hints[asked]

    def _sure(self, kind: str) -> bool:
        return self.readable and kind not in self.entries.uncertain

    # -- ids ----------------------------------------------------------------------------

    def _doubled_ids(self) -> None:
        for kind in _UNIQUE:
            self._doubled(kind, ((e.id, e) for e in self.entries.of(kind)))
        self._doubled("group", ((self._group_key(e), e) for e in self.entries.of("group")))

    def _group_key(self, entry: Entry) -> tuple[str, str] | None:
        account = entry.account or self.index.sole_account
        if entry.id is None or account is None or "account" in entry.flawed:
            return None
        return account, entry.id

    def _doubled(self, kind: str, keyed: Iterable[tuple[object, Entry]]) -> None:
        first: dict[object, Entry] = {}
        for key, entry in keyed:
            if key is None:
                continue
            earlier = first.setdefault(key, entry)
            if earlier is not entry:
                word = "name" if kind in {"role", "expectation", "guardrail"} else "id"
                self._add(
                    "duplicate-id",
                    f"the {kind} `{entry.id}` is declared twice",
                    _id_place(entry),
                    f"give one of them another {word}, or merge them",
                    pointer=entry.part.pointer(() if kind == "toggle" else (word,)),
                    related=(Related(_id_place(earlier), "first declared here"),),
                )

    # -- accounts and groups --------------------------------------------------------------

    def _accounts(self) -> None:
        if not self._sure("account") or not self.index.accounts:
            return
        for kind in ("group", "user", "directory"):
            for entry in self.entries.of(kind):
                if "account" in entry.flawed:
                    continue
                if entry.account is None:
                    self._account_left_out(entry, kind)
                else:
                    self._account(entry.account, entry.part.document, entry.account_at or ())
        for document, account in self.entries.accounts:
            self._account(account, document, ("account",))

    def _account(self, account: str, document: Document, path: Path) -> None:
        if account not in self.index.accounts:
            self._add(
                "unknown-account",
                f"unknown account `{account}`",
                document.locate(path),
                self._hint(account, self.index.accounts, "account"),
                pointer=pointer(path),
            )

    def _account_left_out(self, entry: Entry, kind: str) -> None:
        if self.index.sole_account is None:
            self._add(
                "unknown-account",
                f"the {kind} names no account, and the set declares {len(self.index.accounts)}",
                entry.part.first_key(),
                f"add `account:`, one of {', '.join(sorted(self.index.accounts))}",
                pointer=entry.part.pointer(),
            )

    def _priorities(self) -> None:
        taken: dict[tuple[str, int], Entry] = {}
        for entry in self.entries.of("group"):
            account = self.index.account_of(entry)
            if account is None or self.index.resolution(account) is not Resolution.GROUP_PRIORITY:
                continue
            priority = entry.value.get("priority")
            if priority is None:
                if "priority" not in entry.flawed:
                    self._add(
                        "missing-priority",
                        f"a group of `{account}` needs a priority: it resolves by group_priority",
                        entry.part.first_key(),
                        "add `priority:`, a whole number from 1; 1 is the highest",
                        pointer=entry.part.pointer(),
                    )
                continue
            earlier = taken.setdefault((account, priority), entry)
            if earlier is not entry and earlier.id != entry.id:
                self._add(
                    "duplicate-priority",
                    f"priority {priority} is taken by the group `{earlier.id}`",
                    entry.part.locate(("priority",)),
                    "give each group of the account a priority of its own",
                    pointer=entry.part.pointer(("priority",)),
                    related=(Related(earlier.part.locate(("priority",)), "first given here"),),
                )

    # -- users --------------------------------------------------------------------------

    def _tables(self, tables: Sequence[Table]) -> None:
        """Judge the rows in their order; a bad one declares its user all the same (§2)."""
        for table in tables:
            for user in table.named():
                wrong = table.wrong.get(user.row.line) or self._row_trouble(user)
                if wrong:
                    table.wrong[user.row.line] = wrong
                if user.id not in self.index.users:
                    self.index.table_users.setdefault(user.id, user.alone() if wrong else user)

    def _population(self, *, check: bool) -> list[Finding]:
        """Return what is wrong with the large tables, where they are to be checked."""
        population = self.index.population
        if population is None:
            return []
        population.declared = {
            **{user: str(row.row.locate()) for user, row in self.index.table_users.items()},
            **{user: str(e.part.locate(("id",))) for user, e in self.index.users.items()},
        }
        if not check:
            return []
        from engine.read import soundness

        wrong = soundness.check(population)
        if wrong and not population.names_all:
            self.entries.uncertain.add("user")
        return wrong

    def _row_trouble(self, user: TableUser) -> str | None:
        if user.id in self.index.users:
            place = self.index.users[user.id].part.locate(("id",))
            return f"the user `{user.id}` is declared in YAML too, at {place}"
        earlier = self.index.table_users.get(user.id)
        if earlier:
            return (
                f"the user `{user.id}` stands twice, first at {earlier.row.file}:{earlier.row.line}"
            )
        account = self.index.account_of(user.directory)
        if account is not None and self._sure("group"):
            for group in user.value.get("groups", ()):
                if not self.index.has_group(account, group):
                    return f"unknown group `{group}` in account `{account}`"
        return None

    def _users(self) -> None:
        for entry in self.entries.of("user"):
            account = self.index.account_of(entry)
            groups: Sequence[str | None] = entry.value.get("groups") or ()
            if account is not None and self._sure("group"):
                for at, group in enumerate(groups):
                    if group is not None and not self.index.has_group(account, group):
                        self._at(
                            "unknown-group",
                            f"unknown group `{group}` in account `{account}`",
                            entry,
                            ("groups", at),
                            self._hint(group, self.index.groups.get(account, ()), "group", account),
                        )
            self._primary(entry, groups)

    def _primary(self, entry: Entry, groups: Sequence[str | None]) -> None:
        primary = entry.value.get("primary_group")
        if primary is None or primary in groups:
            return
        if "groups" in entry.flawed and has_holes(entry, groups):
            return
        sound = [g for g in groups if g is not None]
        shown = ", ".join(f"`{g}`" for g in sound[:_SHOWN])
        more = f" and {len(sound) - _SHOWN:,} more" if len(sound) > _SHOWN else ""
        self._at(
            "primary-not-member",
            f"the primary group `{primary}` is not among the user's groups",
            entry,
            ("primary_group",),
            did_you_mean(primary, sound) or f"the user is in {shown or 'no group'}{more}",
        )

    # -- toggles ------------------------------------------------------------------------

    def _toggle_keys(self) -> None:
        if not self._sure("toggle"):
            return
        for kind in ("account", "group", "user"):
            for entry in self.entries.of(kind):
                for key in toggles_named(entry):
                    if key not in self.index.toggles:
                        path = ("toggles", key)
                        self._add(
                            "unknown-toggle",
                            f"unknown toggle `{key}`",
                            entry.part.locate(path, key=True),
                            self._hint(key, self.index.toggles, "toggle"),
                            pointer=entry.part.pointer(path),
                        )
        for entry in self.entries.of("toggle"):
            for at, key in enumerate(entry.value.get("requires") or ()):
                self._toggle(entry, key, ("requires", at))

    def _toggle(self, entry: Entry, key: str | None, path: Path) -> None:
        if key is not None and key not in self.index.toggles and self._sure("toggle"):
            self._at(
                "unknown-toggle",
                f"unknown toggle `{key}`",
                entry,
                path,
                self._hint(key, self.index.toggles, "toggle"),
            )

    def _cycles(self) -> None:
        written = written_requires(self.entries.of("toggle"))
        for cycle in cycles(self.index.toggles, written):
            smallest = min((key for key in cycle if key in written), default=None)
            if smallest is not None:
                names = " and ".join(f"`{key}`" for key in sorted(cycle))
                several = f"the toggles {names} require each other"
                self._at(
                    "requires-cycle",
                    several if len(cycle) > 1 else f"the toggle {names} requires itself",
                    written[smallest],
                    ("requires",),
                    "leave one of them out of `requires`",
                )

    # -- expectations and guardrails -------------------------------------------------------

    def _assurances(self) -> None:
        everyone = {*self.index.users, *self.index.table_users}
        for kind in ("expectation", "guardrail"):
            for entry in self.entries.of(kind):
                self._toggle(entry, entry.value.get("toggle"), ("toggle",))
        for entry in self.entries.of("expectation"):
            self._user(entry, entry.value.get("user"), ("user",), everyone)
        for entry in self.entries.of("guardrail"):
            who = entry.value.get("who")
            if isinstance(who, dict):
                for at, user in enumerate(who.get("users") or ()):
                    self._user(entry, user, ("who", "users", at), everyone)
                self._who(entry, who)

    def _who(self, entry: Entry, who: dict[str, Sequence[str | None]]) -> None:
        groups = {g for members in self.index.groups.values() for g in members}
        for at, group in enumerate(who.get("groups") or ()):
            known = group in groups or group in self.index.everywhere
            if group is not None and not known and self._sure("group"):
                self._at(
                    "unknown-group",
                    f"no account has a group `{group}`",
                    entry,
                    ("who", "groups", at),
                    self._hint(group, groups, "group"),
                )
        for at, account in enumerate(who.get("accounts") or ()):
            known = account in self.index.accounts or not self.index.accounts
            if account is not None and not known and self._sure("account"):
                self._at(
                    "unknown-account",
                    f"unknown account `{account}`",
                    entry,
                    ("who", "accounts", at),
                    self._hint(account, self.index.accounts, "account"),
                )

    def _user(self, entry: Entry, user: str | None, path: Path, known: Collection[str]) -> None:
        if user is None or user in known or not self._sure("user"):
            return
        population = self.index.population
        if population is None or not population.has(user):
            hint = self._hint(user, known, "user")
            self._at("unknown-user", f"unknown user `{user}`", entry, path, hint)


def _id_place(entry: Entry) -> Location:
    if entry.kind == "toggle":
        return entry.part.locate((), key=True)
    return entry.part.locate(("id" if "id" in entry.value else "name",))
