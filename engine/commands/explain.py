"""`calsync explain TARGET`: the decision, every tier that was asked, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.options import (
    account_option,
    format_option,
    known,
    rev_option,
    toggle_option,
    write,
)

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation


@click.command("explain")
@click.argument("target", shell_complete=known("target"))
@account_option
@toggle_option
@rev_option
@format_option("text", "json")
@click.pass_obj
def command(
    invocation: Invocation,
    target: str,
    account: str | None,
    toggle: str,
    rev: str | None,
    form: str,
) -> None:
    """Say what is in effect for TARGET, why, what lost, and who may change it.

    TARGET is a user's id, user:ID, group:ID, account:ID, or account where there is one.
    """
    from engine.review.explanation import explain
    from engine.review.targets import find, find_toggle

    policies = invocation.load(rev, rows=False).valid()
    explained = explain(
        policies, find(policies, target, account=account), find_toggle(policies, toggle)
    )
    if form == "json":
        from engine.report import jsons

        text = jsons.explanation(explained)
    else:
        from engine.report import explain_text

        text = explain_text.render(explained, invocation.screen())
    write([text], None)
