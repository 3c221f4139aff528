"""What is kept of a file is what its text holds: every value and every place.

Law: a file of which something is kept comes back with the values, the types, the order of keys and
the places that parsing it finds; and nothing is kept of a file that the schema says anything of.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.read.cache import leaves
from engine.read.cache.shelf import DamagedError
from engine.read.entries import gather
from engine.read.parse import parse
from tests.generator import generate, mutate, scramble

TESTS = Path(__file__).parents[1]
FILES = sorted([*(TESTS / "sets").rglob("*.yaml"), *(TESTS.parent / "policies").rglob("*.yaml")])
GROUP = "kind: group\nid: legal\n"
ODD = {
    "an anchor": "kind: group\nid: &a legal\nname: *a\n",
    "a float": "kind: group\nid: legal\nname: 1.5\n",
    "a doubled key": "kind: group\nid: legal\nid: sales\n",
    "a key that is no text": "kind: group\nid: legal\n7: x\n",
    "no YAML": "kind: [\n",
    "an unknown key": "kind: group\nid: legal\nnonsense: 1\n",
    "an unknown kind": "kind: nonsense\n",
    "no mapping": "- a\n",
    "a document of two": "kind: group\nid: legal\n---\nkind: group\n",
}


def gathered(text: str, label: str = "a.yaml"):
    """What a file holds, checked as it is when it is read."""
    parsed = parse(text.encode(), label)
    gather(parsed.documents, keep=True)
    return parsed


def shape(parsed):
    return [
        (
            repr(one.value),
            one.file,
            one.places.line.tolist(),
            one.places.column.tolist(),
            one.places.size.tolist(),
            (one.places.targets, one.places.hidden, one.floats, one.odd, one.clean),
        )
        for one in parsed.documents
    ]


def comes_back(text: str) -> bool:
    """Compare what comes back with what was parsed; tell whether anything was kept."""
    parsed = gathered(text)
    kept = leaves.content(parsed)
    if kept is None:
        return False
    back = leaves.restored(json.loads(json.dumps(kept)), "a.yaml")
    assert shape(back) == shape(parsed)
    assert (back.findings, back.readable, back.ignores) == ([], True, [])
    for one, other in zip(back.documents, parsed.documents, strict=True):
        for path in paths(other.value):
            assert one.locate(path) == other.locate(path)
            assert one.locate(path, key=True) == other.locate(path, key=True)
    return True


def paths(value, at=()):
    """Every path into a value."""
    yield at
    if isinstance(value, dict):
        for key, one in value.items():
            yield from paths(one, (*at, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from paths(one, (*at, number))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_sound_files_are_kept_whole(path):
    assert comes_back(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n"])
def test_files_without_documents_are_kept_too(text):
    assert comes_back(text)


@given(st.integers(0, 10**6))
def test_generated_sets_come_back_however_they_are_spelled(seed):
    rng = Random(seed)
    documents = generate(rng, users=(0, 6))
    if rng.random() < 0.5:
        documents = mutate(rng, documents)
    if rng.random() < 0.5:
        documents = scramble(rng, documents)
    for one in documents:
        style = rng.choice([None, True, False])
        comes_back(
            yaml.safe_dump(one, default_flow_style=style, allow_unicode=True, sort_keys=False)
        )


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_of_what_is_odd_or_wrong_nothing_is_kept(text):
    assert comes_back(GROUP)
    assert not comes_back(text)
    assert not comes_back(f"{GROUP}---\n{text}")


FORGED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda some: (
        st.lists(some, max_size=4) | st.dictionaries(st.text(max_size=2), some, max_size=3)
    ),
    max_leaves=12,
)


@given(FORGED | st.lists(st.tuples(FORGED, FORGED, FORGED), max_size=3))
def test_what_was_made_up_fits_together_or_is_not_believed(forged):
    try:
        back = leaves.restored(forged, "a.yaml")
    except DamagedError:
        return
    for one in back.documents:
        assert isinstance(one.value, dict)
        for path in paths(one.value):
            one.locate(path)
            one.locate(path, key=True)


@pytest.mark.parametrize(
    "forged",
    [
        [[{}, [1], [1], [1]]],
        [[{}, [1]]],
        [[{}, [1, 2], [1, 2]]],
        [[{}, [-1], [1]]],
        [[{}, [1 << 40], [1]]],
        [[{"a": 1.5}, [1] * 3, [1] * 3]],
        [[[], [1], [1]]],
        {"a": 1},
        7,
    ],
    ids=repr,
)
def test_forgeries_are_not_believed(forged):
    with pytest.raises(DamagedError):
        leaves.restored(forged, "a.yaml")


def test_nesting_has_a_bound():
    deep = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(DamagedError):
        leaves.restored([[{"a": deep}, [1], [1]]], "a.yaml")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_file_is_found_by_its_name(cache):
    parsed = gathered(GROUP)
    leaves.keep([("a" * 40, parsed), ("b" * 40, gathered("kind: [\n"))])
    assert shape(leaves.find("a" * 40, "a.yaml")) == shape(parsed)
    assert leaves.find("b" * 40, "a.yaml") is None
    (kept,) = cache.iterdir()
    data = kept.read_bytes()
    for at in range(len(data)):
        kept.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert leaves.find("a" * 40, "a.yaml") is None
        kept.write_bytes(data[:at])
        assert leaves.find("a" * 40, "a.yaml") is None
    kept.write_bytes(data)
    kept.rename(kept.with_name(f"{leaves._address('c' * 40).hex()}.leaf"))  # as if it were another
    assert leaves.find("c" * 40, "a.yaml") is None


def test_a_large_file_and_one_without_a_cache_are_not_kept(cache, monkeypatch):
    with patch.object(leaves, "_MOST", 1 << 10):
        leaves.keep([("a" * 40, gathered(GROUP + f"note: {'x' * (1 << 10)}\n"))])
    assert not cache.exists()
    monkeypatch.setenv("CALSYNC_NO_CACHE", "1")
    leaves.keep([("a" * 40, gathered(GROUP))])
    assert not cache.exists()
    assert leaves.find("a" * 40, "a.yaml") is None
