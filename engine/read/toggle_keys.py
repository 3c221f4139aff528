"""Toggles that are spoken of are in the catalogue, and none requires itself."""

from __future__ import annotations

from engine.read.cycles import cycles, written_requires
from engine.read.written import toggles_named
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.model import Path
    from engine.read.check import Check
    from engine.read.entries import Entry


def toggle_keys(check: Check) -> None:
    """Report toggles of settings, and of `requires`, that no catalogue has."""
    if not check.sure("toggle"):
        return
    for kind in ("account", "group", "user"):
        for entry in check.entries.of(kind):
            for key in toggles_named(entry):
                if key not in check.index.toggles:
                    path = ("toggles", key)
                    check.add(
                        "unknown-toggle",
                        f"unknown toggle `{key}`",
                        entry.part.locate(path, key=True),
                        check.hint(key, check.index.toggles, "toggle"),
                        pointer=entry.part.pointer(path),
                    )
    for entry in check.entries.of("toggle"):
        for at, key in enumerate(entry.value.get("requires") or ()):
            toggle(check, entry, key, ("requires", at))


def toggle(check: Check, entry: Entry, key: str | None, path: Path) -> None:
    """Report a toggle that an entry names and no catalogue has."""
    if key is not None and key not in check.index.toggles and check.sure("toggle"):
        check.at(
            "unknown-toggle",
            f"unknown toggle `{key}`",
            entry,
            path,
            check.hint(key, check.index.toggles, "toggle"),
        )


def circles(check: Check) -> None:
    """Report toggles that require each other, or themselves."""
    written = written_requires(check.entries.of("toggle"))
    for cycle in cycles(check.index.toggles, written):
        smallest = min((key for key in cycle if key in written), default=None)
        if smallest is not None:
            names = " and ".join(f"`{key}`" for key in sorted(cycle))
            several = f"the toggles {names} require each other"
            check.at(
                "requires-cycle",
                several if len(cycle) > 1 else f"the toggle {names} requires itself",
                written[smallest],
                ("requires",),
                "leave one of them out of `requires`",
            )
