"""Law: what the quick way through a file finds is what the careful way finds, places included."""

import base64
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.read import parse, swift
from engine.read.document import Document

TESTS = Path(__file__).parents[1]
FILES = sorted([*(TESTS / "sets").rglob("*.yaml"), *(TESTS.parent / "policies").rglob("*.yaml")])
CASES = sorted((TESTS / "cases").rglob("*.yaml"))


def shape(document: Document) -> object:
    places = document.places
    lines, columns, sizes = list(places.line), list(places.column), list(places.size)
    return repr(document.value), lines, columns, sizes, document.floats


def agree(text: str) -> bool:
    """Compare the two ways; tell whether the quick one had an answer."""
    text, trouble_at, what = parse._decode(text.encode())
    quick = None if what else swift.documents(text, "a.yaml", parse.DEPTH)
    if quick is None:
        return False
    careful = parse._careful(text, "a.yaml", trouble_at, what)
    assert careful.readable
    assert not careful.findings
    assert [shape(one) for one in quick] == [shape(one) for one in careful.documents]
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_both_ways_agree_on_sound_files_and_the_quick_one_has_an_answer(path: Path) -> None:
    assert agree(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_both_ways_agree_on_the_files_of_cases(path: Path) -> None:
    case = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    for content in case.get("files", {}).values():
        raw = content.encode() if isinstance(content, str) else base64.b64decode(content["base64"])
        agree(raw.decode("utf-8", "ignore"))


PIECES = st.sampled_from(
    (
        *("a", "b", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ", ", "'", '"', "#", "&x ", "*x"),
        *("!t ", "---\n", "...\n", "? ", "| \n", "1", "1.5", "null", "~", "true", "<<", "\t"),
        *("\r\n", "é"),
    )
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=20).map("".join))
def test_both_ways_agree_on_any_text(text: str) -> None:
    agree(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "---\n---\n",
        "a:\n",
        "- \n-\n",
        "{a: , b: }",
        "? \n: b",
        "a: 1.5\n",
    ],
)
def test_both_ways_agree_on_what_is_empty(text: str) -> None:
    agree(text)


@pytest.mark.parametrize(
    "text",
    ["a: &x 1", "a: !!str 1", "a: 1\na: 2", "1: a", "[a]: b", "<<: {}", "a: [", "- " * 101 + "a"],
)
def test_the_quick_way_leaves_what_is_odd_to_the_careful_one(text: str) -> None:
    assert swift.documents(text, "a.yaml", parse.DEPTH) is None
