"""What commands that compare two sets have in common: options, formats, and gates."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.commands.options import toggles_option
from engine.commands.outputs import root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.commands.invocation import Invocation
    from engine.commands.outputs import Renderer
    from engine.report.agenda import Agenda
    from engine.review.comparison import Comparison
    from engine.review.models import Move
    from engine.review.story import Story

_F = TypeVar("_F", bound="Callable[..., Any]")


def comparing_options(function: _F) -> _F:
    """Add `--toggle`, `--provenance` and the gates."""
    for option in (
        click.option(
            "--guardrails",
            is_flag=True,
            help="Exit with 1 when a guardrail is broken now that was not before.",
        ),
        click.option(
            "--forbid",
            multiple=True,
            type=click.Choice(("enabled", "disabled", "locked", "unlocked")),
            help="Exit with 1 when somebody is that now and was not before. Repeatable.",
        ),
        click.option(
            "--max-affected",
            metavar="N|P%",
            help="Exit with 1 when more users are affected; P is of the users on both sides.",
        ),
        click.option(
            "--provenance",
            is_flag=True,
            help="List also those for whom only the reason or source changes.",
        ),
        toggles_option("Only this. Repeatable."),
    ):
        function = option(function)
    return function


def say_broken(messages: Iterable[str]) -> None:
    """Say on standard error which gates are broken."""
    for message in messages:
        click.echo(f"gate broken: {message}", err=True)


def renderers(
    comparison: Comparison,
    invocation: Invocation,
    *,
    provenance: bool,
    move: Move | None = None,
    command: str | None = None,
) -> Mapping[str, Renderer]:
    """Return a renderer for each format, each imported when it is used.

    `move` is what the comparison is about, where that is a move to priorities; `command` is
    what to type to have everybody listed, where that is not `diff`.
    """

    @cache
    def story() -> Story:
        from dataclasses import replace

        from engine.review.story import tell

        told = tell(comparison)
        return replace(told, command=command) if command else told

    @cache
    def agenda() -> Agenda | None:
        if move is None:
            return None
        from engine.report import agenda

        return agenda.agenda(move, comparison)

    def as_text(to_file: bool) -> str:
        from engine.report import agenda_text, diff_text

        screen = invocation.screen(to_file=to_file)
        text = diff_text.render(story(), screen, provenance=provenance)
        above = agenda()
        return f"{agenda_text.render(above, screen)}\n{text}" if above else text

    def as_json(_: bool) -> Iterable[str]:
        from engine.report import diff_json

        above = agenda()
        if above is None:
            return diff_json.render(comparison, provenance=provenance)
        from engine.report.agenda import keys

        return diff_json.render(comparison, provenance=provenance, more=keys(above))

    def as_csv(_: bool) -> Iterable[str]:
        from engine.report import diff_csv

        return diff_csv.render(comparison, provenance=provenance)

    def as_parquet(_: bool) -> Iterable[bytes]:
        from engine.report import diff_parquet

        return diff_parquet.render(comparison, provenance=provenance)

    def as_markdown(_: bool) -> str:
        from engine.report import agenda_markdown, diff_markdown

        above = agenda()
        first = tuple(agenda_markdown.parts(above)) if above else (diff_markdown.MARK,)
        return diff_markdown.render(story(), comparison, provenance=provenance, first=first)

    def as_html(_: bool) -> str:
        from engine.report import diff_html

        return diff_html.render(comparison, story(), provenance=provenance, agenda=agenda())

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
