"""Whether an edited file says what it should, and otherwise what it said before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.edit.spelling import at
from engine.read.normalise import setting as normalised
from engine.read.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.edit.place import Place
    from engine.model import Path, Setting
    from engine.read.document import Document


def is_as_meant(
    before: Sequence[Document], after: bytes, place: Place, goal: Setting | None
) -> bool:
    """Tell whether `after` declares `goal` at the place, and nothing else differs."""
    parsed = parse(after, place.file)
    if parsed.findings or len(parsed.documents) != len(before):
        return False
    try:
        now = setting_at(parsed.documents, place)
    except (LookupError, TypeError, AttributeError):
        return False  # the edit tore the entity apart
    others = (_others(documents, place) for documents in (before, parsed.documents))
    return now == goal and same(*others)


def setting_at(documents: Sequence[Document], place: Place) -> Setting | None:
    """Return the setting at a place of valid documents, if it is there."""
    toggles = at(documents[place.number].value, place.base).get("toggles", {})
    return normalised(toggles[place.toggle]) if place.toggle in toggles else None


def _others(documents: Iterable[Document], place: Place) -> list[Any]:
    """Return all values without the setting; `toggles` that would be empty count as absent."""
    values = [document.value for document in documents]
    values[place.number] = _without(values[place.number], place.way)
    return values


def _without(value: Any, path: Path) -> Any:
    """Return a copy without what stands at `path`: only what lies on the way is copied."""
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        entry = _without(value[int(step)], rest)
        return [*value[: int(step)], entry, *value[int(step) + 1 :]]
    kept = dict(value)
    inner = _without(value[step], rest) if rest and step in value else None
    if inner:
        kept[step] = inner
    else:
        kept.pop(step, None)
    return kept


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, their types and the order of keys included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
