"""What must hold between documents: ids are declared once, and references lead somewhere.

One mistake is one error (SPEC §2): what follows from a mistake that is reported already is
passed over in silence.
"""

from __future__ import annotations

from engine.read.assurances import assurances
from engine.read.check import Check
from engine.read.document import pointer
from engine.read.doubled import doubled_ids, priorities
from engine.read.memberships import judge_rows, large_tables, users
from engine.read.toggle_keys import circles, toggle_keys
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.findings import Finding
    from engine.model import Location, Path
    from engine.read.document import Document
    from engine.read.entries import Entries, Entry
    from engine.read.index import Index
    from engine.read.tables import Table


def between(
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
    check = Check(entries, found, readable=readable)
    if readable and not entries.of("account"):
        _no_account(check, first)
    doubled_ids(check)
    _accounts(check)
    judge_rows(check, tables)
    large = large_tables(check, judged=rows)
    users(check)
    toggle_keys(check)
    assurances(check)
    priorities(check)
    circles(check)
    of_rows = [finding for table in tables for finding in table.findings()]
    return [*check.findings.values(), *of_rows, *large]


def _no_account(check: Check, first: Location) -> None:
    check.add(
        "no-account",
        "no document of kind account is there",
        first,
        "add one: `kind: account`",
    )


def _accounts(check: Check) -> None:
    if not check.sure("account") or not check.index.accounts:
        return
    for kind in ("group", "user", "directory"):
        for entry in check.entries.of(kind):
            if "account" in entry.flawed:
                continue
            if entry.account is None:
                _account_left_out(check, entry, kind)
            else:
                _account(check, entry.account, entry.part.document, entry.account_at or ())
    for document, account in check.entries.accounts:
        _account(check, account, document, ("account",))


def _account(check: Check, account: str, document: Document, path: Path) -> None:
    if account not in check.index.accounts:
        check.add(
            "unknown-account",
            f"unknown account `{account}`",
            document.locate(path),
            check.hint(account, check.index.accounts, "account"),
            pointer=pointer(path),
        )


def _account_left_out(check: Check, entry: Entry, kind: str) -> None:
    if check.index.sole_account is None:
        check.add(
            "unknown-account",
            f"the {kind} names no account, and the set declares {len(check.index.accounts)}",
            entry.part.first_key(),
            f"add `account:`, one of {', '.join(sorted(check.index.accounts))}",
            pointer=entry.part.pointer(),
        )
