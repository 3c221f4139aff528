"""Guardrails: verdicts and counterexamples against every combination of choices, one by one.

The plain ones are held to the reference; what a demand may say beyond a state (a lock, whether
events flow, so many of them) to a brute force of its own.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.read.load import load
from engine.read.source import Memory
from engine.review.fields import title
from engine.review.guardrails import judge, judged
from engine.review.mending import declare, mends
from engine.review.population import Population
from engine.review.testing import run
from tests.generator import generate, policy_sets, scramble
from tests.reference.choices import guarded, maps_of_choices, violations, with_choices
from tests.reference.decisions import decide, required_toggles
from tests.reference.model import guardrail_of
from tests.reference.model import load as load_reference

STATES = ("disabled", "enabled")
AMOUNTS = (0, 1, 2, 3, "0%", "33.3%", "50%", "66.7%", "100%")


def both(documents, rng=None):
    """The same set, read by the engine (from another spelling) and by the reference."""
    files = scramble(rng or Random(0), documents)
    ours = load(Memory({path: text.encode() for path, text in files.items()}))
    return ours.valid(), load_reference(documents)


def found(verdict):
    return [
        {
            "account": violation.account,
            "user": violation.user,
            "state": violation.decision.state,
            "locked": violation.decision.locked,
            "sync": violation.decision.sync,
            "choices": dict(violation.choices),
        }
        for violation in verdict.violations()
    ]


def by_title(documents):
    for document in documents:
        for raw in document.get("guardrails", []) if document["kind"] == "guardrails" else []:
            name = raw.get("name")
            yield name, raw


def test_hundreds_of_sets_have_the_verdicts_of_the_reference():
    broken = proven = 0
    for seed in range(200):
        rng = Random(seed)
        documents = generate(rng, users=(0, 8), groups=(0, 4))
        policies, refset = both(documents, rng)
        ours = {
            title(verdict.guardrail): verdict for verdict in judge(policies, policies.guardrails)
        }
        for name, raw in by_title(documents):
            if name is None:
                continue
            expected = violations(refset, raw)
            assert found(ours[name]) == expected, (seed, name)
            assert ours[name].passed == (not expected)
            assert ours[name].checked == len(guarded(refset, guardrail_of(raw)))
            broken += bool(expected)
            proven += not expected and raw.get("whatever_users_choose", False)
    assert broken > 50
    assert proven > 15


@given(policy_sets(expectations=True), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_expectations_fail_exactly_where_the_reference_decides_otherwise(documents, rng):
    policies, refset = both(documents, rng)
    expected = []
    for entry in refset.expectations.values():
        row = decide(refset, entry["user"], entry["toggle"])
        row["source"] = f"{row['source_scope']}:{row['source_id']}"
        fields = [key for key in entry if key in row and key not in {"user", "toggle"}]
        expected.append(
            (
                entry["user"],
                entry["toggle"],
                sorted((key, row[key]) for key in fields if row[key] != entry[key]),
            )
        )
    actual = [
        (c.expectation.user, c.expectation.toggle, sorted((f.field, f.actual) for f in c.failures))
        for c in run(policies).expectations
    ]
    assert sorted(actual, key=repr) == sorted(expected, key=repr)


# -- beyond a state -------------------------------------------------------------------------


def demanding(rng, documents):
    """The same documents with guardrails that demand more than a state."""
    rails = [raw for _, raw in by_title(documents)]
    for number, raw in enumerate(rails):
        raw["name"] = f"Guard {number}"
        raw["whatever_users_choose"] = rng.random() < 0.7
        if rng.random() < 0.5:
            raw["must_sync"] = rng.random() < 0.5
        if rng.random() < 0.3:
            raw["locked"] = rng.random() < 0.5
        for bound in ("at_most", "at_least"):
            if rng.random() < 0.35:
                raw[bound] = rng.choice(AMOUNTS)
    return rails


def smallest(refset, user, raw, *, holds):
    """The first of all maps of choices, smallest first, under which the demand holds or fails."""
    toggle = raw.get("toggle", "bidirectional_calendar_sync")
    keys = {toggle, *required_toggles(refset, toggle)}
    tried = maps_of_choices(refset, user, keys) if raw["whatever_users_choose"] else [{}]
    for choices in tried:
        row = decide(with_choices(refset, user, choices), user, toggle)
        meets = (
            row["state"] == raw["must_be"]
            and raw.get("locked", row["locked"]) == row["locked"]
            and ("must_sync" not in raw or row["sync"] is raw["must_sync"])
        )
        if meets == holds:
            return {
                **{k: row[k] for k in ("account", "user", "state", "locked", "sync")},
                "choices": choices,
            }
    return None


def amount(written, whole):
    if isinstance(written, int):
        return written
    return Fraction(written[:-1]) * whole / 100


def expected_verdict(refset, raw):
    """Whether it passes, and the violations, by account, user and choices."""
    people = guarded(refset, raw)
    against = [row for user in people if (row := smallest(refset, user, raw, holds=False))]
    meeting = [row for user in people if (row := smallest(refset, user, raw, holds=True))]
    held = len(people) - len(against)
    rows, passed = [], True
    if not {"at_most", "at_least"} & raw.keys():
        rows, passed = against, not against
    if "at_least" in raw and held < amount(raw["at_least"], len(people)):
        rows, passed = [*rows, *against], False
    if "at_most" in raw and len(meeting) > amount(raw["at_most"], len(people)):
        rows, passed = [*rows, *meeting], False
    rows.sort(key=lambda row: (row["account"], row["user"], sorted(row["choices"].items())))
    return passed, rows


def test_locks_events_and_amounts_have_the_verdicts_of_brute_force():
    seen = set()
    for seed in range(200):
        rng = Random(seed)
        documents = generate(rng, users=(1, 6), groups=(0, 4), expectations=False)
        rails = demanding(rng, documents)
        policies, refset = both(documents)
        ours = {verdict.guardrail.name: verdict for verdict in judge(policies, policies.guardrails)}
        for raw in rails:
            verdict = ours[raw["name"]]
            assert (verdict.passed, found(verdict)) == expected_verdict(refset, raw), (seed, raw)
            seen.add((verdict.passed, "must_sync" in raw, "at_most" in raw, "at_least" in raw))
    assert len(seen) == 16  # both verdicts of every combination


def test_what_is_said_to_mend_a_guardrail_mends_it():
    mended = 0
    for seed in range(200):
        rng = Random(seed)
        documents = generate(rng, users=(1, 6), groups=(0, 4), expectations=False)
        demanding(rng, documents)
        policies, _ = both(documents)
        people = Population(policies)
        for verdict in judged(people, policies.guardrails):
            if not verdict.passed:
                changed = policies
                proposal = mends(people, verdict)
                for mend in proposal:
                    changed = declare(changed, mend)
                if proposal:
                    mended += 1
                    assert judge(changed, [verdict.guardrail])[0].passed
    assert mended > 50
