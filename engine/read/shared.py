"""Several sources read as one: contents that stand in more than one are read and parsed once.

Contents are told apart as git names them, so that of two revisions only the blobs that differ
are fetched, and a file of the working tree is known to be the one that was committed.
"""

from __future__ import annotations

from engine.read.cache import leaves
from engine.read.load import Loaded, build, collector_at_rest
from engine.read.parsed import Parsed
from engine.read.revisions import Revision
from engine.read.source import policy_files
from engine.shapes import dataclass, field, replace
from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.findings import Finding
    from engine.model import Location
    from engine.read.pieces import Pieces
    from engine.read.source import Source


LONG: Final = 32
"""A file of so many documents is parsed in pieces, in case that another holds most of them too."""


def load_both(old: Source, new: Source, *, kept: bool = False) -> tuple[Loaded, Loaded]:
    """Read two sides; a side without policy files is an empty set.

    What long files hold may be `kept` in the cache, for a diff: their comments are not. Raises
    SourceError where a file cannot be read, GitError where git cannot answer.
    """
    revision = next((side for side in (new, old) if isinstance(side, Revision)), None)
    shared = Shared(revision.repository.hashing() if revision else "sha1", kept=kept)
    # What lies in a directory is read anyway; then git need only tell what is not there.
    if isinstance(new, Revision) and not isinstance(old, Revision):
        first, second = shared.load(old), shared.load(new)
    else:
        second, first = shared.load(new), shared.load(old)
    leaves.keep((name, shared.fresh[name]) for name in shared.long)
    return first, second


@dataclass(slots=True)
class Shared:
    """Parsed contents by git's name for them; `hashing` is how the repository names objects.

    `find` may know what contents hold, given their name and a label; `fresh` are those that
    nobody knew. `names` are contents that files of a directory are known to have, by label;
    `pieces` what stands in long files, once there are any. Of these the cache may know more where
    they are `kept`; `long` are contents that it did not know.
    """

    hashing: str = "sha1"
    find: Callable[[str, str], Parsed | None] | None = None
    parsed: dict[str, tuple[str, Parsed]] = field(default_factory=dict)
    fresh: dict[str, Parsed] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    pieces: Pieces | None = None
    kept: bool = False
    long: list[str] = field(default_factory=list)

    def load(self, source: Source) -> Loaded:
        """Read a source, of which only contents that were not met before are parsed."""
        with collector_at_rest():
            files = policy_files(source)
            if isinstance(source, Revision):
                names = {path: source.blob(path) for path in files}
                source.fetch(path for path in files if names[path] not in self.parsed)
                return build(source, files, lambda p: self._of(source, p, names[p]), keep=True)
            return build(source, files, lambda path: self._read(source, path), keep=True)

    def knows(self, name: str, label: str) -> bool:
        """Tell whether it is known what contents hold, so that they need not be read."""
        if name in self.parsed:
            return True
        found = self.find(name, label) if self.find else None
        if found is not None:
            self.parsed[name] = (label, found)
        return found is not None

    def file(self, source: Source, path: str) -> Parsed:
        """Return what one file of a source holds."""
        if isinstance(source, Revision):
            return self._of(source, path, source.blob(path))
        return self._read(source, path)

    def _read(self, source: Source, path: str) -> Parsed:
        known = self.names.get(source.label(path))
        if known is not None:
            return self._of(source, path, known)
        import hashlib  # a revision needs none, and it takes milliseconds

        data = source.read(path)
        head = b"blob %d\0" % len(data)
        name = hashlib.new(self.hashing, head + data, usedforsecurity=False).hexdigest()
        return self._of(source, path, name, data)

    def _of(self, source: Source, path: str, name: str, data: bytes | None = None) -> Parsed:
        label = source.label(path)
        if not self.knows(name, label):
            data = source.read(path) if data is None else data
            self.fresh[name] = self._new(data, name, label)
            self.parsed[name] = label, self.fresh[name]
        known = self.parsed[name]
        return known[1] if known[0] == label else _moved(known[1], label)

    def _new(self, data: bytes, name: str, label: str) -> Parsed:
        from engine.read.parse import parse

        if data.count(b"\n---") < LONG:
            return parse(data, label, self.pieces)
        from engine.read.pieces import Pieces

        self.pieces = self.pieces or Pieces()
        text = "" if not self.kept else data.decode("utf-8", "replace").removeprefix("\ufeff")
        if not self.kept or self.pieces.know(text):
            return parse(data, label, self.pieces)
        found = leaves.find(name, label)
        if found is None:
            self.long.append(name)
            return parse(data, label, self.pieces)
        for document in found.documents:
            document.text = text
        self.pieces.learn(text, found.documents)
        return found


def _moved(parsed: Parsed, label: str) -> Parsed:
    """Return what a file holds as it is in another place with the same contents."""

    def moved(finding: Finding) -> Finding:
        related: Sequence[Any] = finding.related
        return replace(
            finding,
            location=there(finding.location),
            related=tuple(one._replace(location=there(one.location)) for one in related),
        )

    def there(location: Location) -> Location:
        return location._replace(file=label)

    return Parsed(
        documents=[replace(document, file=label) for document in parsed.documents],
        findings=[moved(finding) for finding in parsed.findings],
        readable=parsed.readable,
        ignores=[one._replace(file=label) for one in parsed.ignores],
    )
