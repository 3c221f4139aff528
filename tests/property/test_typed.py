"""`engine.typed.NamedTuple` against the standard library's: of one declaration both make the same.

Law: both classes take and refuse the same arguments, from the first tuple on, and their tuples have
the same fields, text, order, equality and hash, and are replaced, matched and copied alike.
"""

from __future__ import annotations

import copy
import pickle
import typing
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from engine import typed
from engine.model import Location


def declared(library):
    """Declare the same class with one library or the other, anew each time."""

    class Shape(library.NamedTuple):
        """A shape."""

        a: int
        b: str = "b"
        c: tuple = ()

        def both(self):
            return self.a, self.b

        @property
        def first(self):
            return self.a

    return Shape


def tried(action):
    """Return what an action returns or raises."""
    try:
        return action()
    except (TypeError, AttributeError, ValueError) as error:
        return type(error)


CALLS = st.tuples(
    st.lists(st.integers(0, 2), max_size=4),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2), max_size=4),
)


@given(calls=st.lists(CALLS, min_size=1, max_size=6))
def test_both_libraries_make_the_same(calls):
    ours, theirs = declared(typed), declared(typing)
    for positions, names in calls:
        mine, yours = (tried(partial(one, *positions, **names)) for one in (ours, theirs))
        assert isinstance(mine, type) == isinstance(yours, type)
        if isinstance(mine, type):
            assert mine is yours
            continue
        assert repr(mine) == repr(yours)
        assert mine == yours == tuple(yours)
        assert hash(mine) == hash(yours)
        assert mine.both() == yours.both()
        assert mine.first == yours.first
        assert mine._asdict() == yours._asdict()
        assert mine._fields == yours._fields
        replaced = [tried(partial(one._replace, **names)) for one in (mine, yours)]
        assert repr(replaced[0]) == repr(replaced[1])
        for changed in (tried(lambda o=o: setattr(o, "a", 1)) for o in (mine, yours)):
            assert changed is AttributeError
        assert repr(copy.copy(mine)) == repr(yours)


@given(values=st.lists(st.integers(), max_size=4))
def test_both_are_made_of_lists_alike(values):
    mine, yours = (tried(lambda c=c: repr(c._make(values))) for c in map(declared, (typed, typing)))
    assert mine == yours


def test_both_match_alike():
    for library in (typed, typing):
        match declared(library)(1, "x"):
            case (first, second, ()):
                assert (first, second) == (1, "x")
        match declared(library)(1, c=(2,)):
            case object(a=1, b="b", c=(2,)):
                pass
            case other:
                raise AssertionError(other)


def test_both_refuse_a_default_before_a_field_without_one():
    for library in (typed, typing):

        def wrong(library=library):
            class Shape(library.NamedTuple):
                a: int = 1
                b: int

            return Shape

        assert tried(wrong) is TypeError


def test_the_engine_s_own_are_pickled_and_copied_whole():
    place = Location("a.yaml", 1, 2)
    assert pickle.loads(pickle.dumps(place)) == place  # noqa: S301 - our own
    assert isinstance(copy.deepcopy(place), Location)
    assert Location.__doc__.startswith("A place in a file.")
    assert Location.__match_args__ == ("file", "line", "column")
