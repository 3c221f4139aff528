"""Toggles that require each other, directly or through others."""

from __future__ import annotations

from engine.read.catalogue import toggles
from engine.typed import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.read.entries import Entry

Requires: TypeAlias = "dict[str, tuple[str, ...]]"


def written_requires(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    """Return, by toggle, the first entry of a file that says what it requires."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if isinstance(entry.value.get("requires"), list):
            found.setdefault(str(entry.id), entry)
    return found


def cycles(known: Iterable[str], written: Mapping[str, Entry]) -> list[frozenset[str]]:
    """Return each set of the `known` toggles that require each other, through any depth."""
    requires: Requires = dict.fromkeys(known, ())
    requires.update((key, toggle.requires) for key, toggle in toggles(()).items())
    for key, entry in written.items():
        requires[key] = tuple(r for r in entry.value["requires"] if r)
    reach = {key: _reachable(key, requires) for key in requires}
    loops = {
        frozenset(other for other in reach[key] if key in reach.get(other, ()))
        for key in requires
        if key in reach[key]
    }
    return sorted(loops, key=min)


def _reachable(start: str, requires: Requires) -> set[str]:
    seen: set[str] = set()
    ahead = list(requires[start])
    while ahead:
        key = ahead.pop()
        if key not in seen:
            seen.add(key)
            ahead.extend(requires.get(key, ()))
    return seen
