"""Random sets, in many equal spellings, orders and splits: the engine against the reference.

R9: order never matters. Every decision row, conflict and target is compared.
"""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.decisions import decide, decide_all
from engine.decide.sync import targets_of
from engine.findings import has_errors
from engine.read.load import load
from engine.read.source import Memory
from engine.review.check import check
from tests.generator import generate, policy_sets, scramble
from tests.reference import decisions as reference
from tests.reference.model import load as load_reference


def loaded(files):
    return load(Memory({path: text.encode() for path, text in files.items()}))


def as_rows(policies):
    return [row._asdict() for row in decide_all(policies, tuple(policies.toggles))]


@given(policy_sets(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_not_one_decision_row_differs_from_the_reference(documents, rng):
    theirs = load_reference(documents)
    ours = loaded(scramble(rng, documents))
    assert not has_errors(ours.findings), ours.findings
    assert as_rows(ours.policies) == reference.rows(theirs)


@given(policy_sets(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_two_spellings_of_one_set_are_equal_sets(documents, rng):
    one, other = (loaded(scramble(rng, documents)).policies for _ in range(2))
    assert as_rows(one) == as_rows(other)
    assert one.accounts == other.accounts
    assert one.groups.keys() == other.groups.keys()


def test_hundreds_of_large_sets_match_the_reference_in_rows_targets_and_conflicts():
    for seed in range(150):
        rng = Random(seed)
        documents = generate(rng, groups=(0, 8), users=(0, 25))
        theirs = load_reference(documents)
        ours = loaded(scramble(rng, documents))
        assert not has_errors(ours.findings), (seed, ours.findings)
        policies = ours.policies
        assert as_rows(policies) == reference.rows(theirs), seed
        for user in policies.users.values():
            for toggle in policies.toggles:
                sync = decide(policies, user, toggle).sync
                found = targets_of(policies.toggles, user, toggle, sync=sync)
                wanted = reference.targets(theirs, user.id, toggle)
                assert (None if found is None else list(found)) == wanted
        conflicts = [f for f in check(ours) if f.code == "lock-conflict"]
        assert len(conflicts) == len(reference.conflicts(theirs)), seed
