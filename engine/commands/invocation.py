"""What every command is handed: where the policies are, and what the output is for."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from time import perf_counter

from engine.shapes import dataclass, field
from engine.typed import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.model import PolicySet
    from engine.read.load import Loaded
    from engine.read.source import Source
    from engine.report.screen import Screen
    from engine.review.comparison import Comparison

T = TypeVar("T")


class Moment(NamedTuple):
    """An instant (--at), in the first-parent history of a revision, HEAD where None is named."""

    at: str
    rev: str | None = None


Rev: TypeAlias = "str | Moment | None"
"""What --rev and --at ask for together; None is the working tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The options that stand before the command. `colour` is auto, always or never.

    `quiet` keeps back what says that all is well, and progress; `verbose` adds timings. `cache`
    lets compiled policy sets be kept and used. `lasting` stays until the process ends, which
    need not take it to pieces then: a tenth of a second for a comparison of ten thousand groups.
    """

    policies: str
    colour: str = "auto"
    quiet: bool = False
    verbose: bool = False
    cache: bool = True
    lasting: list[object] = field(default_factory=list, compare=False, repr=False)

    def source(self, rev: Rev = None) -> Source:
        """Return the policy directory, of the working tree or as it was at a revision."""
        if rev is None:
            from engine.read.source import WorkingTree

            return WorkingTree(self.policies)
        if isinstance(rev, Moment):
            return self.load(rev).source
        from engine.read.revisions import revision

        return revision(self.policies, rev)

    def load(self, rev: Rev = None, *, rows: bool = True, tables: bool = True) -> Loaded:
        """Read the policies; without `rows`, those of large tables are not checked.

        Without `tables`, no table is opened.
        """
        if isinstance(rev, Moment) and not tables:
            rev = self.revision(rev)
        if isinstance(rev, Moment):
            from engine.history.moment import in_force

            with self.timed("reading the policies"):
                return in_force(self.policies, rev.at, rev.rev or "HEAD")
        from engine.read.load import load

        with self.timed("reading the policies"):
            return load(self.source(rev), rows=rows, tables=tables)

    def ask(self, question: Callable[[PolicySet], T], rev: Rev = None, *, cache: bool = True) -> T:
        """Put a question to valid policies, those of the cache where it has them.

        The question gets accounts, groups, users, toggles, owners and roles, and may be put twice.
        """
        if not (cache and self.cache) or isinstance(rev, Moment):
            return question(self.load(rev, rows=False).valid())
        from engine.read.cache import places, sets

        place = (
            places.Directory(self.policies) if rev is None else places.Commit(self.policies, rev)
        )

        def load() -> Loaded:
            with self.timed("reading the policies"):
                return place.load()

        return sets.ask(place, question, load)

    @contextmanager
    def timed(self, doing: str) -> Iterator[None]:
        """Show what is being done where it lasts, and with --verbose how long it took."""
        began = perf_counter()
        if self.quiet or not sys.stderr.isatty():
            yield
        else:
            from engine.commands.progress import working

            with working(doing):
                yield
        self.took(doing, perf_counter() - began)

    def took(self, what: str, seconds: float) -> None:
        """Say on standard error, with --verbose, how long something took."""
        if self.verbose:
            sys.stderr.write(f"{what}: {seconds * 1000:,.0f} ms\n")

    def compared(
        self,
        words: Sequence[str],
        *,
        rev: Rev = None,
        toggles: Sequence[str] = (),
        cache: bool = True,
    ) -> Comparison:
        """Compare the two sides that `[OLD [NEW]]` names; `toggles` limits the decisions."""
        from engine.read.load import collector_at_rest
        from engine.review.sliced import compare_sides

        name = self.named(rev)
        with collector_at_rest(), self.timed("comparing the two sides"):
            kept = cache and self.cache
            found = compare_sides(self.policies, words, rev=name, toggles=toggles, cache=kept)
        self.lasting.append(found)
        return found

    def named(self, rev: Rev) -> str | None:
        """Return the revision that --rev and --at name as one side of two; None is neither."""
        return self.source(rev).revision if isinstance(rev, Moment) else rev

    def revision(self, rev: Rev = None) -> str:
        """Return the revision whose history is asked for: HEAD where none is named."""
        if isinstance(rev, Moment):
            from engine.history.moment import commit_at

            return commit_at(self.policies, rev.at, rev.rev or "HEAD")
        return "HEAD" if rev is None else rev

    def coloured(self, stream: IO[Any]) -> bool:
        """Tell whether to colour: --color, then NO_COLOR, FORCE_COLOR, then the terminal.

        As no-color.org and force-color.org say, an empty variable counts as none; and nobody
        who writes FORCE_COLOR=0 wants to force it.
        """
        if self.colour != "auto":
            return self.colour == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
            return True
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    def screen(self, *, err: bool = False, to_file: bool = False) -> Screen:
        """Return what is known of the place that output goes to."""
        from engine.report.screen import Screen

        stream = sys.stderr if err else sys.stdout
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
        piped = to_file or not stream.isatty()
        return Screen(
            width=_width(stream),
            colour=not to_file and self.coloured(stream),
            unicode=encoding.startswith("utf"),
            piped=piped,
        )


def _width(stream: IO[Any]) -> int:
    """Return the columns that COLUMNS or the terminal says, else 80.

    `shutil` knows this too, but importing it costs a tenth of a short answer's time.
    """
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):  # no terminal, or a stream without a number
        return 80
