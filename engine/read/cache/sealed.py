"""Files of the cache that are believed as wholes: each carries a digest of itself and its address.

An address is the hash of all that a file's contents hang on, so it can't be out of date. What is
damaged, or was written under another address, is as good as none. What stands in it is for the
modules that name the kinds.
"""

from __future__ import annotations

from engine.read.cache import home
from engine.read.cache.hashes import blake2b
from engine.read.cache.tag import tag
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS: Final = 32
_DIGEST: Final = 32


def are_kept() -> bool:
    """Tell whether the user wants anything kept: else nobody need read what it hangs on."""
    return home.folder() is not None


def address(*seen: object) -> bytes | None:
    """Return where what hangs on this lies; None where there's no place. `repr` has to tell all."""
    try:
        return blake2b(repr(seen).encode(), digest_size=_ADDRESS, key=tag()).digest()
    except (OSError, UnicodeError):
        return None


def find(where: bytes, kind: str) -> memoryview | None:
    """Return the contents of the file of a kind at an address, if it can be believed."""
    try:
        data = home.read_large(_name(where, kind))
    except OSError:
        return None
    if data is None:
        return None
    said = data[_DIGEST:]
    return said if data[:_DIGEST] == _digest(where, [said]) else None


def keep(where: bytes, kind: str, parts: Iterable[bytes | memoryview]) -> None:
    """Keep a file, where that can be done."""
    said = list(parts)
    home.put(_name(where, kind), [_digest(where, said), *said])


def _name(where: bytes, kind: str) -> str:
    return f"{where.hex()}.{kind}"


def _digest(where: bytes, said: Iterable[bytes | memoryview]) -> bytes:
    import hashlib  # which has processors hash that can: twice as fast, for what is large

    made = hashlib.sha256(where)
    for part in said:
        made.update(part)
    return made.digest()
