"""What a merge says of its own: the changes that do not follow from its parents.

A field follows where a parent has it as the merge has it, and the other parents have not
touched it since their common ancestors. Everything else somebody decided while merging: what
is unlike all parents, which of two changes won, and what was undone although one side alone had
changed it, as `git merge -s ours` does. No commit is read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.review.changes import ROWS, declared, rows_between

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.model import PolicySet
    from engine.review.changes import DeclaredChange

Ancestors: TypeAlias = "Callable[[int, int], Sequence[PolicySet]]"
"""The sets of the best common ancestors of two parents, by their places."""
_Entity: TypeAlias = tuple[object, ...]
_Field: TypeAlias = "tuple[str | None, str | None]"
_Key: TypeAlias = "tuple[_Entity, _Field]"
_WHOLE: Final[_Field] = (None, None)


class _Touched(NamedTuple):
    """What differs between two sets: fields by entity, and users by the change of their table."""

    fields: dict[_Entity, set[_Field]]
    rows: dict[_Key, set[str]]

    def has(self, entity: _Entity, field: _Field) -> bool:
        """Tell whether the field differs, or the entity is on one side only."""
        found = self.fields.get(entity, ())
        return field in found or _WHOLE in found


def own_changes(
    parents: Sequence[PolicySet], now: PolicySet, ancestors: Ancestors
) -> list[tuple[int, DeclaredChange]]:
    """Return what a merge changes by itself, each with the place of the parent it is a change to.

    With one parent, these are all changes. Of a change to several parents the first counts.
    """
    changes = [declared(parent, now) for parent in parents]
    if len(parents) < 2:
        return [(0, change) for change in changes[0]]
    merge = _Merge(parents, now, changes, ancestors)
    found: dict[_Key, tuple[int, DeclaredChange]] = {}
    for place, some in enumerate(changes):
        for change in some:
            if merge.is_own(place, change):
                found.setdefault((_entity(change), _field(change)), (place, change))
    return list(found.values())


class _Merge:
    def __init__(
        self,
        parents: Sequence[PolicySet],
        now: PolicySet,
        changes: Sequence[Sequence[DeclaredChange]],
        ancestors: Ancestors,
    ) -> None:
        self.parents = parents
        self.touched = [
            _touched(parent, now, some) for parent, some in zip(parents, changes, strict=True)
        ]
        self.since: dict[tuple[int, int], list[_Touched]] = {}
        self.ancestors = ancestors

    def is_own(self, place: int, change: DeclaredChange) -> bool:
        """Tell whether a change to a parent does not follow from another one."""
        entity, field = _entity(change), _field(change)
        if change.kind != "directory" or (entity, field) not in self.touched[place].rows:
            leaves = change.is_whole and change.action == "removed"
            return not self._follows(place, entity, field, leaves=leaves)
        in_user = _WHOLE if field == (None, ROWS) else field
        return not all(
            self._follows(place, ("user", user), in_user, leaves=True)
            for user in self.touched[place].rows[entity, field]
        )

    def _follows(self, place: int, entity: _Entity, field: _Field, *, leaves: bool) -> bool:
        """Tell whether a parent has the field so, and the one at `place` has not touched it.

        What `leaves` as a whole would take along whatever was touched in it.
        """
        return any(
            not self.touched[other].has(entity, field)
            and not any(
                one.has(entity, field) or (leaves and field == _WHOLE and entity in one.fields)
                for one in self._since(place, other)
            )
            for other in range(len(self.parents))
            if other != place
        )

    def _since(self, place: int, other: int) -> list[_Touched]:
        """Return what the parent at `place` has changed since it and another went their ways."""
        if (place, other) not in self.since:
            parent = self.parents[place]
            self.since[place, other] = [
                _touched(base, parent, declared(base, parent))
                for base in self.ancestors(place, other)
            ]
        return self.since[place, other]


def _touched(old: PolicySet, new: PolicySet, changes: Sequence[DeclaredChange]) -> _Touched:
    found = _Touched({}, {})
    for change in changes:
        found.fields.setdefault(_entity(change), set()).add(_field(change))
    if any(change.kind == "directory" for change in changes):
        for at, field, users in rows_between(old, new):
            found.rows.setdefault((("directory", *at), field), set()).update(users)
            in_user = _WHOLE if field == (None, ROWS) else field
            for user in users:
                found.fields.setdefault(("user", user), set()).add(in_user)
    return found


def _entity(change: DeclaredChange) -> _Entity:
    """Return what a change is about; a user is the same one in another account."""
    if change.kind == "user":
        return ("user", change.scope_id)
    return (change.kind, change.account, change.scope_id)


def _field(change: DeclaredChange) -> _Field:
    return (change.toggle, change.field)
