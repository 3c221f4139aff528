"""TARGETs over time: what a word may have meant at each commit, and what it means in the end.

A target that is gone can still be asked about, so the words of `engine.review.targets` are
read here against a whole history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.errors import QuestionError, UnknownTargetError
from engine.model import Scope
from engine.review.targets import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from engine.history.state import State
    from engine.read.entries import Entry
    from engine.read.tables import TableUser


class Subject(NamedTuple):
    """Somebody or something that decisions are about; `account` is set for a group only."""

    scope: Scope
    id: str
    account: str | None = None


class Parts(NamedTuple):
    """What a subject's decision reads of a set, the accounts and the catalogue aside."""

    entries: tuple[Entry, ...]
    rows: tuple[TableUser, ...]
    account: str
    groups: tuple[str, ...]

    def is_same(self, other: Parts) -> bool:
        """Tell whether these are the very same parts, so that nothing can have changed."""
        mine, others = (*self.entries, *self.rows), (*other.entries, *other.rows)
        return len(mine) == len(others) and all(a is b for a, b in zip(mine, others, strict=True))


class Word(NamedTuple):
    """A TARGET as given, taken apart; `id` is None for `account`, the only one there is."""

    given: str
    scope: Scope
    id: str | None
    account: str | None


def word(given: str, account: str | None) -> Word:
    """Take a TARGET apart; `account` is --in."""
    scope, _, name = given.partition(":")
    if given == "account":
        return Word(given, Scope.ACCOUNT, account, None)
    if name and scope in {Scope.ACCOUNT, Scope.GROUP, Scope.USER}:
        return Word(given, Scope(scope), name, account)
    return Word(given, Scope.USER, given, account)


def subjects(asked: Word, state: State) -> Iterator[Subject]:
    """Yield what a TARGET may mean in a valid set."""
    ledger = state.ledger
    if asked.scope is Scope.USER:
        if ledger.holder(("user", str(asked.id))):
            yield Subject(Scope.USER, str(asked.id))
        return
    accounts = [str(entry.id) for entry in state.few("account")]
    if asked.scope is Scope.ACCOUNT:
        meant = {asked.id, asked.account} - {None}
        yield from (Subject(Scope.ACCOUNT, a) for a in accounts if meant <= {a})
        return
    for account in accounts:
        named = ledger.holder(("group", account, str(asked.id)))
        if named and asked.account in {None, account}:
            yield Subject(Scope.GROUP, str(asked.id), account)


def parts_of(subject: Subject, state: State) -> Parts:
    """Return what the decision of a subject, which exists, reads."""
    if subject.scope is Scope.ACCOUNT:
        return Parts((), (), subject.id, ())
    if subject.scope is Scope.GROUP:
        account = str(subject.account)
        entry = state.ledger.holder(("group", account, subject.id))
        return Parts((entry,), (), account, (subject.id,))
    held = state.ledger.holder(("user", subject.id))
    in_table = hasattr(held, "row")
    account = state.account_of(held.directory if in_table else held)
    groups = tuple(held.value.get("groups") or ())
    entries = groups_at(state, {account}, groups)
    return Parts(
        entries if in_table else (*entries, held), (held,) if in_table else (), account, groups
    )


def groups_at(
    state: State, accounts: Collection[str], groups: Collection[str]
) -> tuple[Entry, ...]:
    """Return the groups of these names, as far as the accounts have them."""
    keys = [("group", account, group) for account in sorted(accounts) for group in groups]
    found = (state.ledger.holder(key) for key in keys)
    return tuple(entry for entry in found if entry is not None)


def chosen(
    asked: Word, ever: Collection[Subject], now: Collection[Subject], state: State
) -> Subject:
    """Return the one subject that a TARGET means: one that is there now before one that is gone.

    Raises UnknownTargetError where there never was one, QuestionError where there are several.
    """
    pool = list(now or ever)
    if not pool:
        raise _unknown(asked, state)
    if len(pool) == 1:
        return pool[0]
    if asked.scope is Scope.ACCOUNT:
        names = ", ".join(f"`account:{subject.id}`" for subject in sorted(pool))
        raise QuestionError("there are several accounts", hint=f"name one: {names}")
    owners = ", ".join(f"`--in {subject.account}`" for subject in sorted(pool))
    message = f"several accounts have, or had, a group `{asked.id}`"
    raise QuestionError(message, hint=f"add one of {owners}")


def _unknown(asked: Word, state: State) -> UnknownTargetError:
    """Say that a target never existed, and which one of today is near."""
    article = "an" if asked.scope is Scope.ACCOUNT else "a"
    shown = f"{article} {asked.scope.value}" + (f" `{asked.id}`" if asked.id else "")
    where = f" in the account `{asked.account}`" if asked.account else ""
    holders = state.ledger.holders
    known = sorted({name[-1] for name in holders if name[0] == asked.scope.value})
    near = nearest(str(asked.id), known)
    if near is not None:
        hint = f"did you mean `{near}`?"
    elif asked.scope is Scope.USER and ("somewhere", str(asked.id)) in holders:
        hint = f"did you mean `group:{asked.id}`?"
    elif asked.scope is Scope.USER and ("account", str(asked.id)) in holders:
        hint = f"did you mean `account:{asked.id}`?"
    else:
        hint = "no commit of this history declares it"
    return UnknownTargetError(f"there never was {shown}{where}", hint=hint)
