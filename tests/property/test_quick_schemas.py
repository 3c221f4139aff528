"""The quick way through a schema against the authority: they pass the same ids, whatever they hold.

Law: a text is clean to jsonschema-rs, by the plainer patterns that it is asked with, if and only if
jsonschema finds nothing in it.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.read import schemas

pytest.importorskip("jsonschema_rs")

SIGNS = st.sampled_from("a@ \t\n\x00\x1f\x7f\x85\x9f\xa0é\u2028\U0001f600.:")
TEXTS = st.one_of(
    st.text(SIGNS, max_size=6),
    st.text(max_size=8),
    st.builds(
        lambda first, sign, number, last: first + sign * number + last,
        st.text(SIGNS, max_size=2),
        SIGNS,
        st.integers(250, 257),
        st.text(SIGNS, max_size=2),
    ),
)


def clean(kind: str, value: dict) -> tuple[bool, bool]:
    quick = schemas._fast(kind)
    assert quick is not None
    return quick(value), not list(schemas._authority(kind).iter_errors(value))


@given(TEXTS)
@example("x" * 254)
@example("x" * 255)
@example("x\n")
@example("")
def test_ids_are_judged_alike(text):
    quick, authority = clean("group", {"kind": "group", "id": text})
    assert quick == authority


@given(st.one_of(TEXTS, st.builds("{}@{}".format, TEXTS, TEXTS)))
@example("a@b")
@example("a@")
@example("@b")
@example("a@b@c")
@example("x" * 252 + "@b")
@example("x" * 253 + "@b")
@example("a@b\n")
def test_the_ids_of_users_are_judged_alike(text):
    quick, authority = clean("user", {"kind": "user", "id": text, "groups": []})
    assert quick == authority


def test_every_pattern_that_has_a_plainer_one_stands_in_a_schema():
    """Else the table speaks of patterns that were changed, and nothing is plainer."""
    found = "".join(repr(schemas.schema(kind)) for kind in schemas.KINDS)
    assert all(repr(pattern)[1:-1] in found for pattern in schemas._PLAIN)
    assert all(
        repr(plain)[1:-1] in repr(schemas._plainer(schemas.schema("user")))
        for plain in schemas._PLAIN.values()
    )
