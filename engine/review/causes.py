"""Causes: which declared changes altered a decision, counterfactually (SPEC §4, *Causes*).

A cause is a change whose reversal alone, in the new set, alters the new decision; where there
is none, one that alone alters the old; where there is none either, every change that the
decision may read. Sets are never copied: a decision reads so little of a set that the few
entities it reads make a set of their own, in which one of them is exchanged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from engine.decide.decisions import decide, decide_account, decide_group
from engine.decide.sync import required
from engine.model import NOTHING, Group, PolicySet, User
from engine.review.changes import ROWS, DeclaredChange, Home, home
from engine.shapes import replace
from engine.typed import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from engine.model import Account, Decision, Settings, Toggle

Own: TypeAlias = tuple[str | None, str]
"""A change of the user's own, by toggle and field: it has another id for each user."""
Cause: TypeAlias = "DeclaredChange | Own"

READ: Final = frozenset(
    {
        None,
        "setting",
        "groups",
        "primary_group",
        "calendars",
        "priority",
        "group_resolution",
        "account",
        "default",
        "requires",
        "supported_calendars",
    }
)
"""The fields that decisions read; None is an entity that came or went."""


class World(NamedTuple):
    """What a decision reads of a set: few entities, and for a user's decision the user."""

    accounts: Mapping[str, Account]
    groups: Mapping[tuple[str, str], Group]
    toggles: Mapping[str, Toggle]
    user: User | None = None

    def set(self) -> PolicySet:
        """Return the world as a policy set."""
        return PolicySet(accounts=self.accounts, groups=self.groups, toggles=self.toggles)


Decide: TypeAlias = Callable[[World], "Decision"]


def outcome(row: Decision) -> tuple[object, ...]:
    """Return what makes a row *changed* where it differs."""
    return row.state, row.locked, row.sync


def provenance(row: Decision) -> tuple[object, ...]:
    """Return the outcome with its reason and source."""
    return (*outcome(row), row.reason, row.source_scope, row.source_id)


class Causes:
    """The causes of differing decisions between two sets, and who is concerned by which change."""

    def __init__(self, old: PolicySet, new: PolicySet, changes: Iterable[DeclaredChange]) -> None:
        self.old = old
        self.new = new
        self._read: dict[tuple[str, object], list[DeclaredChange]] = {}
        self._own: dict[str, dict[Own, int]] = defaultdict(dict)
        self._folds: dict[Home, dict[Own, int]] = defaultdict(dict)
        self._closures: dict[str, frozenset[str]] = {}
        for change in changes:
            name = str(change.scope_id)
            if change.kind == "user":
                self._own[name][change.toggle, change.field or ROWS] = change.id
            elif change.kind == "directory":
                at = (str(change.account), name)
                self._folds[at][change.toggle, change.field or ROWS] = change.id
            elif change.field in READ:
                key = (change.account, name) if change.kind == "group" else name
                self._read.setdefault((change.kind, key), []).append(change)
        self._any_toggle = any(kind == "toggle" for kind, _ in self._read)

    # -- the three scopes ------------------------------------------------------------------

    def of_user(self, old: User, new: User, toggle: str) -> tuple[int, ...]:
        """Return the ids of the causes of a row of a user who is on both sides."""
        return self.ids(self.of_profile(old, new, toggle), old, new)

    def of_group(self, key: tuple[str, str], toggle: str) -> tuple[int, ...]:
        """Return the causes of a differing decision of a group itself (R10), on both sides."""
        concerned = [*self._on("group", key), *self._on("account", key[0])]

        def decision(world: World) -> Decision:
            return decide_group(world.set(), world.groups[key], toggle)

        worlds = [
            World(_some(side.accounts, key[:1]), _some(side.groups, [key]), side.toggles)
            for side in (self.old, self.new)
        ]
        return self._ids_of(concerned, toggle, worlds, decision)

    def of_account(self, account: str, toggle: str) -> tuple[int, ...]:
        """Return the causes of a differing decision of an account itself (R10), on both sides."""

        def decision(world: World) -> Decision:
            return decide_account(world.set(), account, toggle)

        worlds = [
            World(_some(side.accounts, [account]), NOTHING, side.toggles)
            for side in (self.old, self.new)
        ]
        return self._ids_of(self._on("account", account), toggle, worlds, decision)

    # -- by profile ------------------------------------------------------------------------

    def of_profile(self, old: User, new: User, toggle: str) -> tuple[Cause, ...]:
        """Return the causes that all users share who have the profiles of `old` and `new`.

        What the user declares stands in it by toggle and field; `ids` turns it into ids.
        """
        worlds = [_world(side, old, new) for side in (self.old, self.new)]

        worlds = [worlds[0]._replace(user=old), worlds[1]._replace(user=new)]

        def decision(world: World) -> Decision:
            return decide(world.set(), world.user or new, toggle)

        return _searched(self.concerning(old, new, toggle), worlds, decision)

    def concerning(self, old: User, new: User, toggle: str) -> list[Cause]:
        """Return every change, in a field that decisions read, that the two rows may read.

        Without one, the two rows are the same.
        """
        found: list[Cause] = [*self._of_toggles(toggle)]
        toggles = self._closure(toggle)
        above = self._above(old, new)
        found += [one for one in above if one.field != "setting" or one.toggle in toggles]
        found += [own for own in _own_changes(old, new) if own[0] is None or own[0] in toggles]
        return found

    def concerns_nothing(self, old: User, new: User) -> bool:
        """Tell whether no change can alter any row of users with these profiles."""
        if self._any_toggle or (old is not new and any(_own_changes(old, new))):
            return False
        return not any(self._touched(user) for user in ((old,) if old is new else (old, new)))

    def ids(self, found: Iterable[Cause], old: User | None, new: User | None) -> tuple[int, ...]:
        """Return the ids of causes for one user, in order."""
        user = new or old
        if user is None:
            return ()
        at = home(old, new)
        own = self._own.get(user.id, NOTHING) if at is None else self._folds.get(at, NOTHING)
        return tuple(sorted(c.id if isinstance(c, DeclaredChange) else own[c] for c in found))

    def _on(self, kind: str, key: object) -> list[DeclaredChange]:
        return self._read.get((kind, key), [])

    def _touched(self, user: User) -> bool:
        account, read = user.account, self._read
        if ("account", account) in read:
            return True
        return any(("group", (account, group)) in read for group in user.groups)

    def _above(self, old: User, new: User) -> list[DeclaredChange]:
        found: dict[int, DeclaredChange] = {}
        for user in (old,) if old is new else (old, new):
            found.update((one.id, one) for one in self._on("account", user.account))
            for group in user.groups:
                found.update((one.id, one) for one in self._on("group", (user.account, group)))
        return list(found.values())

    def _of_toggles(self, toggle: str) -> list[DeclaredChange]:
        return [one for key in self._closure(toggle) for one in self._on("toggle", key)]

    def _closure(self, toggle: str) -> frozenset[str]:
        """Return the toggles concerned: the row's own and those it requires, in either set."""
        found = self._closures.get(toggle)
        if found is None:
            sides = [s.toggles for s in (self.old, self.new) if toggle in s.toggles]
            found = frozenset({toggle}.union(*(required(side, toggle) for side in sides)))
            self._closures[toggle] = found
        return found

    def _ids_of(
        self, above: Iterable[DeclaredChange], toggle: str, worlds: list[World], decision: Decide
    ) -> tuple[int, ...]:
        toggles = self._closure(toggle)
        concerned = [
            *self._of_toggles(toggle),
            *(one for one in above if one.field != "setting" or one.toggle in toggles),
        ]
        found = _searched(concerned, worlds, decision)
        return tuple(sorted(one.id for one in found if isinstance(one, DeclaredChange)))


def _searched(
    concerned: Iterable[Cause], worlds: list[World], decision: Decide
) -> tuple[Cause, ...]:
    """Return the causes among the changes that the decisions in two worlds may read."""
    old, new = worlds
    before, after = decision(old), decision(new)
    look = outcome if outcome(before) != outcome(after) else provenance
    candidates = tuple(concerned)
    for into, origin, now in ((new, old, look(after)), (old, new, look(before))):
        found = tuple(c for c in candidates if look(decision(carried(c, into, origin))) != now)
        if found:
            return found
    return candidates


# -- half-way worlds -----------------------------------------------------------------------------


def carried(cause: Cause, into: World, origin: World) -> World:
    """Return a world in which what one change touches stands as it does in `origin`.

    Into the new world from the old one that is the change's reversal, the other way round the
    change applied alone. All else stays, however half-way that is.
    """
    if not isinstance(cause, DeclaredChange):
        if into.user is None or origin.user is None:
            return into
        return into._replace(user=_with_field(into.user, origin.user, *cause))
    kind, key = cause.kind, cause.scope_id
    whole: Any = (cause.account, key) if kind == "group" else key
    here, there = (getattr(world, f"{kind}s") for world in (into, origin))
    entities = dict(here)
    if whole not in there:
        entities.pop(whole, None)
    elif cause.field is None or whole not in here:
        entities[whole] = there[whole]
    else:
        entities[whole] = _with_field(here[whole], there[whole], cause.toggle, cause.field)
    changed: dict[str, Any] = {f"{kind}s": entities}
    return into._replace(**changed)


def _with_field(here: Any, there: Any, toggle: str | None, field: str) -> Any:
    """Return an entity with one field or setting of another."""
    if toggle is None:
        return replace(here, **{field: getattr(there, field)})
    settings: dict[str, Any] = dict(here.settings)
    settings.pop(toggle, None)
    if toggle in there.settings:
        settings[toggle] = there.settings[toggle]
    return replace(here, settings=settings)


def _world(policies: PolicySet, old: User, new: User) -> World:
    """Return what rows of a user may read of a set, also half-way from one user to the other."""
    accounts = {old.account, new.account}
    groups = {*old.groups, *new.groups}
    keys = [(account, group) for account in accounts for group in groups]
    return World(_some(policies.accounts, accounts), _some(policies.groups, keys), policies.toggles)


def _some(entities: Mapping[Any, Any], keys: Iterable[Any]) -> dict[Any, Any]:
    return {key: entities[key] for key in keys if key in entities}


def _own_changes(old: User, new: User) -> Iterable[Own]:
    """Yield what differs, in fields that decisions read, between what two users declare."""
    if old.account != new.account:
        yield None, "account"
    if set(old.groups) != set(new.groups):
        yield None, "groups"
    if old.primary_group != new.primary_group:
        yield None, "primary_group"
    if _as_set(old.calendars) != _as_set(new.calendars):
        yield None, "calendars"
    for toggle in {**old.settings, **new.settings}:
        if _state(old.settings, toggle) != _state(new.settings, toggle):
            yield toggle, "setting"


def _as_set(values: Iterable[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def _state(settings: Settings, toggle: str) -> object:
    return settings[toggle].state if toggle in settings else None
