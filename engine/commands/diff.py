"""`calsync diff [OLD [NEW]]`: what changed, what that changes for whom, because of which line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.comparing import comparing_options, renderers, say_broken
from engine.commands.options import rev_option
from engine.commands.outputs import (
    destinations,
    formats_option,
    refuse_bytes_on_a_terminal,
    written,
)

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation

_FORMATS = ("text", "json", "csv", "parquet", "markdown", "html", "github")


@click.command("diff")
@click.argument("sides", nargs=-1, metavar="[OLD [NEW]]")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when anything changed.")
@comparing_options
@rev_option
@formats_option(*_FORMATS)
@click.pass_context
def command(
    ctx: click.Context,
    sides: tuple[str, ...],
    toggles: tuple[str, ...],
    provenance: bool,
    exit_code: bool,
    max_affected: str | None,
    forbid: tuple[str, ...],
    guardrails: bool,
    rev: str | None,
    form: str,
    outputs: tuple[str, ...],
) -> None:
    """Say what changed in the files, what that changes for whom, and because of which change.

    A side that names an existing directory is that policy directory, else a git revision. A..B
    are both sides, A...B starts where B left A. OLD alone is compared with the working tree,
    and without OLD it is HEAD.
    """
    from engine.read.load import collector_at_rest
    from engine.review.gates import broken, limit

    invocation: Invocation = ctx.obj
    to = destinations(form, outputs, _FORMATS)
    refuse_bytes_on_a_terminal(to)
    allowed = limit(max_affected) if max_affected is not None else None
    with collector_at_rest():  # what is read lasts until the end: it need not be walked meanwhile
        comparison = invocation.compared(sides, rev=rev, toggles=toggles)
        written(renderers(comparison, invocation, provenance=provenance), to)
        messages = broken(comparison, allowed, forbid, guardrails=guardrails)
    say_broken(messages)
    if messages or (exit_code and comparison.declared):
        ctx.exit(1)
