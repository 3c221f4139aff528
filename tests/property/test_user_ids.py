"""User ids in tables against the contract: of any text, SQL and Python say the same.

Law: an id has 1 to 254 characters, no control character, no space at either end, and text on both
sides of one `@`; the quick condition holds of exactly the same texts as the careful one. The bytes
of a whole batch are plain where all its ids are such and printable ASCII without a space.
"""

from __future__ import annotations

import duckdb
import nanoarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.read.cells import quick_user_id, user_id
from engine.read.ids import are_plain

PARTS = st.sampled_from(("a", "@", " ", "\\", "'", '"', "%", "_", "~", "!", "é", "\x1f", "\x7f"))
MORE = st.sampled_from(("\x80", "\x9f", "\xa0", "\u2028", "😀", "\n", "\0", "a" * 125, "é" * 125))
TEXTS = st.lists(PARTS | MORE | st.characters(codec="utf-8"), max_size=6).map("".join)

PLAIN = st.from_regex(r"[!-?A-~]{1,4}@[!-?A-~]{1,4}", fullmatch=True)


@pytest.fixture(scope="module")
def asked():
    with duckdb.connect() as connection:
        quick, careful = (condition("x") for condition in (quick_user_id, user_id))
        query = f"SELECT x, {quick}, {careful} FROM (SELECT unnest(?::VARCHAR[]) AS x)"
        yield lambda texts: connection.execute(query, [texts]).fetchall()


def is_well_formed(text):
    controls = any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    before, at, after = text.partition("@")
    parted = before and at and after and "@" not in after
    return bool(parted) and len(text) <= 254 and not controls and text == text.strip(" ")


@given(texts=st.lists(TEXTS, min_size=1, max_size=50))
def test_both_conditions_hold_of_well_formed_ids_alone(asked, texts):
    for text, quick, careful in asked(texts):
        assert quick is careful is is_well_formed(text)


@pytest.mark.parametrize("length", [254, 255])
def test_the_longest_id_has_254_characters(asked, length):
    for letter in ("a", "é"):
        assert asked([f"{letter * (length - 2)}@c"])[0][1:] == (length < 255, length < 255)


@given(texts=st.lists(TEXTS | PLAIN, min_size=1, max_size=5) | st.lists(PLAIN, min_size=1))
def test_a_batch_is_plain_where_all_its_ids_are_printable_and_well_formed(texts):
    one = [all("!" <= c <= "~" for c in text) and is_well_formed(text) for text in texts]
    for some, plain in ((texts, all(one)), *(([t], p) for t, p in zip(texts, one, strict=True))):
        column = nanoarrow.c_array(some, nanoarrow.string())
        assert are_plain(column) is plain
        beside = nanoarrow.c_array(["a b", *some, "c"], nanoarrow.string())
        assert are_plain(beside[1:-1]) is plain
