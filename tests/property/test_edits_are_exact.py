"""An edit changes what was asked and nothing else, in every shape that YAML may have.

Law: for a valid set in any spelling, layout and split into files, and any setting of it, the
edited file declares what was asked; every other entity is what it was; the bytes around the
edit are those of before; and the opposite edit gives back the first bytes wherever the
setting was there before.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.edit.people import Newcomer, with_user
from engine.edit.place import place_of
from engine.edit.rewrite import with_setting
from engine.errors import RefusedError
from engine.model import SYNC_TOGGLE, Account, Group, Setting, State, User
from engine.read.load import load
from engine.read.source import Memory
from tests.generator import generate, scramble
from tests.reference.emit import Word, Writer

SEEDS = st.integers(min_value=0, max_value=2**32)
COUNT = settings(max_examples=60, deadline=None)


def a_set(rng):
    texts = scramble(rng, generate(rng, users=(1, 8), expectations=False, guardrails=False))
    return {path: text.encode() for path, text in texts.items()}


def targets_of(policies):
    users = sorted(policies.users.items())
    return [*policies.accounts.values(), *policies.groups.values(), *(u for _, u in users)]


def declaring(policies, target, toggle, setting):
    """The policies with one setting of one target as given."""
    changed = {key: value for key, value in target.settings.items() if key != toggle}
    if setting is not None:
        changed[toggle] = setting
    target = replace(target, settings=changed)
    if isinstance(target, Account):
        return replace(policies, accounts={**policies.accounts, target.id: target})
    if isinstance(target, Group):
        key = (target.account, target.id)
        return replace(policies, groups={**policies.groups, key: target})
    return replace(policies, users={**policies.users, target.id: target})


def opposite(setting):
    return setting._replace(
        state=State.DISABLED if setting.state is State.ENABLED else State.ENABLED
    )


def edits_of(rng):
    """A set and one setting of it: sources, target, place, and what is declared now."""
    contents = a_set(rng)
    loaded = load(Memory(contents))
    policies = loaded.valid()
    target = rng.choice(targets_of(policies))
    toggle = rng.choice(sorted(policies.toggles))
    place = place_of(loaded, target, toggle)
    return contents, policies, target, place


def edited(contents, place, goal):
    """The contents after an edit, or None where it is refused because of an alias."""
    before = contents[place.path]
    if b"*a" not in before:
        return {**contents, place.path: with_setting(before, place, goal)}
    try:
        return {**contents, place.path: with_setting(before, place, goal)}
    except RefusedError as error:
        if "alias" not in error.message:
            raise
        return None


@given(SEEDS)
@COUNT
def test_the_edited_set_differs_in_the_one_setting_only(seed):
    rng = Random(seed)
    contents, policies, target, place = edits_of(rng)
    goal = Setting(
        rng.choice(list(State)), locked=not isinstance(target, User) and rng.random() < 0.4
    )
    if rng.random() < 0.25:
        goal = None
    after = edited(contents, place, goal)
    if after is None:
        return
    now = target.settings.get(place.toggle)
    kept = goal._replace(note=now.note) if goal and now else goal
    assert load(Memory(after)).valid() == declaring(policies, target, place.toggle, kept)


@given(SEEDS)
@COUNT
def test_a_changed_state_is_one_word_and_the_opposite_edit_gives_back_the_bytes(seed):
    contents, _, target, place = edits_of(Random(seed))
    now = target.settings.get(place.toggle)
    if now is None:
        return
    there = edited(contents, place, opposite(now))
    if there is None:
        return
    before, after = contents[place.path], there[place.path]
    assert len(before.splitlines()) == len(after.splitlines())
    differing = [
        pair
        for pair in zip(before.splitlines(True), after.splitlines(True), strict=True)
        if pair[0] != pair[1]
    ]
    assert len(differing) == 1
    assert with_setting(after, place, now) == before


@given(SEEDS)
@COUNT
def test_a_new_setting_adds_text_and_takes_none_away(seed):
    contents, _, target, place = edits_of(Random(seed))
    if place.toggle in target.settings:
        return
    there = edited(contents, place, Setting(State.ENABLED))
    if there is None:
        return
    before, after = contents[place.path], there[place.path]
    matcher = SequenceMatcher(None, before.decode(), after.decode(), autojunk=False)
    assert all(tag in {"equal", "insert"} for tag, *_ in matcher.get_opcodes())
    assert with_setting(after, place, None) in {before, before.replace(b"{}", b"{ }")} or (
        "toggles" in before.decode()
    )


@given(SEEDS)
@COUNT
def test_asking_for_what_is_there_changes_no_byte(seed):
    contents, _, target, place = edits_of(Random(seed))
    now = target.settings.get(place.toggle)
    assert with_setting(contents[place.path], place, now) == contents[place.path]


@given(SEEDS)
@COUNT
def test_a_user_who_was_nowhere_is_all_that_a_file_gains(seed):
    rng = Random(seed)
    contents = a_set(rng)
    loaded = load(Memory(contents))
    policies = loaded.valid()
    account = rng.choice(sorted(policies.accounts))
    toggle = rng.choice(sorted(policies.toggles))
    path = rng.choice(loaded.files)
    new = Newcomer(
        id="o'new: [x]@acme.example",
        account=account if len(policies.accounts) > 1 else None,
        toggle=toggle,
        state=rng.choice(list(State)),
    )
    after = {**contents, path: with_user(contents[path], path, new)}
    user = User(id=new.id, account=account, settings={toggle: Setting(new.state)})
    users = {**policies.users, new.id: user}
    assert load(Memory(after)).valid() == replace(policies, users=users)


@given(SEEDS)
@COUNT
def test_an_edit_that_would_change_somebody_else_is_refused(seed):
    rng = Random(seed)
    contents = {"a.yaml": b"kind: account\nid: acme\n", "b.yaml": alike(rng).encode()}
    loaded = load(Memory(contents))
    policies = loaded.valid()
    target = rng.choice(list(policies.users.values()))
    place = place_of(loaded, target, SYNC_TOGGLE)
    goal = rng.choice((None, *map(Setting, State)))
    after = edited(contents, place, goal)
    if after is not None:
        assert load(Memory(after)).valid() == declaring(policies, target, SYNC_TOGGLE, goal)


def alike(rng):
    """A list of users who chose alike, so that many of them share an anchor."""
    toggles = {SYNC_TOGGLE: {"state": Word("off")}, "calendar_and_contacts_integration": Word("on")}
    some = [{SYNC_TOGGLE: toggles[SYNC_TOGGLE]}, toggles]
    users = [{"id": f"u{n}@x.example", "toggles": rng.choice(some)} for n in range(6)]
    return Writer(rng).document({"kind": Word("users"), "users": users})
