"""The options of commands that compare two sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from engine.commands.judging import How
from engine.commands.options import gathered, toggles_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.review.gates import Limit

_F = TypeVar("_F", bound="Callable[..., Any]")


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
