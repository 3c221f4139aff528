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
    write,
)

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation
    from engine.model import PolicySet


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
    from engine.review.explanation import explain
    from engine.review.targets import find, find_toggle

    def explained(policies: PolicySet) -> str:
        whom = find(policies, target, account=account)
        found = explain(policies, whom, find_toggle(policies, toggle))
        if form == "json":
            from engine.report import jsons

            return jsons.explanation(found)
        from engine.report import explain_text

        return explain_text.render(found, invocation.screen())

    write([invocation.ask(explained, rev, cache=not no_cache)], None)
