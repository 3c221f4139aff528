"""TARGETs: which user, group or account a question is about."""

from __future__ import annotations

from engine.errors import QuestionError, UnknownTargetError
from engine.model import Account, Group, User
from engine.typed import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.model import PolicySet, Toggle

Target: TypeAlias = User | Group | Account
_MOST_COMPARED: Final = 20_000


def find(policies: PolicySet, word: str, *, account: str | None = None) -> Target:
    """Return what a TARGET names: an id, `user:ID`, `group:ID`, `account:ID` or `account`.

    `account` (--in) tells groups of one name apart. Raises UnknownTargetError for a name
    that isn't there, QuestionError for one that is ambiguous.
    """
    if account is not None and account not in policies.accounts:
        raise unknown("account", account, policies.accounts)
    scope, _, name = word.partition(":")
    if word == "account":
        return _sole_account(policies, account)
    if scope == "account" and name:
        if name not in policies.accounts:
            raise unknown("account", name, policies.accounts)
        if account not in {None, name}:
            raise UnknownTargetError(f"`account:{name}` is not the account `{account}`")
        return policies.accounts[name]
    if scope == "group" and name:
        return _group(policies, name, account)
    return _user(policies, name if scope == "user" and name else word, account)


def _sole_account(policies: PolicySet, account: str | None) -> Account:
    if account is not None:
        return policies.accounts[account]
    if len(policies.accounts) != 1:
        names = ", ".join(f"`account:{name}`" for name in sorted(policies.accounts))
        raise QuestionError("there are several accounts", hint=f"name one: {names}")
    return next(iter(policies.accounts.values()))


def _group(policies: PolicySet, name: str, account: str | None) -> Group:
    found = [
        policies.groups[owner, group_id]
        for owner, group_id in policies.groups
        if group_id == name and account in {None, owner}
    ]
    if len(found) > 1:
        owners = ", ".join(f"`--in {group.account}`" for group in found)
        raise QuestionError(f"several accounts have a group `{name}`", hint=f"add one of {owners}")
    if not found:
        others = sorted(owner for owner, group_id in policies.groups if group_id == name)
        if others:  # than the account that --in names
            there = ", ".join(f"`--in {owner}`" for owner in others)
            message = f"unknown group `{name}` in the account `{account}`"
            raise UnknownTargetError(message, hint=f"there is one with {there}")
        raise unknown("group", name, {group_id for _, group_id in policies.groups})
    return found[0]


def _user(policies: PolicySet, name: str, account: str | None) -> User:
    found = policies.users.get(name)
    if found is not None and account in {None, found.account}:
        return found
    if found is not None:
        message = f"the user `{name}` is in the account `{found.account}`, not `{account}`"
        raise UnknownTargetError(message)
    if any(group_id == name for _, group_id in policies.groups):
        raise UnknownTargetError(f"unknown user `{name}`", hint=f"did you mean `group:{name}`?")
    if name in policies.accounts:
        raise UnknownTargetError(f"unknown user `{name}`", hint=f"did you mean `account:{name}`?")
    raise unknown("user", name, policies.users)


def toggle_name(toggle: Toggle) -> str:
    """Return what a person calls a toggle: its title, else its key in plain words."""
    return toggle.title or toggle.key.replace("_", " ").strip().capitalize() or toggle.key


def find_toggle(policies: PolicySet, key: str) -> Toggle:
    """Return the catalogue's entry for a toggle key."""
    if key not in policies.toggles:
        raise unknown("toggle", key, policies.toggles)
    return policies.toggles[key]


def known_to_either(old: PolicySet, new: PolicySet, key: str) -> None:
    """Raise UnknownTargetError for a toggle that neither side of a comparison has."""
    known = {**old.toggles, **new.toggles}
    if key not in known:
        raise unknown("toggle", key, known)


def unknown(kind: str, name: str, known: Collection[str]) -> UnknownTargetError:
    """Return the error for a name that is not among the known ones, with the nearest of them."""
    near = nearest(name, known)
    if near is not None:
        hint = f"did you mean `{near}`?"
    elif len(known) > _MOST_COMPARED:
        hint = f"there are {len(known):,}, too many to look for one like it: is it spelled right?"
    elif len(known) <= 10:
        hint = f"known: {', '.join(f'`{k}`' for k in sorted(known))}" if known else "there is none"
    else:
        hint = f"none of the {len(known):,} known ones is near"
    return UnknownTargetError(f"unknown {kind} `{name}`", hint=hint)


def nearest(name: str, known: Collection[str]) -> str | None:
    """Return the known id that was most likely meant: one that only lacks what is behind its `@`.

    Among very many none is looked for: that would take longer than the answer.
    """
    from difflib import get_close_matches

    if len(known) > _MOST_COMPARED:
        return None
    whole = min((one for one in known if one.startswith(f"{name}@")), default=None)
    return whole or next(iter(get_close_matches(name, known, n=1)), None)
