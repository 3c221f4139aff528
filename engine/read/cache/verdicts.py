"""Verdicts on tables that are too large to be kept: what was found sound is not checked again.

A verdict lies under the hash of all that a check reads, the tables' bytes among it, so it can't be
out of date. It is a few bytes that say no more than that; what is damaged is as good as none.
"""

from __future__ import annotations

import json

from engine.read.cache import home
from engine.read.cache.hashes import blake2b
from engine.read.cache.tag import tag
from engine.typed import NamedTuple

_ADDRESS = 32
_DIGEST = 16


class Verdict(NamedTuple):
    """Tables are sound: how many rows they have, and whether some need the careful form."""

    rows: int
    odd: bool


def are_kept() -> bool:
    """Tell whether the user wants verdicts kept: without one nobody need read what it hangs on."""
    return home.folder() is not None


def address(*seen: object) -> bytes | None:
    """Return where a verdict on this lies; None where there's no place. `repr` has to tell all."""
    try:
        return blake2b(repr(seen).encode(), digest_size=_ADDRESS, key=tag()).digest()
    except (OSError, UnicodeError):
        return None


def find(where: bytes) -> Verdict | None:
    """Return the verdict that lies at an address, if there is one that can be believed."""
    try:
        data = home.read(_name(where))
    except OSError:
        return None
    if data is None or data[:_DIGEST] != _digest(where, data[_DIGEST:]):
        return None
    said = json.loads(data[_DIGEST:])
    return Verdict(said["rows"], said["odd"])


def keep(where: bytes, verdict: Verdict) -> None:
    """Keep a verdict, where that can be done."""
    said = json.dumps(verdict._asdict()).encode("ascii")
    home.put(_name(where), [_digest(where, said), said])


def _name(where: bytes) -> str:
    return f"{where.hex()}.sound"


def _digest(where: bytes, said: bytes) -> bytes:
    return blake2b(said, digest_size=_DIGEST, key=where).digest()
