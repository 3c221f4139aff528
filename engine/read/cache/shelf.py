"""One file of records found by key: written once, never changed, read a record at a time.

A header, the records, and a table of slots by hash. Every record carries a digest of itself, its
key and the file's address, and every offset is held against the file's size: of a file that is
damaged, or belongs to something else, nothing is believed. It knows nothing of what it holds.
"""

from __future__ import annotations

import os
import struct

from engine.read.cache.hashes import blake2b
from engine.typed import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAGIC: Final = b"calsync\x01"
_HEADER: Final = struct.Struct("<8s32sQQQ")  # magic, address, slots, where they begin, size
_SLOT: Final = struct.Struct("<QII")  # hash of the key (0: empty), offset and length of the record
_DIGEST: Final = 16
_START: Final = _HEADER.size + _DIGEST
_LARGEST: Final = 2**32 - 1


class DamagedError(Exception):
    """What was kept cannot be believed, or was not kept: read the policies themselves."""


def written(address: bytes, records: Iterable[tuple[bytes, bytes]]) -> list[bytes] | None:
    """Return a shelf in pieces, or None where it would be too large; keys must be distinct."""
    places: list[tuple[int, int, int]] = []
    body: list[bytes] = []
    at = _START
    for key, record in records:
        whole = _digest(address, key, record) + record
        places.append((_hash(key), at, len(whole)))
        body.append(whole)
        at += len(whole)
    if at > _LARGEST:
        return None
    number = 1 << max(len(places) * 3 // 2, 1).bit_length()
    slots = bytearray(number * _SLOT.size)
    taken = bytearray(number)
    for place in places:
        slot = place[0] & (number - 1)
        while taken[slot]:
            slot = (slot + 1) & (number - 1)
        taken[slot] = 1
        _SLOT.pack_into(slots, slot * _SLOT.size, *place)
    header = _HEADER.pack(_MAGIC, address, number, at, at + len(slots))
    return [header + _digest(address, b"", header), *body, bytes(slots)]


def _hash(key: bytes) -> int:
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "little") or 1


def _digest(address: bytes, key: bytes, record: bytes) -> bytes:
    made = blake2b(key, digest_size=_DIGEST, key=address)
    made.update(b"\0")
    made.update(record)
    return made.digest()


class Shelf:
    """An open shelf. Raises DamagedError wherever it isn't what was written under its address."""

    def __init__(self, descriptor: int, address: bytes) -> None:
        self._file = open(descriptor, "rb", buffering=0)  # noqa: SIM115 - closed by `close`
        self._address = address
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        head = self._at(0, _START)
        header, digest = head[: _HEADER.size], head[_HEADER.size :]
        if digest != _digest(self._address, b"", header):
            raise DamagedError("the header is not what was written")
        magic, address, number, self._slots, self._size = _HEADER.unpack(header)
        self._mask = number - 1
        whole = self._slots + number * _SLOT.size
        if (
            magic != _MAGIC
            or address != self._address
            or number & self._mask
            or not _START <= self._slots <= self._size == whole
            or os.fstat(self._file.fileno()).st_size != whole
        ):
            raise DamagedError("the header does not go with the file")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def get(self, key: bytes) -> bytes | None:
        """Return the record of a key, or None where no slot names it.

        NOTE: None may come of damage too. Whoever would take it for an answer has to ask a record
        that lists the keys.
        """
        wanted = _hash(key)
        slot = wanted & self._mask
        for _ in range(self._mask + 1):
            found, offset, length = _SLOT.unpack(
                self._at(self._slots + slot * _SLOT.size, _SLOT.size)
            )
            if not found:
                return None
            if found == wanted:
                return self._record(key, offset, length)
            slot = (slot + 1) & self._mask
        raise DamagedError("no slot is empty")

    def _record(self, key: bytes, offset: int, length: int) -> bytes:
        if offset < _START or length < _DIGEST or offset + length > self._slots:
            raise DamagedError("a record lies outside of the file")
        whole = self._at(offset, length)
        record = whole[_DIGEST:]
        if whole[:_DIGEST] != _digest(self._address, key, record):
            raise DamagedError("a record is not what was written")
        return record

    def _at(self, offset: int, length: int) -> bytes:
        try:
            self._file.seek(offset)
            found = self._file.read(length)
        except (OSError, ValueError) as error:
            raise DamagedError(str(error)) from error
        if found is None or len(found) != length:
            raise DamagedError("the file ends too early")
        return found
