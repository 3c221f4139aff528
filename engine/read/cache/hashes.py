"""The hash by which contents, addresses and records are known."""

from __future__ import annotations

# NOTE: `hashlib` offers the same function, and loads all of OpenSSL before: three milliseconds.
try:
    from _blake2 import blake2b
except ImportError:  # another Python may keep it elsewhere
    from hashlib import blake2b

__all__ = ["blake2b"]
