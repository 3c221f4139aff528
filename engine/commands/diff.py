"""`calsync diff [OLD [NEW]]`: what changed, what that changes for whom, because of which line."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import click

from engine.commands.options import known, rev_option
from engine.commands.outputs import (
    destinations,
    formats_option,
    refuse_bytes_on_a_terminal,
    root,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.commands.invocation import Invocation
    from engine.commands.outputs import Renderer
    from engine.review.comparison import Comparison
    from engine.review.story import Story

_FORMATS = ("text", "json", "csv", "parquet", "markdown", "html", "github")


@click.command("diff")
@click.argument("sides", nargs=-1, metavar="[OLD [NEW]]")
@click.option(
    "--toggle",
    "toggles",
    shell_complete=known("toggle"),
    metavar="KEY",
    multiple=True,
    help="Only this. Repeatable.",
)
@click.option(
    "--provenance", is_flag=True, help="List also those for whom only the reason or source changes."
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 when anything changed.")
@click.option(
    "--max-affected",
    metavar="N|P%",
    help="Exit with 1 when more users are affected; P is of the users on both sides.",
)
@click.option(
    "--forbid",
    multiple=True,
    type=click.Choice(("enabled", "disabled", "locked", "unlocked")),
    help="Exit with 1 when somebody is that now and was not before. Repeatable.",
)
@click.option(
    "--guardrails",
    is_flag=True,
    help="Exit with 1 when a guardrail is broken now that was not before.",
)
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
        written(_renderers(comparison, invocation, provenance=provenance), to)
        messages = broken(comparison, allowed, forbid, guardrails=guardrails)
    for message in messages:
        click.echo(f"gate broken: {message}", err=True)
    if messages or (exit_code and comparison.declared):
        ctx.exit(1)


def _renderers(
    comparison: Comparison, invocation: Invocation, *, provenance: bool
) -> Mapping[str, Renderer]:
    @cache
    def story() -> Story:
        from engine.review.story import tell

        return tell(comparison)

    def as_text(to_file: bool) -> str:
        from engine.report import diff_text

        return diff_text.render(story(), invocation.screen(to_file=to_file), provenance=provenance)

    def as_json(_: bool) -> Iterable[str]:
        from engine.report import diff_json

        return diff_json.render(comparison, provenance=provenance)

    def as_csv(_: bool) -> Iterable[str]:
        from engine.report import diff_csv

        return diff_csv.render(comparison, provenance=provenance)

    def as_parquet(_: bool) -> Iterable[bytes]:
        from engine.report import diff_parquet

        return diff_parquet.render(comparison, provenance=provenance)

    def as_markdown(_: bool) -> str:
        from engine.report import diff_markdown

        return diff_markdown.render(story(), comparison, provenance=provenance)

    def as_html(_: bool) -> str:
        from engine.report import diff_html

        return diff_html.render(comparison, story(), provenance=provenance)

    def as_github(_: bool) -> str:
        from engine.report import diff_annotations, github

        return github.render(diff_annotations.annotated(story(), comparison, root=root()))

    return {
        "github": as_github,
        "text": as_text,
        "json": as_json,
        "csv": as_csv,
        "parquet": as_parquet,
        "markdown": as_markdown,
        "html": as_html,
    }
