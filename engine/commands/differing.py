"""What `diff` is asked, apart from how the words were read, and how it is answered."""

from __future__ import annotations

from engine.commands.judging import How, judge
from engine.typed import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation, Rev

FORMATS: Final = ("text", "json", "csv", "parquet", "markdown", "html", "github")


class Diff(NamedTuple):
    """The words behind `diff`. `cache` is false under --no-cache."""

    sides: tuple[str, ...] = ()
    how: How = How()
    rev: Rev = None
    cache: bool = True
    form: str = FORMATS[0]
    outputs: tuple[str, ...] = ()


def differed(invocation: Invocation, asked: Diff) -> int:
    """Write what differs, and return the exit code; raise what keeps that from being done."""
    from engine.commands.compared import Compared
    from engine.commands.outputs import destinations, written
    from engine.read.load import collector_at_rest

    how = asked.how
    to = destinations(asked.form, asked.outputs, FORMATS)
    with collector_at_rest():  # what is read lasts until the end: it need not be walked meanwhile
        comparison = invocation.compared(
            asked.sides, rev=asked.rev, toggles=how.toggles, cache=asked.cache
        )
        written(Compared(comparison, invocation, provenance=how.provenance).renderers, to)
        return judge(comparison, how, differs=bool(comparison.declared))
