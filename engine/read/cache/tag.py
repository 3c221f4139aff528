"""What could make the same files mean something else: it is part of every address.

The version of calsync and of Python, and when the engine's files and the packages beside it were
last changed: an upgrade of a parser, or a checkout that somebody works on, starts anew.
"""

from __future__ import annotations

import os
import sys
from functools import cache

from engine import __version__
from engine.read.cache.hashes import blake2b
from engine.typed import Final

_FORMAT: Final = 3
"""The form of records and addresses: a change of either needs another."""
_ENGINE: Final = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
_COMPILERS: Final = (
    "",
    "read",
    os.path.join("read", "cache"),
    "schema",
    os.path.join("..", "schema"),
)
"""The folders, from the engine, of what makes a set of files; one of the last two is there."""
LAW: Final = ("decide", "review")
"""The rooms that find something else in a set when they change."""
_KINDS: Final = (".py", ".json", ".toml")
_PACKAGES: Final = ("site-packages", "dist-packages")


@cache
def tag(*rooms: str) -> bytes:
    """Return what tells apart the programs that would read files in another way.

    With `rooms` of the engine, also those that would find something else in what they read.
    Raises OSError where the engine's own files cannot be looked at.
    """
    seen: list[object] = [_FORMAT, __version__, sys.version, sys.platform]
    for folder in (*_COMPILERS, *rooms):
        path = os.path.join(_ENGINE, folder)
        if folder and not os.path.isdir(path):
            continue
        with os.scandir(path) as entries:
            seen += sorted(_stat(one) for one in entries if one.name.endswith(_KINDS))
    for path in sys.path:
        if os.path.basename(path) in _PACKAGES and os.path.isdir(path):
            seen.append((path, os.stat(path).st_mtime_ns))
    return blake2b(repr(seen).encode("utf-8", "surrogateescape"), digest_size=32).digest()


def _stat(entry: os.DirEntry[str]) -> tuple[str, int, int, int]:
    about = entry.stat()
    return entry.name, about.st_mtime_ns, about.st_ctime_ns, about.st_size
