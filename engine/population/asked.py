"""Which decision rows of a population are wanted, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model import NOTHING
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows are wanted. `members` are (account, group); empty tuples ask for all.

    `conditions` holds, by the number of a column, what it may say, as CSV writes it.
    """

    toggles: tuple[str, ...]
    account: str | None = None
    users: tuple[str, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    conditions: Mapping[int, set[str]] = field(default_factory=lambda: NOTHING)
    sorted: bool = True
    memory: str | None = None
