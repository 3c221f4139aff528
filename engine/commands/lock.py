"""`calsync lock TARGET`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.editing import editing_options, run
from engine.commands.options import known

if TYPE_CHECKING:
    from engine.commands.editing import How
    from engine.commands.invocation import Invocation


@click.command("lock")
@click.argument("target", shell_complete=known("target"))
@editing_options
@click.pass_obj
def command(invocation: Invocation, target: str, how: How) -> None:
    """Lock a toggle for everyone below TARGET, in the policy files.

    Their own choices stay in the files and count again when the lock goes. Where TARGET declares
    no state, the one that it has now is written, since a lock carries a value.
    TARGET is group:ID, account:ID, or account where there is one.
    """
    from engine.edit.plan import Action, Request

    request = Request(action=Action.LOCK, target=target, toggle=how.toggle, account=how.account)
    run(invocation, request, how)
