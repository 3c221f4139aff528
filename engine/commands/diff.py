"""`calsync diff [OLD [NEW]]`: what changed, what that changes for whom, because of which line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.comparing import comparing_options
from engine.commands.differing import FORMATS, Diff, differed
from engine.commands.options import cache_option, formats_option, rev_option

if TYPE_CHECKING:
    from engine.commands.invocation import Rev
    from engine.commands.judging import How


@click.command("diff")
@click.argument("sides", nargs=-1, metavar="[OLD [NEW]]")
@comparing_options("anything changed")
@rev_option
@cache_option
@formats_option(*FORMATS)
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
    ctx.exit(differed(ctx.obj, Diff(sides, how, rev, not no_cache, form, outputs)))
