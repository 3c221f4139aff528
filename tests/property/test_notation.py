"""The cache's reader of JSON against `json`: whatever either reads, the other reads alike.

Law: of any text without white space around it both return the same, or both raise ValueError.
"""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from engine.read.cache.notation import read

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def tried(reader, text):
    try:
        return reader(text)
    except ValueError:
        return ValueError


@given(value=VALUES)
def test_what_was_written_is_read(value):
    text = json.dumps(value, separators=(",", ":"))
    assert read(text) == value


@given(value=VALUES, cut=st.integers(0, 40), more=st.text('[]{}",:0e-.\\nulNaI ', max_size=4))
def test_what_is_no_json_is_refused(value, cut, more):
    text = json.dumps(value)
    text = f"{text[:cut]}{more}{text[cut + 1 :]}".strip()
    assert repr(tried(read, text)) == repr(tried(json.loads, text))
