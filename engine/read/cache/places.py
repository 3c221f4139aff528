"""The two places that policies lie in, and the addresses of their compiled sets.

A directory's address is the hash of its policy files' paths and contents, with those of its tables
and the names of all files where documents name tables; a revision's is git's own id of the tree.
"""

from __future__ import annotations

import os

from engine.errors import SourceError
from engine.read.cache import home
from engine.read.cache.hashes import blake2b
from engine.read.cache.tag import tag
from engine.read.cache.trees import (
    EVERY,
    Details,
    Known,
    Listing,
    details,
    hashed,
    known,
    look,
    written,
)
from engine.read.labels import is_policy_file, label
from engine.shapes import dataclass, field
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.read.git import Repository
    from engine.read.load import Loaded
    from engine.read.source import WorkingTree

_ADDRESS: Final = 32
_UNFIT: Final = (OSError, OverflowError, UnicodeError)
"""What a file system may answer that the cache is no good for."""


class Kept(NamedTuple):
    """Where to keep a set, and the path below the policy directory of each file by its label."""

    address: bytes
    paths: Mapping[str, str]


@dataclass(slots=True)
class Directory:
    """A policy directory of the working tree.

    NOTE: elsewhere than on POSIX a stat doesn't tell when a file was changed, and nothing is kept.
    """

    root: str
    _before: Listing | None = None
    _read: dict[str, bytes | None] = field(default_factory=dict)

    def address(self) -> bytes | None:
        """Return the address of the compiled set of what lies there now, if that is known."""
        if os.name != "posix":
            return None
        try:
            name, key = self._own()
            file = home.opened(name)
            if file is None:
                return None
            with file:
                found = known(file, key)
                if found is None:
                    return None
                listing = look(self.root, found.tables)
                if found.is_as(listing):
                    return found.address
                before = details(file, key)
            return before and self._again(found, before, listing)
        except _UNFIT:
            return None

    def contents(self) -> dict[str, bytes] | None:
        """Return the hash of the contents of each policy file; None where they can't be told.

        Files are read only where their stats don't tell that they are as they were.
        """
        if os.name != "posix":
            return None
        source = _working_tree(self.root)
        try:
            name, key = self._own()
            found, before = self._known(name, key)
            listing = look(self.root, None)
            hashes = before.believed(found, listing) if found and before else {}
            fresh = [path for path in listing.paths if path not in hashes]
            hashes |= {path: hashed(source.read(path)) for path in fresh}
            if found is None or (fresh and found.tables is None):
                address = _address(listing, hashes, None)
                self._remember(address, None, listing, hashes)
        except (*_UNFIT, SourceError):
            return None
        return hashes

    @staticmethod
    def _known(name: str, key: bytes) -> tuple[Known | None, Details | None]:
        """Return all that a file of the cache says of the directory."""
        file = home.opened(name)
        if file is None:
            return None, None
        with file:
            found = known(file, key)
            return found, details(file, key) if found else None

    def _own(self) -> tuple[str, bytes]:
        """Return the file that tells what is known of the directory, and the key to it."""
        path = os.path.realpath(self.root).encode("utf-8", "surrogateescape")
        key = blake2b(path, digest_size=_ADDRESS, key=tag()).digest()
        return f"{key[:20].hex()}.tree", key

    def _again(self, found: Known, before: Details, listing: Listing) -> bytes | None:
        """Return the address by contents, of which only those are hashed that may be others."""
        hashes = before.believed(found, listing)
        source = _working_tree(self.root)
        try:
            for path in listing.looked_at():
                if path in hashes:
                    continue
                if not is_policy_file(path) and self._is_link(path):
                    return None
                hashes[path] = hashed(source.read(path))
        except SourceError:
            return None
        address = _address(listing, hashes, found.tables)
        if not home.has(f"{address.hex()}.set"):
            return None
        self._remember(address, found.tables, listing, hashes)
        return address

    def _remember(
        self,
        address: bytes,
        tables: tuple[str, ...] | None,
        listing: Listing,
        hashes: Mapping[str, bytes],
    ) -> None:
        name, key = self._own()
        home.put(name, written(key, address, tables, listing, hashes))

    def load(self) -> Loaded:
        """Read the policies; what is read is hashed on the way."""
        from engine.read.cache.watched import Watched
        from engine.read.load import load

        try:
            self._before = look(self.root, EVERY) if os.name == "posix" else None
        except _UNFIT:
            self._before = None
        return load(Watched(self.root, self._read), rows=False)

    def kept_at(self, loaded: Loaded) -> Kept | None:
        """Return where to keep what was loaded; None where it isn't sure what that was."""
        before = self._before
        if before is None:
            return None
        try:
            tables = self._tables(loaded)
            listing = before.only(tables)
            hashes = {path: self._hash(path) for path in listing.looked_at()}
            whole = {path: one for path, one in hashes.items() if one is not None}
            policy_files = sorted(path for path in listing.paths if is_policy_file(path))
            if len(whole) < len(hashes) or policy_files != list(loaded.files):
                return None
            address = _address(listing, whole, tables)
            self._remember(address, tables, listing, whole)
        except _UNFIT:
            return None
        return Kept(address, {label(self.root, path): path for path in listing.paths})

    def _tables(self, loaded: Loaded) -> tuple[str, ...] | None:
        """Return the tables that the documents name, None where no document does."""
        from engine.read.source import matching

        directories = loaded.policies.directories
        if not directories:
            return None
        found = {file for one in directories for file in matching(loaded.source, one.source)}
        return tuple(sorted(found))

    def _hash(self, path: str) -> bytes | None:
        """Return the hash of what was read of a file.

        A table that is no text is read by DuckDB, behind our back: its contents are known where
        it was old before that and is the same now. A table behind a link is left alone, since
        where that leads counts too.
        """
        if path in self._read and (is_policy_file(path) or not self._is_link(path)):
            return self._read[path]
        before = self._before
        if before is None or self._is_link(path):
            return None
        then = dict(before.by_path())[path]
        if not before.is_old(then):
            return None
        try:
            contents = hashed(_working_tree(self.root).read(path))
        except SourceError:
            return None
        now = dict(look(self.root, (path,)).by_path()).get(path)
        return contents if now == then else None

    def _is_link(self, path: str) -> bool:
        return os.path.islink(os.path.join(self.root, path))


def _working_tree(root: str) -> WorkingTree:
    from engine.read.source import WorkingTree

    return WorkingTree(root)


def _address(
    listing: Listing, hashes: Mapping[str, bytes], tables: tuple[str, ...] | None
) -> bytes:
    made = blake2b(digest_size=_ADDRESS, key=tag())
    made.update(b"plain" if tables is None else b"names")
    for path in sorted(listing.paths):
        made.update(path.encode("utf-8", "surrogateescape"))
        contents = hashes.get(path, b"")
        made.update(b"\0%d\0" % len(contents) + contents)
    return made.digest()


@dataclass(slots=True)
class Commit:
    """A policy directory as it was at a git revision. Raises GitError as git itself complains."""

    root: str
    name: str
    _found: Repository | None = None
    _commit: str = ""
    _tree: str | None = None

    def address(self) -> bytes | None:
        """Return the address of the compiled set of a tree."""
        from engine.read.git import repository

        self._found = repository(self.root)
        self._commit = self._found.commit(self.name)
        self._tree = self._found.tree(self._commit)
        if self._tree is None:
            return None
        try:
            return blake2b(self._tree.encode(), digest_size=_ADDRESS, key=tag()).digest()
        except OSError:
            return None

    def load(self) -> Loaded:
        """Read the policies of the revision."""
        from engine.read.load import load
        from engine.read.revisions import at_commit, revision

        if self._found is None:
            return load(revision(self.root, self.name), rows=False)
        source = at_commit(self._found, self.root, self.name, self._commit)
        return load(source, rows=False)

    def kept_at(self, loaded: Loaded) -> Kept | None:
        """Return where to keep the set; links and submodules may lead out of the tree."""
        from engine.read.revisions import Revision

        source = loaded.source
        if self._tree is None or not isinstance(source, Revision) or not source.is_one_tree():
            return None
        address = blake2b(self._tree.encode(), digest_size=_ADDRESS, key=tag()).digest()
        return Kept(address, {source.label(path): path for path in source.files()})
