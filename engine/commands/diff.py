"""`calsync diff [OLD [NEW]]`: what changed, what that changes for whom, because of which line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.compared import Compared
from engine.commands.comparing import comparing_options, judge
from engine.commands.options import cache_option, rev_option
from engine.commands.outputs import destinations, formats_option, written

if TYPE_CHECKING:
    from engine.commands.comparing import How
    from engine.commands.invocation import Invocation, Rev

_FORMATS = ("text", "json", "csv", "parquet", "markdown", "html", "github")


@click.command("diff")
@click.argument("sides", nargs=-1, metavar="[OLD [NEW]]")
@comparing_options("anything changed")
@rev_option
@cache_option
@formats_option(*_FORMATS)
@click.pass_context
def command(
    ctx: click.Context,
    sides: tuple[str, ...],
    how: How,
    rev: Rev,
    no_cache: bool,
    form: str,
    outputs: tuple[str, ...],
) -> None:
    """Say what changed in the files, what that changes for whom, and because of which change.

    A side that names an existing directory is that policy directory, else a git revision. A..B
    are both sides, A...B starts where B left A. OLD alone is compared with the working tree,
    and without OLD it is HEAD.
    """
    from engine.read.load import collector_at_rest

    invocation: Invocation = ctx.obj
    to = destinations(form, outputs, _FORMATS)
    with collector_at_rest():  # what is read lasts until the end: it need not be walked meanwhile
        comparison = invocation.compared(sides, rev=rev, toggles=how.toggles, cache=not no_cache)
        written(Compared(comparison, invocation, provenance=how.provenance).renderers, to)
        code = judge(comparison, how, differs=bool(comparison.declared))
    ctx.exit(code)
