"""A source to a PolicySet and its findings: the one way in for every command."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from operator import attrgetter

from engine.errors import InvalidPoliciesError, SourceError
from engine.findings import Finding, Location, has_errors, ordered
from engine.read.assemble import assemble
from engine.read.entries import Entries, Entry, gather
from engine.read.index import index
from engine.read.references import between
from engine.read.source import policy_files
from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from engine.model import PolicySet
    from engine.read.comments import Ignore
    from engine.read.document import Document
    from engine.read.duck import Spool
    from engine.read.index import Index
    from engine.read.large import Large
    from engine.read.parsed import Parsed
    from engine.read.population import Population
    from engine.read.source import Source
    from engine.read.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a source holds. `policies` is whole only if `findings` has no error.

    `files` are the policy files' paths below the policy directory; `documents` counts the
    non-empty documents that parsed; `ignores` are the comments that silence warnings.
    `population` are the people of tables that are too large to be values: `policies.users` finds
    them when it is asked. `entries` are what the documents were sorted into, and `parsed` what
    each file holds by its path, where the documents remember what was made of them.
    """

    source: Source
    policies: PolicySet
    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    documents: int
    ignores: tuple[Ignore, ...] = ()
    population: Population | None = None
    entries: Entries | None = field(default=None, repr=False)
    parsed: Mapping[str, Parsed] | None = field(default=None, repr=False)

    def valid(self, *, side: str | None = None) -> PolicySet:
        """Return the policies, or raise InvalidPoliciesError with what was found."""
        if has_errors(self.findings):
            raise InvalidPoliciesError(self.findings, side=side)
        return self.policies


def load(
    source: Source, *, empty_is_fine: bool = False, rows: bool = True, tables: bool = True
) -> Loaded:
    """Read, check and assemble the policies of a source.

    Without `rows`, those of large tables are not checked; without `tables` none is opened, and
    each counts as large. Raises SourceError where there are no
    policy files, unless `empty_is_fine` (a side of a diff), or where a file cannot be read;
    GitError where git cannot answer.
    """
    from engine.read.parse import parse

    files = policy_files(source)
    if not files and not empty_is_fine:
        raise nothing_to_read(source)
    with collector_at_rest():
        return build(
            source,
            files,
            lambda path: parse(source.read(path), source.label(path)),
            rows=rows,
            opening=tables,
        )


def nothing_to_read(source: Source) -> SourceError:
    """Return what to raise where there are no policy files."""
    return SourceError(
        f"there are no policy files (*.yaml, *.yml) in `{source.title}`",
        hint="name the directory with -p, or begin with `calsync init`",
    )


def build(
    source: Source,
    files: Sequence[str],
    parsed_file: Callable[[str], Parsed],
    *,
    keep: bool = False,
    rows: bool = True,
    opening: bool = True,
) -> Loaded:
    """Check and assemble files that `parsed_file` parses, or has parsed before.

    With `keep` documents remember what is made of them, for another set that has them too.
    Without `rows`, those of large tables are left to whoever reads them; without `opening`, so
    are all tables.
    """
    parsed = {path: parsed_file(path) for path in files}
    documents = [document for one in parsed.values() for document in one.documents]
    entries = gather(documents, keep=keep)
    found = index(entries)
    tables: dict[str, list[Table]] = {}
    at_directories: list[Finding] = []
    readable = all(one.readable for one in parsed.values())
    if entries.of("directory"):
        from engine.read.duck import Spool

        spool = Spool(source)
        tables, large, at_directories = _tables(
            spool,
            entries,
            {source.label(p): p for p in files},
            sorted(found.toggles) if readable and "toggle" not in entries.uncertain else None,
            opening=opening,
        )
        found.population = _population(spool, entries, found, large, readable=readable)
    between_documents: list[Finding] = []
    if files:
        by_file = sorted((t for ts in tables.values() for t in ts), key=attrgetter("file"))
        first = Location(source.label(files[0]), 1, 1)
        between_documents = between(
            entries, found, by_file, readable=readable, first=first, rows=rows
        )
    of_files = (finding for one in parsed.values() for finding in one.findings)
    findings = (*of_files, *entries.findings, *at_directories, *between_documents)
    return Loaded(
        source=source,
        policies=assemble(entries, found, tables),
        findings=_told(findings, documents),
        files=tuple(files),
        documents=len(documents),
        ignores=tuple(comment for one in parsed.values() for comment in one.ignores),
        population=found.population,
        entries=entries if keep else None,
        parsed=parsed if keep else None,
    )


def _told(findings: Iterable[Finding], documents: Sequence[Document]) -> tuple[Finding, ...]:
    """Return findings in order, each with what tells it from its like."""
    told = ordered(findings)
    if told:
        from engine.read.subjects import identified

        told = identified(told, documents)
    return tuple(told)


def _tables(
    spool: Spool,
    entries: Entries,
    paths: dict[str, str],
    toggles: Sequence[str] | None,
    *,
    opening: bool,
) -> tuple[dict[str, list[Table]], list[Large], list[Finding]]:
    """Read the tables of every directory document, by the label of the document's place.

    `toggles` are None while they are not certain. Tables that are too large for that are
    returned apart; without `opening` all are.
    """
    from engine.read.tables import read_directory

    tables: dict[str, list[Table]] = {}
    large: list[Large] = []
    findings: list[Finding] = []
    for entry in entries.of("directory"):
        if entry.id is None:
            entries.uncertain.add("user")
            continue
        place = entry.part.locate()
        if not opening:
            large.append(_unopened(entry, paths[place.file], findings))
            entries.uncertain.add("user")
            continue
        found, wrong = read_directory(spool, entry, paths[place.file], toggles)
        findings.extend(wrong)
        if wrong:
            entries.uncertain.add("user")
        if not isinstance(found, list):
            large.append(found)
            continue
        if not all(table.names_all for table in found):
            entries.uncertain.add("user")
        tables[str(place)] = found
    return tables, large, findings


def _unopened(entry: Entry, path: str, findings: list[Finding]) -> Large:
    """Return the tables of a directory document, not yet looked for."""
    from engine.read.large import Large
    from engine.read.tables import resolve

    trouble = resolve(entry, path)
    if trouble:
        findings.append(trouble)
    return Large(entry, ())


def _population(
    spool: Spool, entries: Entries, found: Index, large: list[Large], *, readable: bool
) -> Population | None:
    """Return the people of large tables, if there are any."""
    if not large:
        return None
    from engine.read.population import Population

    sure = readable and "group" not in entries.uncertain
    for part in large:
        part.account = found.account_of(part.entry)
        if sure and part.account is not None:
            part.groups = frozenset(found.groups.get(part.account, ())) | found.everywhere
    connection = spool.connection("reading large tables")
    return Population(connection, spool, tuple(large), tuple(sorted(found.toggles)))


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the cyclic garbage collector from walking the values again and again while they grow."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
