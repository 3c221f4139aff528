"""What an entry declares and what it speaks of, as words that are the same wherever it stands.

The words are coarser than the ids: a group's leaves its account out. So what one word leads to is
at least what matters, and sometimes more. `engine.history.names` is exact, for sound entries alone.
"""

from __future__ import annotations

from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.read.entries import Entry


def word(kind: str, name: object) -> str:
    """Return the word for something of a kind."""
    return f"{kind}\0{name}"


def declared(entry: Entry) -> Iterator[str]:
    """Yield what no other entry may declare too: the id, and the priority of a group."""
    if entry.id is not None:
        yield word(entry.kind, entry.id)
    priority = entry.value.get("priority") if entry.kind == "group" else None
    if isinstance(priority, int | float):
        yield word("priority", int(priority))


def mentioned(entry: Entry) -> Iterator[str]:
    """Yield what has to be declared for the entry to be sound: groups and users.

    Accounts and toggles aside, of which there are few.
    """
    if entry.kind == "user":
        yield from _words("group", entry.value.get("groups"))
    elif entry.kind == "expectation":
        yield word("user", entry.value.get("user"))
    elif entry.kind == "guardrail":
        who = entry.value.get("who")
        if isinstance(who, dict):
            yield from _words("user", who.get("users"))
            yield from _words("group", who.get("groups"))


def _words(kind: str, names: Sequence[str | None] | None) -> Iterator[str]:
    return (word(kind, name) for name in names or () if name is not None)
