"""Rows and lists get one number where they are the same, and another where they are not."""

from __future__ import annotations

from random import Random

import pytest

np = pytest.importorskip("numpy")

from engine.review.numbering import alike, firsts_of, in_order, numbered  # noqa: E402


def flat(lists, kind=np.uint16):
    sizes = np.array([len(one) for one in lists], np.int64)
    return sizes, np.array([member for one in lists for member in one], kind)


def same(numbers, values):
    """Tell whether there are as many numbers as values, and one for each."""
    return (
        len(set(zip(numbers.tolist(), values, strict=True)))
        == len(set(values))
        == len(set(numbers.tolist()))
    )


@pytest.mark.parametrize("seed", range(20))
def test_lists_are_told_apart_by_what_they_hold_and_its_order(seed):
    rng = Random(seed)
    lists = [tuple(rng.choices(range(3), k=rng.randint(0, 4))) for _ in range(300)]
    assert same(alike(*flat(lists)), lists)
    assert same(alike(*flat(lists, np.int64)), lists)
    ordered = [tuple(sorted(one)) for one in lists]
    assert in_order(*flat(lists)).tolist() == flat(ordered)[1].tolist()


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_told_apart_by_all_their_columns(seed):
    rng = Random(seed)
    rows = [(rng.randint(-1, 3), rng.choice((0, 2**40)), rng.randint(5, 7)) for _ in range(300)]
    numbers = numbered(*(np.array(column) for column in zip(*rows, strict=True)))
    assert same(numbers, rows)
    assert sorted(set(numbers.tolist())) == list(range(len(set(rows))))
    firsts = {number: at for at, number in reversed(list(enumerate(numbers.tolist())))}
    assert firsts_of(numbers).tolist() == [firsts[number] for number in sorted(firsts)]


def test_of_nobody_nothing_is_told():
    none = np.zeros(0, np.int64)
    assert [len(one) for one in (numbered(none), alike(none, none), firsts_of(none))] == [0] * 3
