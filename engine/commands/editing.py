"""What `set`, `lock` and `unlock` have in common: plan, show, ask, write, say what is next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from engine.commands.options import account_option, gathered, known, toggle_option
from engine.commands.writing import write
from engine.errors import RefusedError, UnknownTargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.commands.invocation import Invocation
    from engine.edit.plan import Plan, Request

_F = TypeVar("_F", bound="Callable[..., Any]")


class How(NamedTuple):
    """What the options of all edit commands say."""

    account: str | None
    toggle: str
    yes: bool
    dry_run: bool
    actor: str | None


def editing_options(function: _F) -> _F:
    """Add the options of all edit commands; the command gets what they say as `how`."""
    return gathered(
        How,
        (
            account_option,
            toggle_option,
            click.option("--yes", "-y", is_flag=True, help="Don't ask."),
            click.option(
                "--dry-run", is_flag=True, help="Print the effect and a patch, and write nothing."
            ),
            click.option(
                "--as",
                "actor",
                metavar="ACTOR",
                shell_complete=known("actor"),
                help="Refuse what ACTOR may not change.",
            ),
        ),
    )(function)


def run(invocation: Invocation, request: Request, how: How) -> None:
    """Make an edit, after showing what it does and asking; a no ends the command with 1."""
    from engine.edit.plan import plan
    from engine.read.source import WorkingTree

    made = plan(WorkingTree(invocation.policies), request, _asking(invocation))
    if made.is_nothing:
        click.echo(f"{made.file} says so already: nothing to do", err=True)
        return
    if how.actor is not None:
        _refuse_unless_allowed(made, how.actor)
    question = _show(made, invocation)
    if how.dry_run:
        _print_patch(made)
        return
    if not (how.yes or _agreed(question)):
        click.echo("Nothing was changed.", err=True)
        click.get_current_context().exit(1)
    _write(made, invocation)


def is_terminal() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin.isatty()


def _asking(invocation: Invocation) -> Callable[[Sequence[str]], str]:
    """Return a function that asks where to declare a user who is declared nowhere."""

    def ask(paths: Sequence[str]) -> str:
        if not is_terminal():
            raise UnknownTargetError(
                "the user is declared nowhere yet, and there is no terminal to ask where to do it",
                hint="name a file with --file",
            )
        source = invocation.source()
        click.echo("This user is declared nowhere yet. Which file should it be?", err=True)
        for number, path in enumerate(paths, 1):
            click.echo(f"{number:>4}  {source.label(path)}", err=True)
        numbers = click.IntRange(1, len(paths))
        try:
            return paths[int(click.prompt("File", type=numbers, err=True)) - 1]
        except click.Abort:
            click.echo(err=True)
            raise RefusedError("no file was chosen: nothing was changed") from None

    return ask


def _refuse_unless_allowed(made: Plan, actor: str) -> None:
    from engine.review.authority import authorize
    from engine.review.changes import declared

    for verdict in authorize(made.old, made.new, declared(made.old, made.new), actor):
        if not verdict.allowed:
            raise RefusedError(verdict.message, hint="`calsync authorize` judges whole diffs")


def _show(made: Plan, invocation: Invocation) -> str:
    """Print what a plan would do, and return the question to ask about it."""
    from engine.edit.preview import preview
    from engine.report import preview_text

    found = preview(made)
    write([preview_text.render(found, invocation.screen())], None)
    return found.question


def _print_patch(made: Plan) -> None:
    import os

    from engine.edit.patch import name_of, patch

    click.echo()
    sys.stdout.flush()
    name = name_of(os.path.join(made.source.root, made.path))
    click.echo(patch(name, made.before, made.after), nl=False)


def _agreed(question: str) -> bool:
    if not is_terminal():
        raise RefusedError(
            "there is no terminal to ask on: nothing was changed",
            hint="confirm with --yes, or look with --dry-run",
        )
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:  # Ctrl-C or Ctrl-D: a no, on a line of its own
        click.echo(err=True)
        return False


def _write(made: Plan, invocation: Invocation) -> None:
    """Write the file, and say what is left to do in the portal."""
    from engine.edit.carry import carry_out
    from engine.report import runbook_text
    from engine.review.runbook import runbook

    carry_out(made)
    click.echo(f"\nWrote {made.file}\n")
    write([runbook_text.render(runbook(made.old, made.new), invocation.screen())], None)
