"""How a directory is known to hold what was compiled: names, contents, and when a stat will do.

A file whose stat is the one that was seen before its contents were hashed has those contents,
provided that it was old enough then: a file that changes twice within the clock's own resolution,
or while a clock is a little wrong, keeps its stat. So what was changed within MARGIN before it was
hashed is hashed again, each time, until it is older. This is the "racy git" rule, with the time of
the change, which no program can set, beside the time of modification, which any can.
"""

from __future__ import annotations

import json
import os
import struct
from array import array
from itertools import pairwise
from time import time_ns
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.read.cache.hashes import blake2b
from engine.read.labels import is_policy_file
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MARGIN: Final = 10_000_000_000
"""Nanoseconds by which a file must be older than the look at it, for its stat to be believed."""
_FIELDS: Final = 5
_HASH: Final = 32
_DIGEST: Final = 16
_LENGTHS: Final = struct.Struct("<QQQQ")
Stat = tuple[int, ...]
"""Change and modification time in nanoseconds, inode, size and device."""
_NO_STAT: Final = (0,) * _FIELDS


class _Every(frozenset[str]):
    """The set of all files, whatever they are called."""

    def __contains__(self, _: object) -> bool:
        return True


EVERY: Final = _Every()
"""For `look`: every file is to be looked at."""


class Listing(NamedTuple):
    """What a directory holds: paths in the order found, and _FIELDS numbers for each.

    The numbers of files that are not looked at are zeros. `at` is when the look began.
    """

    paths: list[str]
    stats: array[int]
    at: int

    def by_path(self) -> Iterator[tuple[str, Stat]]:
        """Yield each path with its stat."""
        numbers = iter(self.stats)
        return zip(self.paths, zip(*[numbers] * _FIELDS, strict=True), strict=True)

    def looked_at(self) -> Iterator[str]:
        """Yield the files that have a stat."""
        return (path for path, about in self.by_path() if about != _NO_STAT)

    def only(self, tables: Collection[str] | None) -> Listing:
        """Return what `look` with these tables would have found, of a look at everything."""
        kept = [
            (path, about if is_policy_file(path) or path in (tables or ()) else _NO_STAT)
            for path, about in self.by_path()
            if tables is not None or is_policy_file(path)
        ]
        stats = array("q", (number for _, about in kept for number in about))
        return Listing([path for path, _ in kept], stats, self.at)

    def is_old(self, found: Stat) -> bool:
        """Tell whether a file with this stat was old enough at the look."""
        return max(found[0], found[1]) < self.at - MARGIN


def look(root: str, tables: Collection[str] | None) -> Listing:
    """List a policy directory as `WorkingTree` does; raise OSError where that is impossible.

    Without `tables` policy files alone are listed; with them all files are, of which the policy
    files and the tables are looked at.

    NOTE: this is where the time of a question goes when the answer is known: see the decision.
    """
    paths: list[str] = []
    stats = array("q")
    at = time_ns()
    ahead = [""]
    while ahead:
        folder = ahead.pop()
        descriptor = os.open(os.path.join(root, folder), os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    name = entry.name
                    if name[0] == ".":
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(f"{folder}{name}/")
                        continue
                    path = folder + name
                    policies = is_policy_file(name)
                    if policies or (tables is not None and path in tables):
                        # Where a table's link leads counts too, so the link is looked at itself.
                        s = entry.stat(follow_symlinks=policies)
                        paths.append(path)
                        stats.extend((s.st_ctime_ns, s.st_mtime_ns, s.st_ino, s.st_size, s.st_dev))
                    elif tables is not None:
                        paths.append(path)
                        stats.extend(_NO_STAT)
        finally:
            os.close(descriptor)
    return Listing(paths, stats, at)


@dataclass(slots=True)
class Known:
    """A directory as it was when its contents were hashed, and the address of their compiled set.

    `tables` are the files that the set's directory documents name, None where it has none. `loose`
    are the indexes of the files that were too young for their stats to be believed later.
    """

    address: bytes
    tables: tuple[str, ...] | None
    paths: bytes
    stats: bytes
    hashes: bytes
    loose: tuple[int, ...]

    @classmethod
    def of(
        cls,
        address: bytes,
        tables: tuple[str, ...] | None,
        listing: Listing,
        hashes: Mapping[str, bytes],
    ) -> Known:
        """Remember a listing, and the hashes of the contents of the files that were looked at."""
        loose = tuple(
            number
            for number, (path, about) in enumerate(listing.by_path())
            if path in hashes and not listing.is_old(about)
        )
        return cls(
            address,
            tables,
            _joined(listing.paths),
            listing.stats.tobytes(),
            b"".join(hashes.get(path, bytes(_HASH)) for path in listing.paths),
            loose,
        )

    def is_as(self, listing: Listing) -> bool:
        """Tell by names and stats alone whether a directory is as it was."""
        return (
            not self.loose
            and self.stats == listing.stats.tobytes()
            and self.paths == _joined(listing.paths)
        )

    def believed(self, listing: Listing) -> dict[str, bytes]:
        """Return the hashes of the files of a listing that their stats say are as they were."""
        paths = self.paths.decode("utf-8", "surrogateescape").split("\0")
        numbers = iter(array("q", self.stats))
        stats = zip(*[numbers] * _FIELDS, strict=True)
        loose = set(self.loose)
        old = {
            path: (about, self.hashes[number * _HASH : (number + 1) * _HASH])
            for number, (path, about) in enumerate(zip(paths, stats, strict=True))
            if about != _NO_STAT and number not in loose
        }
        return {
            path: old[path][1]
            for path, about in listing.by_path()
            if path in old and old[path][0] == about
        }

    def written(self, key: bytes) -> list[bytes]:
        """Return the bytes of a file that says this."""
        about = {"address": self.address.hex(), "tables": self.tables, "loose": self.loose}
        head = json.dumps(about).encode("ascii")
        parts = [head, self.paths, self.stats, self.hashes]
        parts.insert(0, _LENGTHS.pack(*map(len, parts)))
        digest = blake2b(digest_size=_DIGEST, key=key)
        for part in parts:
            digest.update(part)
        return [digest.digest(), *parts]


def known(data: bytes, key: bytes) -> Known | None:
    """Return what the bytes of a file say; None where they are not what was written for a key."""
    body = memoryview(data)[_DIGEST:]
    if blake2b(body, digest_size=_DIGEST, key=key).digest() != data[:_DIGEST]:
        return None
    try:
        head, paths, stats, hashes = _LENGTHS.unpack_from(body)
        ends = [_LENGTHS.size]
        for length in (head, paths, stats, hashes):
            ends.append(ends[-1] + length)
        first, paths_, stats_, hashes_ = (bytes(body[a:b]) for a, b in pairwise(ends))
        about = json.loads(first.decode("ascii"))
        tables = about["tables"]
        made = Known(
            bytes.fromhex(about["address"]),
            None if tables is None else tuple(map(str, tables)),
            paths_,
            stats_,
            hashes_,
            tuple(map(int, about["loose"])),
        )
        number = made.paths.count(b"\0") + 1 if made.paths else 0
        sound = (
            len(body) == ends[-1]
            and len(made.address) == _HASH
            and len(made.stats) == number * _FIELDS * 8
            and len(made.hashes) == number * _HASH
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, struct.error):
        return None
    return made if sound else None


def hashed(data: bytes) -> bytes:
    """Return the hash by which contents are known."""
    return blake2b(data, digest_size=_HASH).digest()


def _joined(paths: list[str]) -> bytes:
    return "\0".join(paths).encode("utf-8", "surrogateescape")
