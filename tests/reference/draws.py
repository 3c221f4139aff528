"""Draws from a `random.Random` that shrink well where Hypothesis stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

T = TypeVar("T")


def chance(rng: Random, percent: int) -> bool:
    """True in so many of a hundred cases; a shrinking generator tends to False."""
    return rng.randrange(100) >= 100 - percent


def pick(rng: Random, pool: Iterable[T], least: int, most: int) -> list[T]:
    """So many different ones of a pool, in any order; fewer where it is too small."""
    left = list(pool)
    size = rng.randint(min(least, len(left)), min(most, len(left)))
    return [left.pop(rng.randrange(len(left))) for _ in range(size)]
