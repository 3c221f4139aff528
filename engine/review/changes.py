"""Declared changes: what differs between two policy sets, field by field (SPEC §4).

The unit is one field of one entity. Values are compared after normalisation, so moved,
reformatted or reordered text is no change. What a change does to decisions is not known here.
"""

from __future__ import annotations

from collections import defaultdict

from engine.read.people import People
from engine.review.fields import FIELDS, Keyed, fields_of, keyed, place
from engine.shapes import dataclass, replace
from engine.typed import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.model import Location, PolicySet, User

Home: TypeAlias = tuple[str, str]
"""The account and the source of a directory."""

ROWS: Final = "users"
"""The field of a directory whose rows came or went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredChange:
    """One field of one entity that differs; `field` and `toggle` are None where it came or went.

    `kind` is account, group, user, directory, toggle, role, expectation or guardrail. `old` and
    `new` have the shape that JSON gives them (a setting is a mapping with `state` and, above
    users, `locked`; lists are ordered tuples) and are None where nothing is declared. A
    directory's change counts in `users` the people whose rows it stands for; for every other
    kind that is None. Where a value is filled in and not written, its place is the entity's.
    """

    id: int = 0
    action: str
    kind: str
    account: str | None
    scope_id: str | None
    toggle: str | None = None
    field: str | None = None
    old: Any = None
    new: Any = None
    old_location: Location | None = None
    new_location: Location | None = None
    users: int | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether the entity itself came or went."""
        return self.field is None


class _Subject(NamedTuple):
    """The entity that a change is about."""

    kind: str
    account: str | None
    scope_id: str | None


def declared(old: PolicySet, new: PolicySet) -> list[DeclaredChange]:
    """Return the declared changes from one set to another, with ids from 1 in SPEC's order."""
    found: list[DeclaredChange] = []
    for kind in FIELDS:
        if kind != "user":
            for key, before, after in _between(keyed(kind, old), keyed(kind, new)):
                found.extend(_of_entity(_subject(kind, key, after or before), before, after))
    found.extend(_of_users(old, new, found))
    found.extend(_of_owners(old, new))
    found.sort(key=_rank)
    return [replace(change, id=number) for number, change in enumerate(found, 1)]


def home(old: User | None, new: User | None) -> Home | None:
    """Return the directory that answers for a user: the one that declares, or declared it last."""
    user = new or old
    return None if user is None or user.directory is None else (user.account, user.directory)


def each_user(old: PolicySet, new: PolicySet) -> Iterator[tuple[str, User | None, User | None]]:
    """Yield the id of each user who may differ, as they were and are; None where they aren't."""
    for names, before, after in users_between(old.users, new.users):
        for name in names:
            yield name, _as(before, name), _as(after, name)


def _as(user: User | None, name: str) -> User | None:
    """Return somebody of the same profile by their own id."""
    return user if user is None or user.id == name else replace(user, id=name)


def rows_between(
    old: PolicySet, new: PolicySet
) -> Iterator[tuple[Home, tuple[str | None, str], Sequence[str]]]:
    """Yield what the changes of directories stand for: directory, toggle and field, and users."""
    for users, before, after in users_between(old.users, new.users):
        at = home(before, after)
        if at is None:
            continue
        if before is None or after is None:
            yield at, (None, ROWS), users
        else:
            for toggle, field, *_ in _differences("user", before, after):
                yield at, (toggle, field), users


def _between(old: Keyed, new: Keyed) -> Iterator[tuple[Any, Any, Any]]:
    """Yield key, old and new of each entity that may differ: None where it is not."""
    for key, before in old.items():
        after = new.get(key)
        if before is not after and before != after:
            yield key, before, after
    for key, after in new.items():
        if key not in old:
            yield key, None, after


def _differences(kind: str, old: Any, new: Any) -> Iterator[tuple[str | None, str, Any, Any]]:
    """Yield toggle, field, old and new value of each field of an entity that differs."""
    before, after = fields_of(kind, old), fields_of(kind, new)
    for toggle, field in {**before, **after}:
        values = before.get((toggle, field)), after.get((toggle, field))
        if values[0] != values[1]:
            yield toggle, field, *values


def _of_entity(subject: _Subject, old: Any, new: Any) -> Iterator[DeclaredChange]:
    kind = subject.kind
    if old is None or new is None:
        change = DeclaredChange(
            action=_action(old, new),
            **subject._asdict(),
            old_location=place(kind, old),
            new_location=place(kind, new),
            users=0 if kind == "directory" else None,
        )
        yield change
        return
    for toggle, field, before, after in _differences(kind, old, new):
        yield DeclaredChange(
            action=_action(before, after),
            **subject._asdict(),
            toggle=toggle,
            field=field,
            old=before,
            new=after,
            old_location=None if before is None else place(kind, old, toggle, field),
            new_location=None if after is None else place(kind, new, toggle, field),
            users=0 if kind == "directory" else None,
        )


def _subject(kind: str, key: Any, entity: Any) -> _Subject:
    if kind in {"group", "directory"}:
        return _Subject(kind, *key)
    account = {"account": key, "user": getattr(entity, "account", None)}.get(kind)
    return _Subject(kind, account, key)


def _action(old: object, new: object) -> str:
    return "added" if old is None else "removed" if new is None else "changed"


def _of_owners(old: PolicySet, new: PolicySet) -> Iterator[DeclaredChange]:
    """Yield the change of the owners: one list, absent being the empty one."""
    before, after = (tuple(sorted(policies.owners)) for policies in (old, new))
    if before != after:
        yield DeclaredChange(
            action="changed",
            **_Subject("role", None, None)._asdict(),
            field="owners",
            old=before,
            new=after,
            old_location=_owners(old),
            new_location=_owners(new),
        )


def _owners(policies: PolicySet) -> Location | None:
    origin = policies.owners_origin
    return origin.locate(("owners",), key=True) if origin else None


# -- users, in YAML and in tables ----------------------------------------------------------------


def _of_users(
    old: PolicySet, new: PolicySet, found: list[DeclaredChange]
) -> Iterator[DeclaredChange]:
    """Yield the changes of users; those of tables folded into one per directory and field.

    Users who come or go with their directory belong to the change that brings it or takes it
    away, which is counted up in `found`.
    """
    whole = {
        (change.account, change.scope_id): at
        for at, change in enumerate(found)
        if change.kind == "directory" and change.is_whole
    }
    came = dict.fromkeys(whole.values(), 0)
    folds: _Folds = defaultdict(list)
    for users, before, after in users_between(old.users, new.users):
        at = home(before, after)
        if at is None:
            yield from _of_entity(_subject("user", users[0], after or before), before, after)
        elif before and after:
            for toggle, field, *values in _differences("user", before, after):
                folds[at, toggle, field] += [_action(*values)] * len(users)
        elif at in whole:
            came[whole[at]] += len(users)
        else:
            folds[at, None, ROWS] += [_action(before, after)] * len(users)
    for number, counted in came.items():
        found[number] = replace(found[number], users=counted)
    yield from _folded(folds, old, new)


def users_between(
    old: Mapping[str, User], new: Mapping[str, User]
) -> Iterator[tuple[Sequence[str], User | None, User | None]]:
    """Yield users who may differ; those of large tables as many at once as are alike."""
    if isinstance(old, People) or isinstance(new, People):
        from engine.review.pairs import pairs

        yield from (pair for pair in pairs(old, new) if pair.old != pair.new)
    else:
        for user, before, after in _between(old, new):
            yield (user,), before, after


_Folds: TypeAlias = "dict[tuple[Home, str | None, str], list[str]]"


def _folded(folds: _Folds, old: PolicySet, new: PolicySet) -> Iterator[DeclaredChange]:
    before, after = keyed("directory", old), keyed("directory", new)
    for (at, toggle, field), actions in folds.items():
        yield DeclaredChange(
            action=actions[0] if len(set(actions)) == 1 else "changed",
            **_Subject("directory", *at)._asdict(),
            toggle=toggle,
            field=field,
            old_location=place("directory", before.get(at)),
            new_location=place("directory", after.get(at)),
            users=len(actions),
        )


def _rank(change: DeclaredChange) -> tuple[Any, ...]:
    """Order by kind, account, scope_id, toggle, field, null first."""
    names = (change.account, change.scope_id, change.toggle, change.field)
    return (_ORDER[change.kind], *((name is not None, name or "") for name in names))


_ORDER: Final = {kind: at for at, kind in enumerate(FIELDS)}
