"""People whom a question does not tell apart, wherever they stand."""

from __future__ import annotations

from engine.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model import User


class Alike(NamedTuple):
    """People who are alike to a question: one of them, and how many they are.

    Of people in large tables it is the one with the smallest id, and `fold` is what they have in
    common. `ids` are those of all, where they are known.
    """

    user: User
    people: int
    fold: tuple[Any, ...] = ()
    ids: Sequence[str] = ()
