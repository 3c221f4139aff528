"""What expectations and guardrails speak of is there."""

from __future__ import annotations

from engine.read.toggle_keys import toggle
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engine.model import Path
    from engine.read.check import Check
    from engine.read.entries import Entry


def assurances(check: Check) -> None:
    """Report toggles, users, groups and accounts that are not there."""
    everyone = {*check.index.users, *check.index.table_users}
    for kind in ("expectation", "guardrail"):
        for entry in check.entries.of(kind):
            toggle(check, entry, entry.value.get("toggle"), ("toggle",))
    for entry in check.entries.of("expectation"):
        _user(check, entry, entry.value.get("user"), ("user",), everyone)
    for entry in check.entries.of("guardrail"):
        who = entry.value.get("who")
        if isinstance(who, dict):
            for at, user in enumerate(who.get("users") or ()):
                _user(check, entry, user, ("who", "users", at), everyone)
            _who(check, entry, who)


def _who(check: Check, entry: Entry, who: dict[str, Sequence[str | None]]) -> None:
    groups = {g for members in check.index.groups.values() for g in members}
    for at, group in enumerate(who.get("groups") or ()):
        known = group in groups or group in check.index.everywhere
        if group is not None and not known and check.sure("group"):
            check.at(
                "unknown-group",
                f"no account has a group `{group}`",
                entry,
                ("who", "groups", at),
                check.hint(group, groups, "group"),
            )
    for at, account in enumerate(who.get("accounts") or ()):
        known = account in check.index.accounts or not check.index.accounts
        if account is not None and not known and check.sure("account"):
            check.at(
                "unknown-account",
                f"unknown account `{account}`",
                entry,
                ("who", "accounts", at),
                check.hint(account, check.index.accounts, "account"),
            )


def _user(check: Check, entry: Entry, user: str | None, path: Path, known: Collection[str]) -> None:
    if user is None or user in known or not check.sure("user"):
        return
    population = check.index.population
    if population is None or not population.has(user):
        hint = check.hint(user, known, "user")
        check.at("unknown-user", f"unknown user `{user}`", entry, path, hint)
