"""What commands that compare two sets have in common: options, formats, and gates."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from engine.commands.options import gathered, toggles_option
from engine.commands.outputs import root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.commands.invocation import Invocation
    from engine.commands.outputs import Renderer
    from engine.report.agenda import Agenda
    from engine.review.comparison import Comparison
    from engine.review.gates import Limit
    from engine.review.models import Move
    from engine.review.story import Story

_F = TypeVar("_F", bound="Callable[..., Any]")


class How(NamedTuple):
    """What the options of all commands that compare say."""

    toggles: tuple[str, ...]
    provenance: bool
    exit_code: bool
    max_affected: Limit | None
    forbid: tuple[str, ...]
    guardrails: bool


def comparing_options(differs: str) -> Callable[[_F], _F]:
    """Add `--toggle`, `--provenance` and the gates; the command gets what they say as `how`.

    `differs` says when --exit-code ends the command with 1.
    """
    return gathered(How, (*_LISTING, *_gates(differs)))


_LISTING: Final = (
    toggles_option("Only this. Repeatable."),
    click.option(
        "--provenance",
        is_flag=True,
        help="List also those for whom only the reason or source changes.",
    ),
)


def _gates(differs: str) -> Iterable[Callable[..., Any]]:
    """Return the options that let a comparison end with 1."""
    return (
        click.option("--exit-code", is_flag=True, help=f"Exit with 1 when {differs}."),
        click.option(
            "--max-affected",
            metavar="N|P%",
            callback=_limit,
            help="Exit with 1 when more users are affected; P is of the users on both sides.",
        ),
        click.option(
            "--forbid",
            multiple=True,
            type=click.Choice(("enabled", "disabled", "locked", "unlocked")),
            help="Exit with 1 when somebody is that now and was not before. Repeatable.",
        ),
        click.option(
            "--guardrails",
            is_flag=True,
            help="Exit with 1 when a guardrail is broken now that was not before.",
        ),
    )


def _limit(_: click.Context, __: click.Parameter, written: str | None) -> Limit | None:
    """Read the limit before anything else is: what is no limit needs no comparison."""
    if written is None:
        return None
    from engine.review.gates import limit

    return limit(written)


def judge(comparison: Comparison, how: How, *, differs: bool) -> int:
    """Say on standard error which gates are broken, and return the exit code."""
    if not (how.max_affected or how.forbid or how.guardrails):
        return int(how.exit_code and differs)
    from engine.report.screen import plain
    from engine.review.gates import broken

    messages = broken(comparison, how.max_affected, how.forbid, guardrails=how.guardrails)
    for message in messages:
        click.echo(plain(f"gate broken: {message}"), err=True)
    return int(bool(messages) or (how.exit_code and differs))


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
        from engine.review.story import tell
        from engine.shapes import replace

        told = tell(comparison)
        return replace(told, command=command) if command else told

    @cache
    def agenda() -> Agenda | None:
        if move is None:
            return None
        from engine.report import agenda

        return agenda.agenda(move, comparison)

    def as_text(to_file: bool) -> str:
        from engine.report import diff_text

        screen = invocation.screen(to_file=to_file)
        text = diff_text.render(story(), screen, provenance=provenance)
        above = agenda()
        if above is None:
            return text
        from engine.report import agenda_text

        return f"{agenda_text.render(above, screen)}\n{text}"

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
        from engine.report import diff_markdown

        first: tuple[str, ...] = (diff_markdown.MARK,)
        above = agenda()
        if above is not None:
            from engine.report import agenda_markdown

            first = tuple(agenda_markdown.parts(above))
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
