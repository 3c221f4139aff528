"""A user who is declared nowhere yet: the entry that a file gets for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.edit.nodes import compose
from engine.edit.rewrite import MARK
from engine.edit.settings import Declaration, below_value, is_quoted
from engine.edit.spelling import is_of_users, scalar, settings_in, style_of, word_for
from engine.edit.texts import Splice, at_line, spliced
from engine.edit.verify import same
from engine.errors import RefusedError
from engine.read.normalise import state as normalised
from engine.read.parse import parse
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.edit.nodes import Node
    from engine.edit.texts import Candidate
    from engine.model import State
    from engine.read.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A user to be declared. `account` is None where the set has one account only."""

    id: str
    account: str | None
    toggle: str
    state: State


def with_user(data: bytes, file: str, new: Newcomer) -> bytes:
    """Return the file with an entry for the user: in its last list of users, else at its end.

    An empty file becomes one document. Raises RefusedError where the file's text takes none.
    """
    text = data.decode("utf-8")
    mark = MARK if text.startswith(MARK) else ""
    text = text.removeprefix(MARK)
    before = parse(data, file).documents
    alike = (document.value for document in before if is_of_users(document.value))
    like = style_of(setting for value in alike for setting in settings_in(value))
    word = word_for(new.state, like or "on")
    for candidate in _ways(text, before, new, word):
        after = (mark + spliced(text, candidate)).encode()
        if _is_as_meant(before, after, file, new):
            return after
    raise RefusedError(
        f"`{file}` is written in a way that calsync adds no user to",
        hint="name another file with --file, or add the user by hand",
    )


def _ways(
    text: str, documents: Sequence[Document], new: Newcomer, word: str
) -> Iterator[Candidate]:
    for number in reversed(range(len(documents))):
        if is_list_for(documents[number], new.account):
            yield from _in_list(text, number, documents[number], new, word)
            break
    lines = [*(["---"] if documents else []), "kind: user", *_block(new, word, new.account)]
    yield (at_line(text, len(text), lines),)


def is_list_for(document: Document, account: str | None) -> bool:
    """Tell whether a document is a list that users of an account may be added to."""
    value = document.value
    of = value.get("account")
    return value["kind"] == "users" and (of is None or account is None or of == account)


def _in_list(
    text: str, number: int, document: Document, new: Newcomer, word: str
) -> Iterator[Candidate]:
    entries = document.value["users"]
    path = ("users", len(entries) - 1) if entries else ("users",)
    found = compose(text, number, path).root.pair("users")
    account = new.account if "account" not in document.value else None
    if found is None or found[1].kind != "sequence":
        return
    users = found[1]
    last = users.items[-1] if users.items else None
    flow = _flow(new, word, account, like=last)
    if last is None:
        yield (Splice(users.start + 1, users.start + 1, flow),)
    elif not users.is_block:
        yield (Splice(last.end, last.end, f", {flow}"),)
    else:
        dash = " " * users.column
        lines = [f"{dash}- {flow}"]
        if last.is_block:
            first, *rest = _block(new, word, account)
            lines = [f"{dash}- {first}", *(f"{dash}  {line}" for line in rest)]
        yield from below_value(text, last, lines)


def _block(new: Newcomer, word: str, account: str | None) -> list[str]:
    whose = [] if account is None else [f"account: {scalar(account)}"]
    pair = Declaration(new.toggle, word, locked=False).pair(quoted=False)
    return [f"id: {scalar(new.id)}", *whose, "toggles:", f"  {pair}"]


def _flow(new: Newcomer, word: str, account: str | None, *, like: Node | None) -> str:
    quoted = like is not None and is_quoted(like)
    whose = {} if account is None else {"account": scalar(account, quoted=quoted)}
    pair = Declaration(new.toggle, word, locked=False).pair(quoted=quoted)
    parts = {"id": scalar(new.id, quoted=quoted), **whose, "toggles": f"{{{pair}}}"}
    text = ", ".join(f"{scalar(key, quoted=quoted)}: {part}" for key, part in parts.items())
    return f"{{{text}}}"


def _is_as_meant(before: Sequence[Document], after: bytes, file: str, new: Newcomer) -> bool:
    """Tell whether `after` has the user as its last document or as one more entry of a list."""
    parsed = parse(after, file)
    if parsed.findings:
        return False
    values = [document.value for document in before]
    found = [document.value for document in parsed.documents]
    if len(found) == len(values) + 1:
        return same(found[:-1], values) and _is(found[-1], new, found[-1].get("account"))
    for number, (one, other) in enumerate(zip(values, found, strict=True)):
        if not same(one, other):
            entry = other["users"][-1]
            account = entry.get("account", other.get("account"))
            whole = [*values[:number], {**one, "users": [*one["users"], entry]}]
            return same(found, [*whole, *values[number + 1 :]]) and _is(entry, new, account)
    return False


def _is(entry: Any, new: Newcomer, account: str | None) -> bool:
    toggles = entry.get("toggles", {})
    return (
        entry["id"] == new.id
        and set(entry) <= {"kind", "id", "account", "toggles"}
        and account in {None if new.account is None else account, new.account}
        and list(toggles) == [new.toggle]
        and normalised(toggles[new.toggle]) is new.state
    )
