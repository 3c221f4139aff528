"""What may be declared once alone: ids, names, and priorities within an account."""

from __future__ import annotations

from engine.findings import Related
from engine.model import Resolution
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.model import Location
    from engine.read.check import Check
    from engine.read.entries import Entry

_UNIQUE: Final = ("account", "user", "toggle", "role", "expectation", "guardrail")


def doubled_ids(check: Check) -> None:
    """Report ids and names that stand twice."""
    for kind in _UNIQUE:
        _doubled(check, kind, ((e.id, e) for e in check.entries.of(kind)))
    _doubled(check, "group", ((_group_key(check, e), e) for e in check.entries.of("group")))


def _group_key(check: Check, entry: Entry) -> tuple[str, str] | None:
    account = entry.account or check.index.sole_account
    if entry.id is None or account is None or "account" in entry.flawed:
        return None
    return account, entry.id


def _doubled(check: Check, kind: str, keyed: Iterable[tuple[object, Entry]]) -> None:
    first: dict[object, Entry] = {}
    for key, entry in keyed:
        if key is None:
            continue
        earlier = first.setdefault(key, entry)
        if earlier is not entry:
            word = "name" if kind in {"role", "expectation", "guardrail"} else "id"
            check.add(
                "duplicate-id",
                f"the {kind} `{entry.id}` is declared twice",
                _id_place(entry),
                f"give one of them another {word}, or merge them",
                pointer=entry.part.pointer(() if kind == "toggle" else (word,)),
                related=(Related(_id_place(earlier), "first declared here"),),
            )


def priorities(check: Check) -> None:
    """Report priorities that are missing or taken, where groups are resolved by them."""
    taken: dict[tuple[str, int], Entry] = {}
    for entry in check.entries.of("group"):
        account = check.index.account_of(entry)
        if account is None or check.index.resolution(account) is not Resolution.GROUP_PRIORITY:
            continue
        priority = entry.value.get("priority")
        if priority is None:
            if "priority" not in entry.flawed:
                check.add(
                    "missing-priority",
                    f"a group of `{account}` needs a priority: it resolves by group_priority",
                    entry.part.first_key(),
                    "add `priority:`, a whole number from 1; 1 is the highest",
                    pointer=entry.part.pointer(),
                )
            continue
        earlier = taken.setdefault((account, priority), entry)
        if earlier is not entry and earlier.id != entry.id:
            check.add(
                "duplicate-priority",
                f"priority {priority} is taken by the group `{earlier.id}`",
                entry.part.locate(("priority",)),
                "give each group of the account a priority of its own",
                pointer=entry.part.pointer(("priority",)),
                related=(Related(earlier.part.locate(("priority",)), "first given here"),),
            )


def _id_place(entry: Entry) -> Location:
    if entry.kind == "toggle":
        return entry.part.locate((), key=True)
    return entry.part.locate(("id" if "id" in entry.value else "name",))
