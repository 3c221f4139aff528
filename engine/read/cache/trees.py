"""How a directory is known to hold what was compiled: names, contents, and when a stat will do.

A file whose stat is the one that was seen before its contents were hashed has those contents,
provided that it was old enough then: a file that changes twice within the clock's own resolution,
or while a clock is a little wrong, keeps its stat. So what was changed within MARGIN before it was
hashed is hashed again, each time, until it is older. This is the "racy git" rule, with the time of
the change, which no program can set, beside the time of modification, which any can.
"""

from __future__ import annotations

import os
import struct
from array import array
from operator import attrgetter
from time import time_ns

from engine.read.cache.hashes import blake2b
from engine.read.cache.home import MOST
from engine.read.cache.notation import read
from engine.read.labels import POLICY_ENDINGS, is_policy_file
from engine.shapes import dataclass
from engine.typed import IO, TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MARGIN: Final = 10_000_000_000
"""Nanoseconds by which a file must be older than the look at it, for its stat to be believed."""
_FIELDS: Final = 5
_HASH: Final = 32
_DIGEST: Final = 16
_WRONG: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError, struct.error)
"""What a file that was made up can be."""
_LENGTHS: Final = struct.Struct("<QQQQ")
_numbers: Final = attrgetter("st_ctime_ns", "st_mtime_ns", "st_ino", "st_size", "st_dev")
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
        numbers: list[int] = []
        descriptor = os.open(os.path.join(root, folder), os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    name = entry.name
                    if name[0] == ".":
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(f"{folder}{name}/")
                    elif name.endswith(POLICY_ENDINGS):
                        paths.append(folder + name)
                        numbers += _numbers(entry.stat())
                    elif tables is not None:
                        path = folder + name
                        paths.append(path)
                        # Where a table's link leads counts too, so the link is looked at itself.
                        seen = path in tables
                        numbers += _numbers(entry.stat(follow_symlinks=False)) if seen else _NO_STAT
        finally:
            os.close(descriptor)
        stats += array("q", numbers)
    return Listing(paths, stats, at)


@dataclass(slots=True)
class Known:
    """A directory as it was when its contents were hashed, and the address of their compiled set.

    `tables` are the files that the set's directory documents name, None where it has none. `loose`
    are the indexes of the files that were too young for their stats to be believed later. `sight`
    is the hash of the listing: it tells whether all is as it was without reading `details`.
    """

    address: bytes
    tables: tuple[str, ...] | None
    loose: tuple[int, ...]
    sight: bytes

    def is_as(self, listing: Listing) -> bool:
        """Tell by names and stats alone whether a directory is as it was."""
        return not self.loose and self.sight == _sight(listing)


class Details(NamedTuple):
    """The files of a directory, with the hashes of their contents: zeros where there are none."""

    listing: Listing
    hashes: bytes

    def believed(self, found: Known, listing: Listing) -> dict[str, bytes]:
        """Return the hashes of the files of a listing that their stats say are as they were."""
        loose = set(found.loose)
        old = {
            path: (about, self.hashes[number * _HASH : (number + 1) * _HASH])
            for number, (path, about) in enumerate(self.listing.by_path())
            if about != _NO_STAT and number not in loose
        }
        return {
            path: old[path][1]
            for path, about in listing.by_path()
            if path in old and old[path][0] == about
        }


def written(
    key: bytes,
    address: bytes,
    tables: tuple[str, ...] | None,
    listing: Listing,
    hashes: Mapping[str, bytes],
) -> list[bytes]:
    """Return the bytes of a file that says what is known of a listing.

    `hashes` are those of the contents of the files that were looked at. What is told at sight
    comes first, with a digest of its own.
    """
    import json

    loose = [
        number
        for number, (path, about) in enumerate(listing.by_path())
        if path in hashes and not listing.is_old(about)
    ]
    details = [
        _joined(listing.paths),
        listing.stats.tobytes(),
        b"".join(hashes.get(path, bytes(_HASH)) for path in listing.paths),
    ]
    about = {"address": address.hex(), "tables": tables, "loose": loose}
    head = json.dumps({**about, "sight": _sight(listing).hex()}).encode("ascii")
    first = _LENGTHS.pack(len(head), *map(len, details)) + head
    return [_digest(key, first), first, _digest(key, b"".join(details)), *details]


def known(file: IO[bytes], key: bytes) -> Known | None:
    """Return what the start of a file says; None where it is not what was written for a key."""
    digest, lengths = file.read(_DIGEST), file.read(_LENGTHS.size)
    try:
        head = file.read(min(_LENGTHS.unpack(lengths)[0], MOST))
        if _digest(key, lengths + head) != digest:
            return None
        about = read(head.decode("ascii"))
        tables = about["tables"]
        made = Known(
            bytes.fromhex(about["address"]),
            None if tables is None else tuple(map(str, tables)),
            tuple(map(int, about["loose"])),
            bytes.fromhex(about["sight"]),
        )
    except _WRONG:
        return None
    return made if len(made.address) == _HASH else None


def details(file: IO[bytes], key: bytes) -> Details | None:
    """Return what the whole of a file says; None where it is not what was written for a key."""
    file.seek(_DIGEST)
    try:
        head, *lengths = _LENGTHS.unpack(file.read(_LENGTHS.size))
        file.seek(head, os.SEEK_CUR)
        digest = file.read(_DIGEST)
        body = file.read()
        if _digest(key, body) != digest or len(body) != sum(lengths):
            return None
        paths = body[: lengths[0]].decode("utf-8", "surrogateescape")
        stats = array("q", body[lengths[0] : lengths[0] + lengths[1]])
    except (*_WRONG, OSError):
        return None
    listing = Listing(paths.split("\0") if paths else [], stats, 0)
    hashes = body[lengths[0] + lengths[1] :]
    number = len(listing.paths)
    sound = len(stats) == number * _FIELDS and len(hashes) == number * _HASH
    return Details(listing, hashes) if sound else None


def _digest(key: bytes, data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST, key=key).digest()


def _sight(listing: Listing) -> bytes:
    made = blake2b(_joined(listing.paths), digest_size=_HASH)
    made.update(b"\0\0")  # no path is empty, so the paths end here
    made.update(listing.stats)
    return made.digest()


def hashed(data: bytes) -> bytes:
    """Return the hash by which contents are known."""
    return blake2b(data, digest_size=_HASH).digest()


def _joined(paths: list[str]) -> bytes:
    return "\0".join(paths).encode("utf-8", "surrogateescape")
