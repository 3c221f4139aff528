"""Whoever merges answers for what does not follow from the parents, and for nothing else.

Laws, over random sets that went their ways from one: taking over what one side alone changed is
nobody's doing; keeping one side whole undoes all that the other one changed alike; between two
equal parents every change is the merge's own; and which parent comes first alters nothing.
"""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.review.changes import declared
from engine.review.merges import own_changes
from tests.generator import mutate
from tests.property.test_diff_matches_reference import pair, tabled, written

SEEDS = st.integers(min_value=0, max_value=2**32)
COUNT = settings(max_examples=60, deadline=None)


def parted(seed):
    """A set, and two that it became on two sides; some users stand in tables."""
    rng = Random(seed)
    base, one = pair(rng)
    other = base
    for _ in range(rng.randint(1, 4)):
        other = mutate(rng, other)
    in_tables = seed % 3 == 0
    return [
        written(rng, *tabled(rng, documents)) if in_tables else written(rng, documents, [])
        for documents in (base, one, other)
    ]


def keys(changes):
    return {
        (c.kind, None if c.kind == "user" else c.account, c.scope_id, c.toggle, c.field)
        for c in changes
    }


def own(parents, now, base):
    return [change for _, change in own_changes(parents, now, lambda *_: [base])]


@given(SEEDS)
@COUNT
def test_what_one_side_alone_changed_is_nobodys_doing(seed):
    base, one, _ = parted(seed)
    assert own([one, base], one, base) == []
    assert own([base, one], one, base) == []


@given(SEEDS)
@COUNT
def test_who_keeps_one_side_undoes_what_the_other_changed(seed):
    base, one, other = parted(seed)
    undone = {
        key
        for key in keys(declared(base, other)) & keys(declared(other, one))
        if key[0] != "directory"
    }
    assert undone <= keys(own([one, other], one, base))
    assert keys(own([one, other], one, base)) <= keys(declared(other, one))


@given(SEEDS)
@COUNT
def test_between_equal_parents_every_change_is_the_merges_own(seed):
    base, one, other = parted(seed)
    assert keys(own([one, one], other, base)) == keys(declared(one, other))


@given(SEEDS)
@COUNT
def test_which_parent_comes_first_alters_nothing(seed):
    base, one, other = parted(seed)
    for now in (base, one):
        assert keys(own([one, other], now, base)) == keys(own([other, one], now, base))
