"""`engine.shapes` against the standard library: whatever it declares, the two behave alike.

Law: of one declaration, both classes take and refuse the same arguments, and their instances have
the same fields, text, equality and hash, are frozen alike, and are replaced and copied alike.
"""

from __future__ import annotations

import copy
import dataclasses
import pickle
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import shapes

OPTIONS = [
    {"frozen": frozen, "slots": slots, "kw_only": kw_only, "eq": eq}
    for frozen in (False, True)
    for slots in (False, True)
    for kw_only in (False, True)
    for eq in (False, True)
]


def declared(library, options):
    """Declare the same two classes, one below the other, with one library or the other."""

    class Shape:
        """A shape."""

        __qualname__ = "Shape"
        a: int
        b: str = "b"
        c: list = library.field(default_factory=list)
        d: str | None = library.field(default=None, compare=False, repr=False)
        e: dict = library.field(default_factory=dict, init=False, repr=False)

        def both(self):
            return self.a, self.b

    base = library.dataclass(**options)(Shape)

    class Below(base):
        __qualname__ = "Below"
        f: int = 7

    return base, library.dataclass(**options)(Below)


def tried(action):
    """Return what an action returns or raises, without the address of anything."""
    try:
        return action()
    except (TypeError, AttributeError, ValueError) as error:
        return type(error)


VALUES = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 2), max_size=5)


@pytest.mark.parametrize("options", OPTIONS)
@given(one=VALUES, other=VALUES, positions=st.lists(st.integers(0, 2), max_size=3))
def test_both_libraries_make_the_same(options, one, other, positions):
    for ours, theirs in zip(declared(shapes, options), declared(dataclasses, options), strict=True):
        assert tried(lambda c=ours: repr(c(*positions, **one))) == tried(
            lambda c=theirs: repr(c(*positions, **one))
        )
        mine, yours = tried(lambda c=ours: c(**one)), tried(lambda c=theirs: c(**one))
        assert isinstance(mine, type) == isinstance(yours, type)
        if isinstance(mine, type):
            continue
        names = [field.name for field in dataclasses.fields(yours)]
        assert [field.name for field in dataclasses.fields(mine)] == names
        assert [getattr(mine, n) for n in names] == [getattr(yours, n) for n in names]
        assert mine.both() == yours.both()
        my_other, your_other = tried(lambda c=ours: c(**other)), tried(lambda c=theirs: c(**other))
        assert (mine == my_other) == (yours == your_other)
        assert mine != yours
        for changes in ({"b": "x"}, {"z": "x"}, other):
            replaced = [
                tried(lambda o=o, c=changes, f=f: repr(f(o, **c)))
                for f, o in (
                    (dataclasses.replace, yours),
                    (dataclasses.replace, mine),
                    (shapes.replace, mine),
                )
            ]
            assert replaced[0] == replaced[1] == replaced[2]
        for name in ("a", "z"):
            mine_set, yours_set = (
                tried(lambda o=o, name=name: setattr(o, name, 5)) for o in (mine, yours)
            )
            assert (mine_set is None) == (yours_set is None)
        assert repr(copy.copy(mine)) == repr(copy.copy(yours))


@pytest.mark.parametrize("options", OPTIONS)
def test_hashes_are_had_alike(options):
    (ours, _), (theirs, _) = declared(shapes, options), declared(dataclasses, options)
    mine, yours = ours(a=1, c=()), theirs(a=1, c=())
    assert isinstance(tried(lambda: hash(mine)), type) == isinstance(
        tried(lambda: hash(yours)), type
    )


def test_frozen_ones_refuse_as_the_standard_library_does():
    shape, _ = declared(shapes, {"frozen": True, "slots": True})
    one = shape(a=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.a = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.a


def test_a_weak_reference_is_had_where_it_is_asked_for():
    @shapes.dataclass(slots=True, weakref_slot=True, eq=False)
    class Held:
        a: int

    one = Held(1)
    assert weakref.ref(one)() is one


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError):
        shapes.dataclass(order=True)(type("Shape", (), {"__annotations__": {}}))


def test_the_engine_s_own_are_copied_whole():
    from engine.model import Who

    who = Who(users=("ann@acme.example",))
    assert pickle.loads(pickle.dumps(copy.deepcopy(who))) == who  # noqa: S301 - our own
    assert hash(copy.copy(who)) == hash(who)
