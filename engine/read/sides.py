"""The two sides of a comparison: what `[OLD [NEW]]` on the command line stands for (SPEC §4).

A side that names an existing directory is that policy directory, else a git revision.
"""

from __future__ import annotations

import os

from engine.errors import GitError, InvalidPoliciesError, QuestionError, SourceError
from engine.read.git import NO_REPOSITORY, Repository, repository
from engine.read.located import located
from engine.read.revisions import at_commit
from engine.read.shared import load_both
from engine.read.source import Memory, WorkingTree
from engine.shapes import dataclass
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.model import PolicySet
    from engine.read.load import Loaded
    from engine.read.source import Source

WORKING_TREE: Final = "working tree"


class Committed(NamedTuple):
    """A policy directory as it was in a commit, which a person calls `name`."""

    repository: Repository
    policies: str
    name: str
    commit: str


@dataclass(slots=True, kw_only=True)
class Side:
    """One side: how a person calls it, and the commit that it stands for, if it is one.

    `missing` means that it is no directory of the working tree; then it counts as empty.
    The policies of a commit are listed when `source` is asked for.
    """

    label: str
    place: Source | Committed
    missing: bool = False

    @property
    def revision(self) -> str | None:
        """The full id of the commit."""
        place = self.place
        return place.commit if isinstance(place, Committed) else place.revision

    @property
    def source(self) -> Source:
        """Where the policies are read from; raise GitError where git cannot answer."""
        if isinstance(self.place, Committed):
            self.place = at_commit(*self.place)
        return self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both sides, read."""

    old: Side
    new: Side
    loaded_old: Loaded
    loaded_new: Loaded

    def valid(self) -> tuple[PolicySet, PolicySet]:
        """Return both sets, or raise InvalidPoliciesError with the findings of each that is not."""
        errors: list[InvalidPoliciesError] = []
        sets: list[PolicySet] = []
        sides = (("old", self.old, self.loaded_old), ("new", self.new, self.loaded_new))
        for word, side, loaded in sides:
            try:
                sets.append(loaded.valid(side=f"{word}, `{side.label}`,"))
            except InvalidPoliciesError as error:
                error.hint = f"run `calsync {_question(side)}` to see the lines"
                errors.append(error)
        if errors:
            errors[0].others = tuple(errors[1:])
            raise errors[0]
        return sets[0], sets[1]


def _question(side: Side) -> str:
    """Return how `calsync` is asked to check a side by itself."""
    if side.revision:
        return f"validate --rev {side.revision[:12]}"
    return "validate" if side.label == WORKING_TREE else f"-p {side.label} validate"


def read_sides(policies: str, words: Sequence[str], *, rev: str | None = None) -> Sides:
    """Read the two sides that the words of a command name.

    Without words HEAD is compared with the working tree, with one word that with the working
    tree, for which `rev` may stand in. `A..B` is both sides, `A...B` starts at the merge base.
    """
    return read_both(policies, *find_sides(policies, words, rev=rev))


def read_both(policies: str, old: Side, new: Side, *, kept: bool = False) -> Sides:
    """Read two sides in full; raise SourceError where neither has policies, and one is missing.

    What long files hold may be `kept` in the cache, for a diff.
    """
    loaded = load_both(old.source, new.source, kept=kept)
    if (old.missing or new.missing) and not any(one.files for one in loaded):
        message = f"there is no policy directory `{policies}` on either side"
        raise SourceError(message, hint="name it with -p")
    return Sides(old=old, new=new, loaded_old=loaded[0], loaded_new=loaded[1])


def find_sides(policies: str, words: Sequence[str], *, rev: str | None = None) -> tuple[Side, Side]:
    """Return the sides that the words name, without reading their files.

    Raises QuestionError for words that do not go together, GitError for what git does not know.
    """
    if len(words) > 2:
        raise QuestionError("a comparison has two sides, OLD and NEW")
    ends = _range(words[0]) if words else None
    if ends and len(words) == 2:
        message = f"`{words[0]}` names both sides already"
        raise QuestionError(message, hint="write OLD..NEW alone, or OLD NEW")
    if rev is not None and (ends or len(words) == 2):
        message = "--rev stands for the working tree, and both sides are named"
        raise QuestionError(message, hint="leave --rev out")
    finder = _Finder(policies, _names(words, ends, rev))
    if ends:
        return finder.both_ends(*ends)
    old = finder.side(words[0] if words else "HEAD")
    if len(words) == 2:
        return old, finder.side(words[1])
    return old, finder.working_tree() if rev is None else finder.revision(rev)


def _names(words: Sequence[str], ends: tuple[str, str, str] | None, rev: str | None) -> list[str]:
    """Return the revisions that the words name, if they are what they seem."""
    if ends:
        found = [ends[0], ends[2]] if ends[1] == ".." else []
    else:
        found = [word for word in words or ["HEAD"] if not os.path.isdir(word)]
    return [*dict.fromkeys([*found, *([rev] if rev else [])])]


def _range(word: str) -> tuple[str, str, str] | None:
    """Return A, the dots and B of `A..B` or `A...B`; an end that is left out is HEAD."""
    old, dots, new = word.partition("..")
    if not dots or os.path.isdir(word) or word.startswith(("./", "../")):
        return None
    if new.startswith("."):
        dots, new = "...", new[1:]
    return old or "HEAD", dots, new or "HEAD"


class _Finder:
    """Finds sides in one repository, which is looked for when a side needs it."""

    def __init__(self, policies: str, names: Sequence[str]) -> None:
        self.policies = policies
        self._repository: Repository | None = None
        self._commits: Mapping[str, str] = {}
        found = located(policies, names)
        if found:
            self._repository, self._commits = found

    @property
    def repository(self) -> Repository:
        if self._repository is None:
            try:
                self._repository = repository(self.policies)
            except GitError as error:
                if error.message != NO_REPOSITORY:
                    raise
                hint = f"{error.hint}, or compare two directories"
                raise GitError(error.message, hint=hint) from error
        return self._repository

    def side(self, word: str) -> Side:
        """Return the directory that a word names, else the revision."""
        if os.path.isdir(word):
            return Side(label=word, place=WorkingTree(word))
        try:
            return self.revision(word)
        except GitError as error:
            if word == "HEAD" or "safe.directory" in (error.hint or ""):
                raise
            what = "a file, no directory" if os.path.exists(word) else "no directory"
            raise GitError(f"`{word}` is {what}, and {error.message}", hint=error.hint) from error

    def revision(self, name: str) -> Side:
        """Return the policies at a revision; an empty tree or unborn HEAD has none."""
        if name in self._commits:
            return self._at(name, self._commits[name])
        if self.repository.is_unborn(name):
            return Side(label=name, place=Memory({}, title=name))
        try:
            return self._at(name, self.repository.commit(name))
        except GitError:
            if self.repository.is_empty_tree(name):
                return Side(label=name, place=Memory({}, title=name))
            raise

    def both_ends(self, old: str, dots: str, new: str) -> tuple[Side, Side]:
        """Return the sides of `A..B`, or of `A...B`, which starts where they went their ways."""
        if dots == "..":
            return self.revision(old), self.revision(new)
        base = self.repository.merge_base(old, new)
        return self._at(f"merge base of {old} and {new}", base), self.revision(new)

    def working_tree(self) -> Side:
        """Return the policy directory as it is now; one that is missing counts as empty."""
        if os.path.isdir(self.policies):
            return Side(label=WORKING_TREE, place=WorkingTree(self.policies))
        if os.path.exists(self.policies):
            raise SourceError(f"`{self.policies}` is no directory", hint="name one with -p")
        if self.repository.bare:
            message = "this repository has no working tree to compare with"
            raise GitError(message, hint="name two revisions, as OLD NEW or OLD..NEW")
        return Side(label=WORKING_TREE, place=Memory({}, title=self.policies), missing=True)

    def _at(self, label: str, commit: str) -> Side:
        return Side(label=label, place=Committed(self.repository, self.policies, label, commit))
