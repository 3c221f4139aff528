"""`calsync history TARGET`: since when a decision stands, by whom, and because of which line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.options import (
    account_option,
    format_option,
    known,
    output_option,
    rev_option,
    toggle_option,
)
from engine.commands.writing import is_file, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.commands.invocation import Invocation, Rev
    from engine.history.timeline import History


@click.command("history")
@click.argument("target", shell_complete=known("target"))
@account_option
@toggle_option
@click.option("--all-toggles", is_flag=True, help="Every toggle that ever was.")
@click.option("--since", metavar="INSTANT", help="Only what stood then or later.")
@click.option("--until", metavar="INSTANT", help="Only what stood then or before.")
@click.option("--last", is_flag=True, help="Only the commit that made it what it is.")
@rev_option
@format_option("text", "json", "csv", "html", "svg")
@output_option
@click.pass_obj
def command(
    invocation: Invocation,
    target: str,
    account: str | None,
    toggle: str,
    all_toggles: bool,
    since: str | None,
    until: str | None,
    last: bool,
    rev: Rev,
    form: str,
    output: str | None,
) -> None:
    """Say when the decision for TARGET changed, by which commit, author and change.

    The first-parent history of HEAD, or of --rev, is read; a commit whose policies are not
    valid changes nothing. TARGET may be gone by now. Instants are ISO 8601, in UTC where they
    name no offset: 2025-03-31 or 2025-03-31T09:00:00+02:00
    """
    from engine.history.instants import parsed
    from engine.history.timeline import Question, history
    from engine.history.walk import walk

    question = Question(
        target=target,
        account=account,
        toggle=toggle,
        all_toggles=all_toggles,
        since=None if since is None else parsed(since),
        until=None if until is None else parsed(until),
        last=last,
    )
    question.check()
    with invocation.timed("reading the history"):
        found = history(walk(invocation.policies, invocation.revision(rev)), question)
    write(_rendered(found, form, invocation, output), output)


def _rendered(
    found: History, form: str, invocation: Invocation, output: str | None
) -> Iterable[str]:
    from engine.report import history_rows, history_text

    if form == "json":
        return [history_rows.as_json(found)]
    if form == "csv":
        return history_rows.as_csv(found)
    if form in {"html", "svg"}:
        from engine.report import history_picture

        return [history_picture.html(found) if form == "html" else history_picture.svg(found)]
    return [history_text.render(found, invocation.screen(to_file=is_file(output)))]
