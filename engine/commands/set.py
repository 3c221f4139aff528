"""`calsync set TARGET STATE`: declare a state, or take a setting away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.editing import editing_options, run
from engine.commands.options import known
from engine.errors import QuestionError

if TYPE_CHECKING:
    from engine.commands.editing import How
    from engine.commands.invocation import Invocation
    from engine.model import State


@click.command("set")
@click.argument("target", shell_complete=known("target"))
@click.argument("state", metavar="on|off|inherit")
@click.option("--lock", is_flag=True, help="Lock it as well, at a group or the account.")
@click.option("--file", metavar="FILE", help="Where to declare a user who is declared nowhere yet.")
@editing_options
@click.pass_obj
def command(
    invocation: Invocation,
    target: str,
    state: str,
    lock: bool,
    file: str | None,
    how: How,
) -> None:
    """Set a toggle on or off for TARGET, or let it inherit again, in the policy files.

    Shows who is affected, asks, and changes nothing else in the text. A lock that is there
    stays; inherit takes the whole setting away. TARGET is a user's id, user:ID, group:ID,
    account:ID, or account where there is one.
    """
    from engine.edit.plan import Action, Request

    wanted = None if state.lower() == "inherit" else _state(state)
    if wanted is None and lock:
        raise QuestionError("what inherits has no lock", hint="leave --lock out")
    request = Request(
        action=Action.SET,
        target=target,
        toggle=how.toggle,
        account=how.account,
        state=wanted,
        lock=lock,
        file=file,
    )
    run(invocation, request, how)


def _state(word: str) -> State:
    from engine.edit.spelling import state_of

    found = state_of(word)
    if found is None:
        raise QuestionError(f"`{word}` is no state", hint="one of on, off, inherit")
    return found
