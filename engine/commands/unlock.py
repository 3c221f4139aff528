"""`calsync unlock TARGET`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.editing import editing_options, run
from engine.commands.options import known

if TYPE_CHECKING:
    from engine.commands.editing import How
    from engine.commands.invocation import Invocation


@click.command("unlock")
@click.argument("target", shell_complete=known("target"))
@editing_options
@click.pass_obj
def command(invocation: Invocation, target: str, how: How) -> None:
    """Take the lock of a toggle away at TARGET, in the policy files.

    The state stays as it is, and what people chose below counts again.
    TARGET is group:ID, account:ID, or account where there is one.
    """
    from engine.edit.plan import Action, Request

    request = Request(action=Action.UNLOCK, target=target, toggle=how.toggle, account=how.account)
    run(invocation, request, how)
