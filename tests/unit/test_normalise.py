"""What passes Cerberus by is what Cerberus would have made of it."""

from __future__ import annotations

from itertools import product

import pytest

from engine.model import Setting
from engine.read import normalise

STATES = [*normalise._STATES, "On", "OFF", "Enabled", True, False]
FLAGS = [*normalise._FLAGS, "On", "OFF", True, False]


@pytest.mark.parametrize(("state", "lock"), list(product(STATES, [None, *FLAGS])))
def test_a_setting_is_what_cerberus_makes_of_it(state, lock):
    written = {"state": state} if lock is None else {"state": state, "locked": lock}
    theirs = normalise._normalised(normalise._SETTING, {"setting": written})["setting"]
    ours = normalise.setting(written)
    assert ours == Setting(theirs["state"], theirs["locked"])
    assert type(ours.locked) is bool
    if lock is None:
        bare = normalise._normalised(normalise._SETTING, {"setting": state})["setting"]
        assert normalise.setting(state) == Setting(bare["state"], bare["locked"])


FIELDS = {
    "default": STATES,
    "state": STATES,
    "must_be": STATES,
    "locked": FLAGS,
    "whatever_users_choose": FLAGS,
    "group_resolution": ["primary_group", "group_priority"],
    "toggle": ["x"],
    "members": [["a@b"]],
}


@pytest.mark.parametrize("kind", normalise._ENTITIES)
def test_an_entity_is_what_cerberus_makes_of_it(kind):
    rules = normalise._ENTITIES[kind]
    required = {f: FIELDS[f][0] for f in rules if f in {"default", "must_be"}}
    for field in (None, *rules):
        for value in FIELDS.get(field, [None]):
            raw = {"name": "n", **required, **({field: value} if field in FIELDS else {})}
            theirs = normalise._normalised(rules, dict(raw))
            assert normalise.entity(kind, raw) == theirs
