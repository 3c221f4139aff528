"""What a policy file declares and what it needs, as names: a set is valid where these add up.

A set has no error between its documents when every name is declared once and every name that
is needed is declared (SPEC §2). Counted so, a commit costs what it changes. Findings with
their words and places stay the business of `engine.read`; the two must agree on validity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.read.catalogue import BUILT_IN_KEYS
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.read.entries import Entry

Name: TypeAlias = "tuple[str, ...]"
"""A kind and an id, for a group and a priority with the account between them."""

IMPLIED: Final = ""
"""The account of what names none, until the set's only account is known. No id is empty."""
SOMEWHERE: Final = "somewhere"
"""The kind of a group in whatever account: a guardrail asks for no more."""
_TITLED: Final = frozenset(("role", "expectation", "guardrail"))
_HOMED: Final = frozenset(("group", "user", "directory"))


def declared(entry: Entry, account: str) -> Iterator[Name]:
    """Yield the names that an entry declares."""
    kind, key = entry.kind, entry.id
    if key is None:
        return
    if kind == "group":
        yield (kind, account, key)
        yield (SOMEWHERE, key)
    elif kind in _TITLED or kind in {"account", "user", "toggle"}:
        yield (kind, key)


def needed(entry: Entry, account: str) -> Iterator[Name]:
    """Yield the names that must be declared for an entry to be sound."""
    value = entry.value
    if entry.kind in _HOMED:
        yield ("account", account)
    for group in value.get("groups") or ():
        yield ("group", account, group)
    yield from _toggles(value.get("toggles"))
    yield from _toggles(value.get("requires"))
    if entry.kind == "expectation":
        yield ("user", value["user"])
    if entry.kind in {"expectation", "guardrail"} and value.get("toggle"):
        yield from _toggles((value["toggle"],))
    who = value.get("who")
    if isinstance(who, dict):
        yield from (("user", user) for user in who.get("users") or ())
        yield from ((SOMEWHERE, group) for group in who.get("groups") or ())
        yield from (("account", named) for named in who.get("accounts") or ())


def _toggles(keys: Iterable[str] | None) -> Iterator[Name]:
    return (("toggle", key) for key in keys or () if key not in BUILT_IN_KEYS)


@dataclass(slots=True)
class Ledger:
    """Names with what declares each, and how often each is needed.

    `holders` keeps every holder of a name, though a sound set has one. `doubled` and `missing`
    are the names that keep the ledger from being sound.
    """

    holders: dict[Name, list[Any]] = field(default_factory=dict)
    needs: dict[Name, int] = field(default_factory=dict)
    doubled: set[Name] = field(default_factory=set)
    missing: set[Name] = field(default_factory=set)

    def declare(self, name: Name, holder: Any) -> None:
        """Note that something declares a name."""
        held = self.holders.get(name)
        if held is None:
            self.holders[name] = [holder]
            self.missing.discard(name)
            return
        held.append(holder)
        if name[0] != SOMEWHERE:
            self.doubled.add(name)

    def withdraw(self, name: Name, holder: Any) -> None:
        """Note that something declares a name no longer."""
        held = self.holders[name]
        held[:] = [other for other in held if other is not holder]
        if len(held) < 2:
            self.doubled.discard(name)
        if not held:
            del self.holders[name]
            if name in self.needs:
                self.missing.add(name)

    def need(self, name: Name) -> None:
        """Note that a name is needed once more."""
        self.needs[name] = self.needs.get(name, 0) + 1
        if name not in self.holders:
            self.missing.add(name)

    def release(self, name: Name) -> None:
        """Note that a name is needed once less."""
        left = self.needs[name] - 1
        if left:
            self.needs[name] = left
        else:
            del self.needs[name]
            self.missing.discard(name)

    def holder(self, name: Name) -> Any:
        """Return what declares a name, None where nothing does."""
        held = self.holders.get(name)
        return held[0] if held else None

    @property
    def is_sound(self) -> bool:
        """Tell whether every name is declared once, and every needed one declared."""
        return not self.doubled and not self.missing
