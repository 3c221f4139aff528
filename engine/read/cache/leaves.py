"""What a policy file holds, kept so that it need not be parsed again: values, and their places.

Kept is what is plain and clean: documents in which the schema finds nothing, without anchors and
floats. Comments that silence warnings are left out: for a diff, which warns of nothing. It lies
under git's id of the file's contents, or in the outline of a tree that has the file; it is JSON,
and what does not fit together is not believed.
"""

from __future__ import annotations

from array import array

from engine.read.cache import home
from engine.read.cache.hashes import blake2b
from engine.read.cache.notation import read
from engine.read.cache.shelf import DamagedError
from engine.read.cache.tag import LAW, tag
from engine.read.document import Document, Places
from engine.read.parsed import DEPTH, Parsed
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS: Final = 32
_DIGEST: Final = 16
_MOST: Final = 1 << 24
"""Past so many bytes a file is not kept by itself."""
_WRONG: Final = (ValueError, TypeError, OverflowError, RecursionError)
_SCALARS: Final = frozenset((str, int, bool, type(None)))


def content(parsed: Parsed) -> list[object] | None:
    """Return what is kept of a file, as JSON can hold it; None where nothing is."""
    if parsed.findings or not parsed.readable:
        return None
    if not all(map(_is_plain, parsed.documents)):
        return None
    return [
        (one.value, one.places.line.tolist(), one.places.column.tolist())
        for one in parsed.documents
    ]


def _is_plain(document: Document) -> bool:
    places = document.places
    odd = document.floats or document.odd or places.targets or places.hidden
    return document.clean and not odd


def restored(found: Any, label: str) -> Parsed:
    """Return what a file holds, of what was kept; raise DamagedError where that does not fit."""
    try:
        return Parsed([_document(label, *one) for one in found])
    except _WRONG as error:
        raise DamagedError(str(error)) from error


def _document(label: str, value: Any, lines: list[int], columns: list[int]) -> Document:
    sizes = array("I")
    _measure(value, sizes, DEPTH)
    places = Places(array("I", lines), array("I", columns), sizes)
    if type(value) is not dict or not len(places.line) == len(places.column) == len(sizes):
        raise ValueError("values and places do not go together")
    document = Document(label, value, places)
    document.clean = True
    return document


def _measure(value: Any, sizes: array[int], depth: int) -> None:
    """Append the size of each node of a value, as `Places` has it; raise ValueError for others."""
    at = len(sizes)
    sizes.append(1)
    if type(value) in _SCALARS:
        return
    if not depth or type(value) not in {dict, list}:
        raise ValueError("no document holds this")
    is_mapping = type(value) is dict
    for one in value.values() if is_mapping else value:
        if is_mapping:
            sizes.append(1)
        if type(one) in _SCALARS:
            sizes.append(1)
        else:
            _measure(one, sizes, depth - 1)
    sizes[at] = len(sizes) - at


# -- by themselves --------------------------------------------------------------------------


def find(blob: str, label: str) -> Parsed | None:
    """Return what a file holds that git knows by an id, if that was kept."""
    try:
        where = _address(blob)
        data = home.read(_name(where))
        if data is None or data[:_DIGEST] != _digest(where, data[_DIGEST:]):
            return None
        return restored(read(data[_DIGEST:].decode("ascii")), label)
    except (OSError, DamagedError, *_WRONG):
        return None


def keep(some: Iterable[tuple[str, Parsed]]) -> None:
    """Keep what files hold, by git's id of each, where that can be done."""
    if home.folder() is None:
        return
    for blob, parsed in some:
        kept = content(parsed)
        data = b"" if kept is None else _encoded(kept)
        if data and len(data) <= _MOST:
            where = _address(blob)
            home.put(_name(where), [_digest(where, data), data])


def _encoded(kept: list[object]) -> bytes:
    import json

    return json.dumps(kept, separators=(",", ":")).encode("ascii")


def _address(blob: str) -> bytes:
    # NOTE: the law has no part in it, but its tag is known to whoever comes from an outline.
    return blake2b(blob.encode(), digest_size=_ADDRESS, key=tag(*LAW)).digest()


def _name(where: bytes) -> str:
    return f"{where.hex()}.leaf"


def _digest(where: bytes, data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST, key=where).digest()
