"""The one way in for text edits: bytes of a policy file to the bytes with one setting changed.

INVARIANT: an edit is given out only after it was parsed again: the setting then says what it
should, and every other value of every document is what it was. Nothing is ever dumped anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.edit import settings
from engine.edit.nodes import compose
from engine.edit.spelling import at, is_of_users, settings_in, style_of, word_for
from engine.edit.texts import line_start, spliced
from engine.edit.verify import is_as_meant, setting_at
from engine.errors import RefusedError
from engine.model import Location
from engine.read.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.edit.nodes import Composed, Node
    from engine.edit.place import Place
    from engine.edit.texts import Candidate
    from engine.model import Setting
    from engine.read.document import Document

MARK: Final = "\ufeff"
"""What some editors begin a file with; libyaml does not count it."""


def with_setting(data: bytes, place: Place, goal: Setting | None) -> bytes:
    """Return the file with the setting as `goal` says, and nothing else changed.

    Where it says so already, the bytes come back as they are. A note is kept, and `goal`'s is
    not looked at; None removes the setting. Raises RefusedError where that cannot be done
    without changing something else.
    """
    documents = parse(data, place.file).documents
    now = setting_at(documents, place)
    if goal is None:
        return data if now is None else _step(data, documents, place, None)
    if now is None:
        return _step(data, documents, place, goal._replace(note=None))
    if now.state is not goal.state:
        now = now._replace(state=goal.state)
        data = _step(data, documents, place, now)
        documents = []
    if now.locked is not goal.locked:
        documents = documents or parse(data, place.file).documents
        data = _step(data, documents, place, now._replace(locked=goal.locked))
    return data


def _step(data: bytes, before: Sequence[Document], place: Place, goal: Setting | None) -> bytes:
    """Remove or declare the setting, or change its state or its lock, one of the four.

    `before` are the documents of the file as it is.
    """
    text = data.decode("utf-8")
    mark = MARK if text.startswith(MARK) else ""
    text = text.removeprefix(MARK)
    composed = compose(text, place.number, place.way)
    entity = composed.at(place.base)
    for candidate in _ways(text, entity, before, place, goal):
        after = (mark + spliced(text, candidate)).encode()
        if is_as_meant(before, after, place, goal):
            return after
    raise _refusal(text, composed, before[place.number].value, place)


def _ways(
    text: str, entity: Node, before: Sequence[Document], place: Place, goal: Setting | None
) -> Iterator[Candidate]:
    now = setting_at(before, place)
    if goal is None:
        return settings.remove(text, entity, place.toggle)
    if now is None:
        word = word_for(goal.state, _spelling(before, place))
        new = settings.Declaration(place.toggle, word, locked=goal.locked)
        return settings.declare(text, entity, new)
    nodes = _nodes(entity, place)
    if len(nodes) < 2:
        return iter(())  # an alias stands in the way
    _, (key, node) = nodes
    wanted = "state" if now.state is not goal.state else "locked"
    inner = node.pair(wanted)
    if inner is None and wanted == "locked":
        return settings.lock(text, key, node)
    return settings.flip(text, inner[1] if inner else node)


def _nodes(entity: Node, place: Place) -> list[tuple[Node, Node]]:
    """Return the pairs on the way: that of `toggles`, and the setting's, as far as they are."""
    held = entity.pair("toggles")
    pair = held[1].pair(place.toggle) if held else None
    return [found for found in (held, pair) if found]


def _spelling(documents: Sequence[Document], place: Place) -> str:
    """Return how a new state is to be spelled: like the entity's others, else like the nearest.

    Users are looked at for users, accounts and groups for those. Where the file has none, a
    user's is `on` or `off`, the others' `enabled` or `disabled`.
    """
    own = documents[place.number].value
    of_users = is_of_users(own)
    alike = (d.value for d in documents if is_of_users(d.value) is of_users)
    nearby = (at(own, place.base), own, *alike)
    found = style_of(setting for value in nearby for setting in settings_in(value))
    return found or ("on" if of_users else "enabled")


# -- refusing -------------------------------------------------------------------------------


def _refusal(text: str, composed: Composed, value: Any, place: Place) -> RefusedError:
    """Say why none of the ways did what it should; `value` is the document's."""
    entity = composed.at(place.base)
    nodes = _nodes(entity, place)
    inner = nodes[-1][1].pairs if len(nodes) == 2 else []
    for key, node in (*nodes, *inner):
        if node.kind == "alias":
            where = _location(text, place.file, node.start)
            return RefusedError(
                f"`{key.text}` at {where} is an alias: what it stands for is not this one's alone",
                hint="write it out there by hand, then try again",
            )
    where = _location(text, place.file, nodes[-1][0].start if nodes else entity.start)
    if composed.shared:
        others = ", ".join(
            _whose(composed, value, index) + str(_location(text, place.file, index))
            for index in composed.shared
        )
        return RefusedError(
            f"an edit of `{place.toggle}` at {where} would also change the alias of {others}",
            hint="write the alias out by hand, then try again",
        )
    return RefusedError(
        f"`{place.toggle}` at {where} is written in a way that calsync does not edit",
        hint="edit it by hand; `calsync diff` shows what that does",
    )


def _whose(composed: Composed, value: Any, index: int) -> str:
    """Name the entry of a list of users that holds an alias."""
    users = composed.root.pair("users")
    for number, entry in enumerate(users[1].items if users else ()):
        if entry.begin <= index < entry.end:
            return f"`{value['users'][number]['id']}` at "
    return ""


def _location(text: str, file: str, index: int) -> Location:
    before = text[:index]
    line = 1 + before.count("\n") + before.count("\r") - before.count("\r\n")
    return Location(file, line, 1 + index - line_start(text, index))
