"""Lint: every warning, and no other, against brute force over whatever users choose (SPEC §4)."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.read.load import load
from engine.read.source import Memory
from engine.review.check import check
from tests.generator import generate, policy_sets, scramble
from tests.reference.choices import lint
from tests.reference.model import load as load_reference


def loaded(documents, rng):
    files = scramble(rng, documents)
    return load(Memory({path: text.encode() for path, text in files.items()}))


def warned(found):
    """Warnings as the reference names them: code, account, scope, id, toggle."""
    rows = []
    for finding in found:
        if finding.severity == "warning":
            scope, account, name, *toggle = finding.about
            rows.append((finding.code, account, scope, name, toggle[0] if toggle else None))
    return sorted(rows, key=lambda row: (*row[:4], row[4] or ""))


@given(policy_sets(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_small_sets_have_the_warnings_of_the_reference(documents, rng):
    assert warned(check(loaded(documents, rng))) == lint(load_reference(documents))


def test_hundreds_of_sets_have_the_warnings_of_the_reference():
    seen = set()
    for seed in range(200):
        rng = Random(seed)
        documents = generate(rng, users=(0, 8), groups=(0, 5))
        ours = warned(check(loaded(documents, rng)))
        assert ours == lint(load_reference(documents)), seed
        seen |= {row[0] for row in ours}
    assert len(seen) == 6  # every code but `unused-ignore`, of which the reference knows nothing


def test_a_warning_points_at_the_toggle_key_and_at_what_causes_it():
    for seed in range(60):
        rng = Random(seed)
        files = scramble(rng, generate(rng, users=(0, 8), groups=(0, 5)))
        lines = {
            path: text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            for path, text in files.items()
        }
        for finding in check(load(Memory({p: t.encode() for p, t in files.items()}))):
            places = [finding.location, *(related.location for related in finding.related)]
            for place in places:
                assert 1 <= place.line <= len(lines[place.file])
                assert 1 <= place.column <= len(lines[place.file][place.line - 1])
            if finding.code == "contested-lock":
                assert finding.related
