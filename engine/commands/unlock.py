"""`calsync unlock TARGET`."""

from __future__ import annotations

import click

from engine.commands.editing import editing_options, run
from engine.commands.options import known


@click.command("unlock")
@click.argument("target", shell_complete=known("target"))
@editing_options
@click.pass_context
def command(
    ctx: click.Context,
    target: str,
    account: str | None,
    toggle: str,
    yes: bool,
    dry_run: bool,
    actor: str | None,
) -> None:
    """Take the lock of a toggle away at TARGET, in the policy files.

    The state stays as it is, and what people chose below counts again.
    TARGET is group:ID, account:ID, or account where there is one.
    """
    from engine.edit.plan import Action, Request

    request = Request(action=Action.UNLOCK, target=target, toggle=toggle, account=account)
    run(ctx, request, yes=yes, dry_run=dry_run, actor=actor)
