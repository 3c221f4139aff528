"""Verdicts on tables that are too large to be kept: what was found sound is not checked again.

A verdict lies under the hash of all that a check reads, the tables' bytes among it. It is a few
bytes that say no more than that.
"""

from __future__ import annotations

import json

from engine.read.cache import sealed
from engine.typed import Final, NamedTuple

_KIND: Final = "sound"


class Verdict(NamedTuple):
    """Tables are sound: how many rows they have, and whether some need the careful form."""

    rows: int
    odd: bool


def find(where: bytes) -> Verdict | None:
    """Return the verdict that lies at an address, if there is one that can be believed."""
    said = sealed.find(where, _KIND)
    return None if said is None else Verdict(**json.loads(bytes(said)))


def keep(where: bytes, verdict: Verdict) -> None:
    """Keep a verdict, where that can be done."""
    sealed.keep(where, _KIND, [json.dumps(verdict._asdict()).encode("ascii")])
