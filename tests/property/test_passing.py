"""What is passed without a library, jsonschema passes too: whatever a document holds.

Law: for every document and every kind, what `passing` is sure of has no mistake; and of what a
person would write without a mistake it is sure.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.read import passing, schemas
from tests.generator import generate, mutate
from tests.mutations import torn

TESTS = Path(__file__).parents[1]
FILES = sorted([*(TESTS / "sets").rglob("*.yaml"), *(TESTS.parent / "policies").rglob("*.yaml")])
SEEDS = st.integers(min_value=0, max_value=2**40)
SIGNS = st.sampled_from("a@ \t\n\x00\x1f\x7f\x85\x9f\xa0é\u2028\u200b\ud800\U0001f600.:")
TEXTS = st.text(SIGNS, max_size=6) | st.text(max_size=8)
WORDS = ["on", "ON", "oN", "yes", "true", "enabled", "Enabled", "disabled", "of", "on\n", "\u0131n"]
WORDS += ["\u017fes", "ye\u017f", "no", "all", "google", "acme", "a@b", "75%", ""]
WORDS += ["group:a", "user:", "5.5%", "07%", "100.0%", "100.1%", "5.55%", "\u0665%", "%", "5%%"]
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, -1, 5, 10**30, *WORDS]) | TEXTS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.sampled_from(WORDS), some),
    max_leaves=4,
)


def sure(kind, value) -> bool:
    """Tell whether a document is passed, which jsonschema must have nothing against."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passing, "_left", [10**9])
        if not passing.passes(schemas.schema(kind), value):
            return False
    assert not list(schemas._authority(kind).iter_errors(value))
    return True


def kinds_of(value) -> list[str]:
    kind = value.get("kind") if isinstance(value, dict) else None
    return [kind] if isinstance(kind, str) and kind in schemas.KINDS else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_sound_documents_are_passed(path):
    for one in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        if one is not None:
            assert sure(one["kind"], one)


@settings(deadline=None)
@given(SEEDS)
def test_generated_documents_are_passed_if_they_have_no_mistake(seed):
    rng = Random(seed)
    documents = generate(rng, users=(0, 5))
    if rng.random() < 0.5:
        documents = mutate(rng, documents)
    for one in documents:
        assert sure(one["kind"], one) != any(schemas._authority(one["kind"]).iter_errors(one))


@settings(deadline=None)
@given(SEEDS)
def test_torn_documents_are_passed_if_they_have_no_mistake(seed):
    for one in torn(Random(seed), generate(Random(seed), users=(0, 5))):
        for kind in kinds_of(one):
            sure(kind, one)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(schemas.KINDS), st.data())
def test_any_value_in_any_place_is_passed_if_it_is_no_mistake(kind, data):
    rng = Random(data.draw(SEEDS))
    some = [one for one in generate(rng, groups=(1, 3), users=(1, 3)) if one["kind"] == kind]
    whole = some[0] if some else {"kind": kind}
    places = [(whole, key) for key in whole]
    for holder, key in places:  # which grows meanwhile
        inner = holder[key]
        if isinstance(inner, dict):
            places += [(inner, one) for one in inner]
        elif isinstance(inner, list):
            places += [(inner, number) for number in range(len(inner))]
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(VALUES)
    if isinstance(holder, dict) and data.draw(st.booleans()):
        holder[data.draw(st.sampled_from(WORDS) | TEXTS)] = data.draw(VALUES)
    sure(kind, whole)


@given(TEXTS | st.builds("{}@{}".format, TEXTS, TEXTS) | st.sampled_from(WORDS))
@example("x" * 254)
@example("x" * 255)
@example("x" * 253 + "@b")
@example("a\n")
@example("a@b\n")
def test_a_text_that_is_passed_has_the_pattern(text):
    import re

    for pattern, passes in passing.PATTERNS.items():
        assert not passes(text) or re.search(pattern, text), pattern


def test_the_patterns_that_are_known_stand_in_schemas():
    found = "".join(repr(schemas.schema(kind)) for kind in schemas.KINDS)
    assert all(repr(pattern)[1:-1] in found for pattern in passing.PATTERNS)


@pytest.mark.parametrize(
    "schema",
    [
        {"nonsense": 1},
        {"pattern": "x"},
        {"$ref": "#/$defs/nowhere"},
        {"if": {"type": "string"}, "then": {}},
        {"type": "number"},
        {"uniqueItems": True, "type": ["array", "string"], "maxLength": 1},
    ],
    ids=repr,
)
def test_what_it_does_not_know_it_does_not_pass(monkeypatch, schema):
    monkeypatch.setattr(passing, "_left", [100])
    assert not passing.passes(schema, "xx")
    assert passing.passes({"type": "string"}, "xx")
    assert not passing.passes({"uniqueItems": True}, [1, 2])


def test_after_enough_of_them_a_library_is_asked(monkeypatch):
    monkeypatch.setattr(passing, "_left", [20])
    entry = {"id": "a@b"}
    assert passing.is_worth_it()
    assert not passing.passes(schemas.schema("users"), {"kind": "users", "users": [entry] * 10})
    assert not passing.is_worth_it()
    assert not passing.passes({"type": "string"}, "xx")
