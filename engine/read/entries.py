"""Documents to entries: one an entity, with what is sound in it, whatever else is wrong.

A document that violates its schema still declares its well-formed id and references
(SPEC §2), so every check after this one sees an entry's sound parts and knows which keys
were flawed.
"""

from __future__ import annotations

from engine.findings import Finding, quoted
from engine.read.document import Document, Part
from engine.read.schemas import KINDS
from engine.read.words import did_you_mean, troubles
from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.model import Path
    from engine.read.words import Trouble

_LISTS: Final = {
    "users": ("users", "user"),
    "roles": ("roles", "role"),
    "expectations": ("expectations", "expectation"),
    "guardrails": ("guardrails", "guardrail"),
}
"""Kinds that hold a list: the key of the list, and the kind of each entry."""
_NAMES: Final = {"role": "name", "expectation": "name", "guardrail": "name"}


@dataclass(slots=True)
class Entry:
    """One entity as far as it is sound.

    `value` holds only what satisfies the schema (None stands for an entry of a list that
    does not). `flawed` names the keys that were present and wrong, wholly or inside.
    `account` is the account as written, in the entry or for the document; `account_at`
    leads from `part`'s document to that word. `source` is a directory's source as seen from
    the policy directory. `made` is the entity that the entry has become, if it has.
    """

    kind: str
    id: str | None
    value: Mapping[str, Any]
    part: Part
    flawed: frozenset[str] = frozenset()
    account: str | None = None
    account_at: Path | None = None
    source: str | None = None
    made: Any = field(default=None, repr=False)


@dataclass(slots=True)
class Entries:
    """All entries of a set by kind, in the order of the files, and what was found on the way.

    `uncertain` holds the kinds of which an id is missing or ill-formed: references to them
    are not judged. `owners` holds what is sound of each list of owners, with its document;
    `accounts` what the documents that hold users name as the account of those that name none.
    """

    by_kind: dict[str, list[Entry]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    uncertain: set[str] = field(default_factory=set)
    owners: list[tuple[Part, Sequence[str | None]]] = field(default_factory=list)
    accounts: list[tuple[Document, str]] = field(default_factory=list)

    def of(self, kind: str) -> Sequence[Entry]:
        """Return the entries of one kind (the word of a declared change)."""
        return self.by_kind.get(kind, ())

    def add(self, other: Entries) -> None:
        """Append what another holds."""
        for kind, found in other.by_kind.items():
            self.by_kind.setdefault(kind, []).extend(found)
        self.findings.extend(other.findings)
        self.uncertain |= other.uncertain
        self.owners.extend(other.owners)
        self.accounts.extend(other.accounts)


def gather(documents: Iterable[Document], *, keep: bool = False) -> Entries:
    """Sort documents into entries, checking each against the schema of its kind.

    With `keep` a document remembers its entries, for another set that has it too.
    """
    entries = Entries()
    for document in documents:
        known: Entries | None = document.gathered
        if known is None:
            known = _gathered(entries, document)
            if keep and not known.findings and not known.of("toggle"):  # those look at others
                document.gathered = known
        entries.add(known)
    return entries


def _gathered(earlier: Entries, document: Document) -> Entries:
    """Return what one document holds; `earlier` is what those before it do."""
    entries = Entries()
    kind = document.value.get("kind") if isinstance(document.value, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        entries.findings.append(_unknown_kind(document))
        return entries
    against = [] if document.clean else troubles(document, kind)
    document.clean = not against
    found = [t for t in against if not _known_toggle(earlier, kind, t)]
    entries.findings.extend(t.finding for t in found if t.finding)
    wrong = [t.path for t in found if t.path is not None]
    value = _sound(document.value, wrong) if wrong else document.value
    for entry in _entries(document, kind, value, wrong):
        entries.by_kind.setdefault(entry.kind, []).append(entry)
        if entry.id is None and entry.kind not in _NAMES:
            entries.uncertain.add(entry.kind)
    _note_uncertain(entries, document, kind, value, wrong)
    if kind == "users" and "account" in value:
        entries.accounts.append((document, value["account"]))
    if kind == "roles" and isinstance(value.get("owners"), list):
        entries.owners.append((Part(document, ()), value["owners"]))
    return entries


def _known_toggle(entries: Entries, kind: str, trouble: Trouble) -> bool:
    """Tell whether a key is missing in a toggle that an earlier document has: only it is new."""
    path = trouble.lacks
    if kind != "catalogue" or not path or len(path) != 2:
        return False
    return any(entry.id == path[1] for entry in entries.of("toggle"))


def _unknown_kind(document: Document) -> Finding:
    value = document.value
    if not isinstance(value, dict):
        message, path = "a document must be a mapping with a `kind`", ()
    elif "kind" not in value:
        message, path = "the document has no `kind`", ()
    else:
        return _wrong_kind(document, value["kind"])
    return Finding(
        code="unknown-kind",
        message=message,
        location=document.locate(path),
        hint=f"begin it with `kind: …`, one of {', '.join(KINDS)}",
    )


def _wrong_kind(document: Document, kind: Any) -> Finding:
    if kind is None:
        message = "`kind` has no value"
    elif isinstance(kind, dict | list):
        shown = "a mapping" if isinstance(kind, dict) else "a list"
        message = f"`kind` must be a word, and this is {shown}"
    else:
        shown = str(kind).lower() if isinstance(kind, bool) else str(kind)
        message = f"unknown kind {quoted(shown)}"
    return Finding(
        code="unknown-kind",
        message=message,
        location=document.locate(("kind",)),
        hint=did_you_mean(str(kind), KINDS) or f"known kinds: {', '.join(KINDS)}",
        pointer="/kind",
    )


def _note_uncertain(
    entries: Entries, document: Document, kind: str, value: Mapping[str, Any], wrong: list[Path]
) -> None:
    """Note kinds whose ids are not all known, beyond the entries that lack one."""
    if kind == "users" and (not isinstance(value.get("users"), list) or None in value["users"]):
        entries.uncertain.add("user")
    if kind == "catalogue" and (
        "toggles" not in value
        or ("toggles",) in document.odd
        or any(path[:1] == ("toggles",) and len(path) == 2 for path in wrong)
    ):
        entries.uncertain.add("toggle")


def _entries(
    document: Document, kind: str, value: Mapping[str, Any], wrong: list[Path]
) -> Iterator[Entry]:
    if kind in _LISTS:
        key, entry_kind = _LISTS[kind]
        flaws = _flaws(wrong, 2)
        lost = frozenset({"account"} if ("account",) in wrong else ())
        for index, item in enumerate(value.get(key) or ()):
            if item is not None:
                flawed = flaws.get((key, index), frozenset())
                if "account" not in item:
                    flawed |= lost
                yield _entry(entry_kind, item, Part(document, (key, index)), flawed, value)
    elif kind == "catalogue":
        flaws = _flaws(wrong, 2)
        for key, item in (value.get("toggles") or {}).items():
            part = Part(document, ("toggles", key))
            yield Entry("toggle", key, item, part, flaws.get(("toggles", key), frozenset()))
    else:
        yield _entry(kind, value, Part(document), _flaws(wrong, 0).get(()), value)


def _entry(
    kind: str,
    item: Mapping[str, Any],
    part: Part,
    flawed: frozenset[str] | None,
    whole: Mapping[str, Any],
) -> Entry:
    entry = Entry(kind, item.get(_NAMES.get(kind, "id")), item, part, flawed or frozenset())
    if kind == "directory":
        entry.id = item.get("source")
    if "account" in item:
        entry.account, entry.account_at = item["account"], (*part.base, "account")
    elif "account" in whole and "account" not in entry.flawed:
        entry.account, entry.account_at = whole["account"], ("account",)
    return entry


def _flaws(wrong: Iterable[Path], depth: int) -> dict[Path, frozenset[str]]:
    """Return, by the path of an entity at `depth`, the keys of it that are not wholly sound."""
    found: dict[Path, frozenset[str]] = {}
    for path in wrong:
        if len(path) > depth:
            base = path[:depth]
            found[base] = found.get(base, frozenset()) | {str(path[depth])}
    return found


def _sound(value: Any, wrong: Iterable[Path]) -> Any:
    """Return a copy of `value` without what stands at the `wrong` paths.

    Keys go; entries of lists become None, so that every other keeps its index. Only what
    lies on the way is copied.
    """
    copied: dict[int, Any] = {}  # id of each copy, which the copy itself keeps alive

    def own(container: Any) -> Any:
        if id(container) in copied:
            return container
        fresh = container.copy()
        copied[id(fresh)] = fresh
        return fresh

    whole = own(value)
    for path in wrong:
        at = whole
        for step in path[:-1]:
            if _absent(at, step):
                break
            at[step] = own(at[step])
            at = at[step]
        else:
            if not path or _absent(at, path[-1]):
                continue
            if isinstance(at, dict):
                del at[path[-1]]
            else:
                at[path[-1]] = None
    return whole


def _absent(container: Any, step: str | int) -> bool:
    if isinstance(container, dict):
        return step not in container
    return not isinstance(container, list) or container[int(step)] is None
