"""Why somebody is affected, in words: what a declared change says now, and where.

A change of the user's own is told by what changed in it, so that all who joined one group have
one reason.
"""

from __future__ import annotations

from engine.model import Scope, State
from engine.review.explanation import on_or_off
from engine.review.fields import place
from engine.review.phrases import Sentence, Word, at, called, listed, noun, say
from engine.review.targets import toggle_name
from engine.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from engine.model import Decision, Location, PolicySet, Toggle, User
    from engine.review.causes import Own
    from engine.review.changes import DeclaredChange


class Reason(NamedTuple):
    """A reason that people share.

    `own` is what changed of the users' own, so that each has a place of his or her own; then
    the sentence names none.
    """

    key: Hashable
    sentence: Sentence
    own: Own | None = None


class Reasons:
    """Tells reasons between two sets."""

    def __init__(self, old: PolicySet, new: PolicySet) -> None:
        self.old = old
        self.new = new
        self._shared: dict[tuple[int, str], Reason] = {}

    # -- changes that several people may share -------------------------------------------------

    def shared(self, change: DeclaredChange, toggle: Toggle) -> Reason:
        """Return why a change above the users alters a decision on `toggle`."""
        key = (change.id, toggle.key)
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = Reason(key, self.says(change, toggle))
        return found

    def says(self, change: DeclaredChange, toggle: Toggle) -> Sentence:
        """Return what a change of an account, group or toggle says now, about `toggle`."""
        if change.field is None:
            return self._whole(change)
        if change.field == "setting":
            return self._setting(change, toggle)
        where = change.new_location or change.old_location
        here: Word | Sentence = at(where) if where else self.named(change)
        if change.field == "group_resolution":
            way = "their priority" if change.new == "group_priority" else "everyone's main group"
            return say(here, f" now settles what several groups say by {way}")
        if change.field == "priority":
            return say(here, " gives ", self.named(change), f" the priority {_or_none(change.new)}")
        return self._catalogue(change, here)

    def named(self, change: DeclaredChange) -> Sentence:
        """Return the entity that a change is about, as a person calls it."""
        name = str(change.scope_id)
        for policies in (self.new, self.old):
            if change.kind == "toggle" and name in policies.toggles:
                return say(called(toggle_name(policies.toggles[name])))
            entity: Any = None
            if change.kind == "group":
                entity = policies.groups.get((str(change.account), name))
            elif change.kind == "account":
                entity = policies.accounts.get(name)
            if entity is not None:
                return say(f"the {change.kind} ", called(entity.name or name))
        return say(f"the {change.kind} ", called(name))

    def _whole(self, change: DeclaredChange) -> Sentence:
        came = change.action == "added"
        where = change.new_location if came else change.old_location
        tail = say(" (", at(where), "" if came else " before", ")") if where else ()
        return say(self.named(change), " is new" if came else " is gone", tail)

    def _setting(self, change: DeclaredChange, toggle: Toggle) -> Sentence:
        other = change.toggle != toggle.key
        key = str(change.toggle)
        known = self.new.toggles.get(key) or self.old.toggles[key]
        it = say(called(toggle_name(known))) if other else say("it")
        needed = say(", which ", noun(toggle), " needs") if other else ()
        verb, tail = _verb(change.old, change.new)
        if change.new is None or change.new_location is None:
            was = change.old_location
            before = say(" (", at(was), " before)") if was else ()
            return say(self.named(change), f" {verb} ", it, tail, needed, before)
        return say(at(change.new_location), f" {verb} ", it, tail, needed)

    def _catalogue(self, change: DeclaredChange, here: Word | Sentence) -> Sentence:
        it = self.named(change)
        if change.field == "default":
            return say(here, " turns ", it, f" {on_or_off(State(change.new))} by default")
        if change.field == "requires":
            more = [called(key) for key in change.new if key not in change.old]
            less = [called(key) for key in change.old if key not in change.new]
            said = [say("now needs ", listed(more))] if more else []
            said += [say("no longer needs ", listed(less))] if less else []
            return say(it, " ", listed(said), " (", here, ")")
        if change.new is None:
            return say(it, " asks for no calendar any more (", here, ")")
        return say(it, " syncs with ", listed(map(called, change.new), most=4), " (", here, ")")

    # -- what users declare themselves ------------------------------------------------------------

    def own(self, own: Own, old: User, new: User, toggle: Toggle) -> Reason:
        """Return why what users declare alters their decision on `toggle`; names no place."""
        return Reason(*self._own(own, old, new, toggle), own)

    def _own(self, own: Own, old: User, new: User, toggle: Toggle) -> tuple[Hashable, Sentence]:
        key, field = own
        if key is not None:
            return (own, _said(old, key), _said(new, key)), self._choice(key, new, toggle, old)
        if field == "groups":
            joined, left = (
                tuple(sorted({*one.groups} - {*other.groups}))
                for one, other in ((new, old), (old, new))
            )
            said = [say("they join ", self._groups(new, joined))] if joined else []
            said += [say("they leave ", self._groups(old, left))] if left else []
            return (own, new.account, joined, left), listed(said)
        if field == "primary_group":
            key_ = (own, new.account, old.primary_group, new.primary_group)
            return key_, self._main_group(old, new)
        if field == "calendars":
            had, has = (_calendars(user) for user in (old, new))
            return (own, had, has), say("their calendars are now ", has, ", not ", had)
        name = self.new.accounts[new.account].name if new.account in self.new.accounts else None
        return (own, old.account, new.account), say(
            "they move to the account ", called(name or new.account)
        )

    def _choice(self, key: str, new: User, toggle: Toggle, old: User) -> Sentence:
        other = key != toggle.key
        title = called(toggle_name(self.new.toggles.get(key) or self.old.toggles[key]))
        tail = say(" for ", title, ", which ", noun(toggle), " needs") if other else ()
        if key in new.settings:
            state = on_or_off(new.settings[key].state)
            return say(f"they choose {state} themselves", tail)
        state = on_or_off(old.settings[key].state)
        return say(f"they no longer choose {state} themselves", tail)

    def _main_group(self, old: User, new: User) -> Sentence:
        if new.primary_group is None:
            return say("they have no main group any more")
        now = self._groups(new, (new.primary_group,))
        if old.primary_group is None:
            return say("their main group is now ", now)
        return say(
            "their main group is now ", now, ", not ", self._groups(old, (old.primary_group,))
        )

    def _groups(self, user: User, groups: Iterable[str]) -> Sentence:
        return listed(called(self.group_name(user.account, group)) for group in groups)

    def group_name(self, account: str, group: str) -> str:
        """Return what a person calls a group: its name, else its id."""
        found = self.new.groups.get((account, group)) or self.old.groups.get((account, group))
        return (found.name if found else None) or group

    def deciding(self, row: Decision) -> Sentence:
        """Return what decides a row, as a person calls it."""
        if row.source_scope is Scope.GROUP:
            return say("the group ", called(self.group_name(row.account, row.source_id)))
        if row.source_scope is Scope.ACCOUNT:
            found = self.new.accounts.get(row.source_id) or self.old.accounts.get(row.source_id)
            return say("the account ", called((found.name if found else None) or row.source_id))
        own = row.source_scope is Scope.USER
        return say("their own choice" if own else "the product's default")

    def own_place(self, own: Own, user: str) -> Location | None:
        """Return where a user's own change stands: on the new side, if it says anything there."""
        toggle, field = own
        new, old = self.new.users.get(user), self.old.users.get(user)
        if toggle is not None and new is not None and toggle not in new.settings:
            new = None
        return (
            place("user", new, toggle, field)
            or place("user", old, toggle, field)
            or self._directory_place(new or old)
        )

    def _directory_place(self, user: User | None) -> Location | None:
        """Return where the table is named that a user stands in, where its rows have no place."""
        for policies in (self.new, self.old):
            for one in policies.directories:
                if user and (one.account, one.source) == (user.account, user.directory):
                    return place("directory", one)
        return None


def _verb(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return what a scope does to `it` now, before and after the word."""
    before, after = old or {}, new or {}
    locked, locks = (bool(side.get("locked")) for side in (before, after))
    word = f" {on_or_off(State((new or before)['state']))}"
    if new is None:
        return ("no longer locks" if locked else "no longer turns"), word
    if locks:
        return "now locks", word
    if locked and before["state"] == after["state"]:
        return "no longer locks", word
    return "now turns", f"{word} and no longer locks it" if locked else word


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)


def _said(user: User, key: str) -> State | None:
    return user.settings[key].state if key in user.settings else None


def _calendars(user: User) -> str:
    if user.calendars is None:
        return "not tracked"
    return " and ".join(sorted(user.calendars)) or "none"
