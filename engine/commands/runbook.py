"""`calsync runbook [OLD [NEW]]`: the steps in the web portal that make the product match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.options import formats_option, rev_option, toggles_option
from engine.commands.outputs import destinations, written

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation, Rev

_FORMATS = ("text", "markdown", "json")


@click.command("runbook")
@click.argument("sides", nargs=-1, metavar="[OLD [NEW]]")
@toggles_option("Only this. Repeatable.")
@rev_option
@formats_option(*_FORMATS)
@click.pass_obj
def command(
    invocation: Invocation,
    sides: tuple[str, ...],
    toggles: tuple[str, ...],
    rev: Rev,
    form: str,
    outputs: tuple[str, ...],
) -> None:
    """Print the ordered steps a person takes in the web portal to make the product match NEW.

    Who must sign in, where to click, what the dialogs ask, and what must be shown afterwards.
    The sides are named as for `calsync diff`: without any, HEAD and the working tree.
    """
    from engine.read.sides import read_sides
    from engine.review.runbook import runbook
    from engine.review.targets import known_to_either

    to = destinations(form, outputs, _FORMATS)
    old, new = read_sides(invocation.policies, sides, rev=invocation.named(rev)).valid()
    for key in toggles:
        known_to_either(old, new, key)
    book = runbook(old, new, toggles=toggles or None)

    def text(to_file: bool) -> str:
        from engine.report import runbook_text

        return runbook_text.render(book, invocation.screen(to_file=to_file))

    def markdown(_: bool) -> str:
        from engine.report import runbook_markdown

        return runbook_markdown.render(book)

    def json(_: bool) -> str:
        from engine.report import runbook_json

        return runbook_json.render(book)

    written({"text": text, "markdown": markdown, "json": json}, to)
