"""`calsync lock TARGET`."""

from __future__ import annotations

import click

from engine.commands.editing import editing_options, run
from engine.commands.options import known


@click.command("lock")
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
    """Lock a toggle for everyone below TARGET, in the policy files.

    Their own choices stay in the files and count again when the lock goes. Where TARGET declares
    no state, the one that it has now is written, since a lock carries a value.
    TARGET is group:ID, account:ID, or account where there is one.
    """
    from engine.edit.plan import Action, Request

    request = Request(action=Action.LOCK, target=target, toggle=toggle, account=account)
    run(ctx, request, yes=yes, dry_run=dry_run, actor=actor)
