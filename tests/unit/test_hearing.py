"""What decisions between two sets hear of groups, and whom of them they cannot tell apart."""

from __future__ import annotations

from engine.model import Account, Group, PolicySet, Resolution, Setting, State
from engine.review.changes import declared
from engine.review.hearing import hearing

LOCK = {"a_toggle": Setting(State.ENABLED, locked=True)}
OFF = {"a_toggle": Setting(State.DISABLED, locked=True)}


def heard(resolution, old, new):
    """Both sides' groups, as id: (priority, settings); what is heard of them by id."""
    account = {"x": Account(id="x", group_resolution=resolution)}
    sides = [
        PolicySet(
            accounts=account,
            groups={
                ("x", name): Group(id=name, account="x", priority=priority, settings=settings)
                for name, (priority, settings) in groups.items()
            },
        )
        for groups in (old, new)
    ]
    changes = {}
    for one in declared(*sides):
        changes.setdefault(one.scope_id, []).append(one)
    known = {}
    return hearing(*sides, "x", changes, lambda said: known.setdefault(said, len(known)))


def test_groups_that_changed_alike_are_said_alike_and_each_is_heard():
    old = {"a": (1, LOCK), "b": (2, LOCK), "c": (3, LOCK), "d": (4, LOCK)}
    found = heard(Resolution.PRIMARY_GROUP, old, {**old, "a": (1, OFF), "b": (2, OFF)})
    a, b, c, d = found.others
    assert a.label == b.label != c.label == d.label
    assert (a.apart == b.apart, c.apart == d.apart) == (False, True)
    assert (a.first, b.first, c.first, d.first) == (1, 2, None, None)


def test_a_group_whose_priority_changed_is_heard_at_both_and_is_like_no_other():
    old = {"a": (1, LOCK), "b": (2, LOCK), "c": (5, LOCK)}
    found = heard(Resolution.GROUP_PRIORITY, old, {**old, "a": (4, LOCK)})
    assert found.mains is None
    assert [one.group for one in found.others] == ["a", "b", "a", "c"]
    first, b, second, c = found.others
    assert b.label == c.label
    assert len({first.label, b.label, second.label}) == 3
    assert len({first.apart, b.apart, second.apart}) == 3
