"""`calsync explain TARGET`: the decision, every tier that was asked, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.options import (
    account_option,
    cache_option,
    format_option,
    known,
    rev_option,
    toggle_option,
)
from engine.commands.writing import write

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation


@click.command("explain")
@click.argument("target", shell_complete=known("target"))
@account_option
@toggle_option
@rev_option
@cache_option
@format_option("text", "json")
@click.pass_obj
def command(
    invocation: Invocation,
    target: str,
    account: str | None,
    toggle: str,
    rev: str | None,
    no_cache: bool,
    form: str,
) -> None:
    """Say what is in effect for TARGET, why, what lost, and who may change it.

    TARGET is a user's id, user:ID, group:ID, account:ID, or account where there is one.
    """
    from engine.commands.asked import Explain, explained

    asked = Explain(target, account, toggle, rev, not no_cache, form)
    write([explained(invocation, asked)], None)
