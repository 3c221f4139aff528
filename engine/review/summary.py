"""Decision rows counted: how many are on, off, locked, by what reason, and who syncs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.model import Decision


def summarise(rows: Iterable[Decision]) -> dict[str, Any]:
    """Count rows by toggle: states, locks, reasons, and who syncs or why not."""
    toggles: dict[str, dict[str, Any]] = {}
    users: set[str | None] = set()
    for row in rows:
        users.add(row.user)
        found = toggles.setdefault(
            row.toggle,
            {"users": 0, "combinations": Counter(), "reasons": Counter(), "sync": Counter()},
        )
        found["users"] += 1
        found["combinations"][row.state.value, row.locked] += 1
        found["reasons"][row.reason.value] += 1
        if row.sync_reason is not None:
            found["sync"][row.sync_reason.value] += 1
    return {
        "users": len(users),
        "toggles": [_counted(key, found) for key, found in sorted(toggles.items())],
    }


def counted(
    rows: Iterable[tuple[str, str, bool, str, str | None, int]], users: int
) -> dict[str, Any]:
    """Return the same from counts: toggle, state, lock, reason, sync reason, and how many."""
    toggles: dict[str, dict[str, Any]] = {}
    for toggle, state, locked, reason, why, number in rows:
        found = toggles.setdefault(
            toggle,
            {"users": 0, "combinations": Counter(), "reasons": Counter(), "sync": Counter()},
        )
        found["users"] += number
        found["combinations"][state, locked] += number
        found["reasons"][reason] += number
        if why is not None:
            found["sync"][why] += number
    return {
        "users": users,
        "toggles": [_counted(key, found) for key, found in sorted(toggles.items())],
    }


def _counted(key: str, found: dict[str, Any]) -> dict[str, Any]:
    return {
        "toggle": key,
        "users": found["users"],
        "states": [
            {"state": state, "locked": locked, "users": number}
            for (state, locked), number in sorted(found["combinations"].items())
        ],
        "reasons": dict(sorted(found["reasons"].items())),
        "sync_reasons": dict(sorted(found["sync"].items())) or None,
    }
