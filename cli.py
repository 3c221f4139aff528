"""calsync's command line: the root command, what all commands share, and how errors end.

Each command lives in `engine.commands`, a module of its own that is imported when it is
called: `calsync --version` must not pay for a table it doesn't draw.
"""

from __future__ import annotations

if __name__ == "__main__":  # before click is imported: it takes longer than some answers
    from engine.commands.quick import main as quickly

    quickly()

import os
import sys
from contextlib import chdir
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import click

from engine import __version__
from engine.commands.streams import ready
from engine.errors import CalsyncError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: Final = {
    "validate": "Check the policies: every error and warning, with its place and a hint.",
    "explain": "Say what is in effect for somebody, why, and who may change it.",
    "evaluate": "Print the decision of every user.",
    "diff": "Say what changed, what that changes for whom, and because of which line.",
    "compare-models": "Say what resolving by the priority of groups would change, for whom.",
    "set": "Set a toggle on or off, or let it inherit, after showing what that does.",
    "lock": "Lock a toggle for everyone below, after showing what that does.",
    "unlock": "Take a lock away, after showing what that does.",
    "runbook": "Print the steps in the web portal that make the product match.",
    "authorize": "Judge every change by who may make it.",
    "test": "Check the expectations and guardrails, and what they cover.",
    "meetings": "Say which meetings reached the calendars, by the policy of their last touch.",
    "history": "Say since when a decision stands, by whom, and because of which line.",
    "init": "Begin a policy repository, with tests, editor settings and CI.",
    "import": "Turn exports of users, groups and settings into a policy set.",
    "schema": "Print the JSON Schema of a kind of document, or of all.",
    "completion": "Print the script by which bash, zsh or fish completes words.",
}
"""Every command and its one-line help, so that `--help` need not import them."""


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return list(COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name, without importing any; then the options."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=said)
            for name, said in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as click calls it
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"engine.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as click calls it
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            ctx.fail(f"No such command `{args[0]}`.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what keeps it from its work ends it in one place, without a traceback."""
        try:
            return super().invoke(ctx)
        except CalsyncError as error:
            from engine.commands.failures import report

            report(error, ctx.obj)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, OSError):
            raise
        except KeyboardInterrupt:
            ctx.exit(130)  # as a shell says it; a prompt that is interrupted is declined instead
        except Exception as error:
            if os.environ.get("CALSYNC_DEBUG"):
                raise
            from engine.commands.failures import unforeseen

            unforeseen(error)
            ctx.exit(2)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Begin with streams that can be written to, and end in words where the system fails."""
        ready()
        extra = {"prog_name": "calsync", "complete_var": "_CALSYNC_COMPLETE", **extra}
        if extra["complete_var"] in os.environ:
            import_module("engine.commands.completion")
        try:
            return super().main(*args, **extra)
        except OSError as error:
            if os.environ.get("CALSYNC_DEBUG"):
                raise
            from engine.commands.failures import system

            system(error)
            sys.exit(2)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=False,
)
@click.version_option(__version__, prog_name="calsync")
@click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Run as if started in DIR.",
)
@click.option(
    "-p",
    "--policies",
    metavar="DIR",
    envvar="CALSYNC_POLICIES",
    default="policies",
    show_default=True,
    help="The policy directory. [env: CALSYNC_POLICIES]",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour the output. Auto follows the terminal, NO_COLOR and FORCE_COLOR.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing where all is well.")
@click.option("-v", "--verbose", is_flag=True, help="Say how long each part took.")
@click.option(
    "--no-cache",
    is_flag=True,
    help="Read the policies anew, and keep nothing of them. [env: CALSYNC_NO_CACHE]",
)
@click.pass_context
def main(  # noqa: PLR0913, PLR0917 - one parameter an option, by name, is click's way
    ctx: click.Context,
    directory: str | None,
    policies: str,
    color: str,
    quiet: bool,
    verbose: bool,
    no_cache: bool,
) -> None:
    """Policy as data for tiered settings: who has calendar sync, why, and who may change it."""
    if directory:
        ctx.with_resource(chdir(directory))
    if no_cache:
        from engine.read.cache.home import unused

        ctx.with_resource(unused())
    from engine.commands.invocation import Invocation

    ctx.obj = Invocation(
        policies=policies, colour=color, quiet=quiet, verbose=verbose, cache=not no_cache
    )
    began = perf_counter()
    ctx.call_on_close(lambda: ctx.obj.took("all", perf_counter() - began))
    ctx.color = ctx.obj.coloured(sys.stdout)
