"""A runbook, followed by hand on the old set's state, gives the new set's state.

The hand knows nothing of the engine: it reads the JSON steps, one after the other, and keeps
the portal's rules over the reference's plain dicts: what is locked above is greyed out.
"""

from __future__ import annotations

import copy
import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.report import runbook_json
from engine.review.runbook import runbook
from tests.property.test_diff_matches_reference import SOURCE, pair, tabled, written
from tests.reference import model
from tests.reference.decisions import decide

COLLECTIONS = {"account": "accounts", "group": "groups", "user": "users"}
KEPT = {
    "account": ("settings", "group_resolution"),
    "group": ("settings", "priority"),
    "user": ("settings", "account", "groups", "primary_group", "calendars"),
}
BARE = {
    "account": {"settings": {}, "group_resolution": "primary_group"},
    "group": {"settings": {}, "priority": None},
    "user": {"settings": {}, "groups": [], "primary_group": None, "calendars": None},
}


class Hand:
    """Somebody who does what the steps say."""

    def __init__(self, old, new):
        self.portal = copy.deepcopy(old)
        self.portal.catalogue = {**old.catalogue, **new.catalogue}

    def follow(self, step):
        if step["action"] in {"set", "lock", "unlock"}:
            assert step["needs"]
            assert not self.is_grey(step), step
        entities = getattr(self.portal, COLLECTIONS[step["scope"]])
        key = (step["account"], step["id"]) if step["scope"] == "group" else step["id"]
        field, value = step["field"], step["value"]
        if field == "exists":
            if value:
                entities[key] = {**copy.deepcopy(BARE[step["scope"]]), "account": step["account"]}
            else:
                del entities[key]
        elif step["toggle"] is None:
            entities[key][field] = sorted(value) if isinstance(value, list) else value
        elif field == "setting":
            assert value is None
            del entities[key]["settings"][step["toggle"]]
        else:
            bare = {} if step["scope"] == "user" else {"locked": False}
            entities[key]["settings"].setdefault(step["toggle"], bare)[field] = value

    def is_grey(self, step):
        if step["scope"] == "account":
            return False
        if step["scope"] == "group":
            above = self.portal.accounts[step["account"]]["settings"].get(step["toggle"])
            return above is not None and above["locked"]
        return decide(self.portal, step["id"], step["toggle"])["locked"]

    def state(self):
        return state(self.portal)


def state(refset):
    return {
        kind: {
            key: {field: entity[field] for field in KEPT[kind]}
            for key, entity in getattr(refset, collection).items()
        }
        for kind, collection in COLLECTIONS.items()
    }


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=120, deadline=None)
def test_the_steps_lead_from_the_old_state_to_the_new_one(seed):
    rng = Random(seed)
    sides = [tabled(rng, documents) for documents in pair(rng)]
    old, new = (written(rng, *side) for side in sides)
    theirs = [model.load(documents, {SOURCE: rows}) for documents, rows in sides]
    steps = json.loads(runbook_json.render(runbook(old, new)))["steps"]
    hand = Hand(*theirs)
    for number, step in enumerate(steps, 1):
        assert step["number"] == number
        hand.follow(step)
    assert hand.state() == state(theirs[1])


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=40, deadline=None)
def test_from_a_set_to_itself_there_is_nothing_to_do(seed):
    rng = Random(seed)
    side = tabled(rng, pair(rng)[0])
    one, other = written(rng, *side), written(rng, *side)
    assert runbook(one, other).steps == ()
