"""Law: a file that is put together from pieces that are known is the file as it is parsed whole.

So it is whatever stands in it: what is no YAML, or odd, is left to the whole way as it would be.
"""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from engine.read import swift
from engine.read.parsed import DEPTH
from engine.read.pieces import Pieces

PIECES = [
    *("", "\n", "# a remark\n", "kind: group\nid: a\n", "kind: group\nid: b\n\n", "x: [1, 2.5]\n"),
    *(
        "a: |\n  ---\n  text\n",
        "a: 'one\n\n  two'\n",
        "--- a\n",
        " --- a\n",
        "---a: 1\n",
        "---\ta\n",
    ),
    *("...\n", "...", "%YAML 1.1\n", "%TAG ! x\n", "a: 1\r\n", "a: *b\n", "a: &b 1\n", "[a,\n"),
    *("a: 'one\n", "- é\n- '\U0001f600'\n", "a: >\n", "null\n", "~", "a: {b: {c: [d, e]}}\n"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=9).map("---\n".join)


def arrays(places):
    return places.line, places.column, places.size


def told(documents):
    if documents is None:
        return None
    return [
        (one.file, repr(one.value), one.floats, one.odd, *map(list, arrays(one.places)))
        for one in documents
    ]


def whole(text, file):
    return told(swift.documents(text, file, DEPTH))


@given(st.lists(st.tuples(TEXTS, st.sampled_from("ab")), min_size=1, max_size=4))
@example([("a: 1\n---\nb: 2\n", "a"), ("a: 1\n---\nc: 3\n---\nb: 2\n", "a")])
@example([("a: 1\n---\nb: 2\n", "a"), ("x\n---\na: 1\n---\nb: 2\n---", "b")])
def test_known_pieces_change_nothing(files):
    pieces = Pieces()
    for text, file in files:
        assert told(pieces.documents(text, file, DEPTH)) == whole(text, file)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 8), st.sampled_from(PIECES)), max_size=3))
def test_an_edit_of_a_file_changes_what_it_edits_alone(text, edits):
    pieces = Pieces()
    assert told(pieces.documents(text, "a", DEPTH)) == whole(text, "a")
    parts = text.split("---\n")
    for at, part in edits:
        parts[at % len(parts)] = part
    edited = "---\n".join(parts)
    assert told(pieces.documents(edited, "a", DEPTH)) == whole(edited, "a")


def test_what_did_not_move_is_the_same_document():
    pieces = Pieces()
    groups = [f"---\nkind: group\nid: g{number}\n" for number in range(9)]
    old = pieces.documents("".join(groups), "a", DEPTH)
    groups[4] = "---\nkind: group\nid: other\n"
    new = pieces.documents("".join(groups), "a", DEPTH)
    assert [before is after for before, after in zip(old, new, strict=True)] == [
        number != 4 for number in range(9)
    ]
    groups[2] += "# one line more\n"
    moved = pieces.documents("".join(groups), "a", DEPTH)
    assert [before.value is after.value for before, after in zip(new, moved, strict=True)] == [
        number != 2 for number in range(9)
    ]
    assert moved[8].locate(("id",)).line == new[8].locate(("id",)).line + 1
    assert moved[8].written(("id",)) == "g8"
