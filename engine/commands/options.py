"""Options that several commands share."""

from __future__ import annotations

import re
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from engine.commands import streams
from engine.commands.outputs import SERVICES
from engine.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from click.shell_completion import CompletionItem

_SIZE: Final = re.compile(r"(?=.*[1-9])([0-9]+(\.[0-9]+)?) ?([KMGT]i?B|[KMGT]|%)", re.IGNORECASE)
_FOR_PEOPLE: Final = ("text", "table", "auto")
_F = TypeVar("_F", bound="Callable[..., Any]")


def gathered(how: type[Any], options: Iterable[Callable[..., Any]]) -> Callable[[_F], _F]:
    """Add options, in this order; the command gets them as `how`, a named tuple of their names."""

    def add(function: _F) -> _F:
        @wraps(function)
        def asked(*words: Any, **given: Any) -> Any:
            said = how(**{name: given.pop(name) for name in how._fields})
            return function(*words, how=said, **given)

        whole: Callable[..., Any] = asked
        for option in reversed(tuple(options)):
            whole = option(whole)
        return cast("_F", whole)

    return add


def known(kind: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Let a shell complete ids of a kind, such as target, user, group, toggle or code."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from engine.commands import completion

        return completion.complete(kind, ctx, param, incomplete)

    return complete


def rev_option(function: _F) -> _F:
    """Add `--rev REV` and `--at INSTANT`; the command gets both in `rev`, for Invocation."""

    @wraps(function)
    def asked(*words: Any, rev: str | None, at: str | None, **options: Any) -> Any:
        from engine.commands.invocation import Moment

        return function(*words, rev=rev if at is None else Moment(at, rev), **options)

    at_option = click.option(
        "--at",
        metavar="INSTANT",
        help="Read the policies that were in force then, by the commits of REV or HEAD.",
    )
    named = click.option(
        "--rev", metavar="REV", help="Read the policies of a git revision, not the working tree."
    )
    return cast("_F", named(at_option(asked)))


def cache_option(function: _F) -> _F:
    """Add `--no-cache`; the root command has it too."""
    return click.option(
        "--no-cache", is_flag=True, help="Read the policies anew, and keep nothing of them."
    )(function)


def account_option(function: _F) -> _F:
    """Add `--in ACCOUNT`."""
    return click.option(
        "--in",
        "account",
        metavar="ACCOUNT",
        shell_complete=known("account"),
        help="Tell groups of one name apart.",
    )(function)


def toggle_option(function: _F) -> _F:
    """Add `--toggle KEY` for commands that speak of one toggle."""
    from engine.model import SYNC_TOGGLE

    return click.option(
        "--toggle",
        metavar="KEY",
        default=SYNC_TOGGLE,
        show_default=True,
        shell_complete=known("toggle"),
        help="The toggle.",
    )(function)


def toggles_option(said: str) -> Callable[[_F], _F]:
    """Add `--toggle KEY`, repeatable, for commands that may speak of several toggles."""
    return click.option(
        "--toggle",
        "toggles",
        metavar="KEY",
        multiple=True,
        shell_complete=known("toggle"),
        help=said,
    )


def output_option(function: _F) -> _F:
    """Add `--output FILE`."""
    return click.option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the result to FILE instead of standard output.",
    )(function)


def memory_option(function: _F) -> _F:
    """Add `--memory SIZE`; what is no size is refused whether or not DuckDB is asked."""
    return click.option(
        "--memory",
        metavar="SIZE",
        callback=_size,
        help="What DuckDB may hold in memory, such as 500MB.",
    )(function)


def _size(_: click.Context, __: click.Parameter, written: str | None) -> str | None:
    if written is not None and not _SIZE.fullmatch(written):
        hint = "write it like 500MB or 4GB"
        raise QuestionError(f"`{written}` is no amount of memory", hint=hint)
    return written


def format_option(*formats: str) -> Callable[[_F], _F]:
    """Add `--format`; the first is the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        callback=in_utf8,
        help="The output format.",
    )


def formats_option(*formats: str) -> Callable[[_F], _F]:
    """Add `--format` and `--output`; the first format is the default.

    Where a service's format is among them, `auto` is added.
    """
    automatic = not set(SERVICES).isdisjoint(formats)

    def add(function: _F) -> _F:
        function = click.option(
            "--output",
            "-o",
            "outputs",
            metavar="[FORMAT=]FILE",
            multiple=True,
            help="Write the result to FILE instead of standard output; with FORMAT=, that "
            "format as well. Repeatable.",
        )(function)
        return click.option(
            "--format",
            "form",
            type=click.Choice([*formats, "auto"] if automatic else formats),
            default=formats[0],
            show_default=True,
            callback=in_utf8,
            help="The output format."
            + (" Auto is what the CI service reads, or text." if automatic else ""),
        )(function)

    return add


def in_utf8(_: click.Context | None, __: click.Parameter | None, form: str) -> str:
    """Have what programs read be UTF-8 with LF, whatever the locale; return the format."""
    if form not in _FOR_PEOPLE:
        streams.in_utf8()
    return form
