"""`calsync compare-models`: what a move to `group_priority` would change for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.compared import Compared
from engine.commands.comparing import comparing_options
from engine.commands.judging import judge
from engine.commands.options import formats_option, known, rev_option
from engine.commands.outputs import destinations, written

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.commands.invocation import Invocation, Rev
    from engine.commands.judging import How

_FORMATS = ("text", "json", "csv", "parquet", "markdown", "html")


@click.command("compare-models")
@click.option(
    "--in",
    "account",
    metavar="ACCOUNT",
    shell_complete=known("account"),
    help="The account, where there are several.",
)
@click.option(
    "--order",
    metavar="G1,G2,...",
    shell_complete=known("order"),
    help="The groups that declare something, the highest priority first.",
)
@click.option(
    "--propose",
    is_flag=True,
    help="Propose the order that changes the fewest people, though the policies have priorities.",
)
@comparing_options("somebody notices a difference")
@rev_option
@formats_option(*_FORMATS)
@click.pass_context
def command(
    ctx: click.Context,
    account: str | None,
    order: str | None,
    propose: bool,
    how: How,
    rev: Rev,
    form: str,
    outputs: tuple[str, ...],
) -> None:
    """Say what resolving by the priority of groups would change, for whom, and because of what.

    Nothing is changed. The priorities are those of --order, else those that the policies
    declare, else an order is proposed that changes the fewest people. The product's own
    migration to priorities cannot be undone.
    """
    from engine.errors import QuestionError
    from engine.read.load import collector_at_rest
    from engine.review.comparison import Label, compare
    from engine.review.models import groups_of, move, the_account
    from engine.review.targets import find_toggle

    invocation: Invocation = ctx.obj
    to = destinations(form, outputs, _FORMATS)
    if order is not None and propose:
        raise QuestionError("--order and --propose exclude each other")
    with collector_at_rest():
        policies = invocation.load(rev).valid()
        for key in how.toggles:
            find_toggle(policies, key)
        with invocation.timed("comparing the two models"):
            meant = the_account(policies, account)
            there = {group.id for group in groups_of(policies, meant.id)}
            made = move(
                policies,
                meant,
                order=None if order is None else _named(order, there),
                propose=propose,
                toggles=how.toggles or None,
            )
            labels = (Label("by main group"), Label("by priority"))
            comparison = compare(made.old, made.new, toggles=how.toggles or None, labels=labels)
        again = _command(account, order, propose=propose)
        told = Compared(comparison, invocation, provenance=how.provenance, move=made, command=again)
        written(told.renderers, to)
        code = judge(comparison, how, differs=bool(comparison.affected))
    ctx.exit(code)


def _named(order: str, known: Collection[str]) -> list[str]:
    """Return the groups that a list names; a comma may also be part of an id."""
    parts = [part.strip() for part in order.split(",")] if order.strip() else []
    found: list[str] = []
    while parts:
        lengths = range(len(parts), 1, -1)
        joined = (size for size in lengths if ",".join(parts[:size]) in known)
        size = next(joined, 1)
        found.append(",".join(parts[:size]))
        del parts[:size]
    return found


def _command(account: str | None, order: str | None, *, propose: bool) -> str:
    """Return what to type to have everybody listed."""
    import shlex

    words = ["calsync", "compare-models"]
    words += ["--in", account] if account is not None else []
    words += ["--order", order] if order is not None else []
    words += ["--propose"] if propose else []
    return shlex.join([*words, "--format", "csv"])
