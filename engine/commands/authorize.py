"""`calsync authorize [OLD [NEW]]`: R8 over each change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.options import formats_option, known, rev_option, toggles_option
from engine.commands.outputs import (
    SERVICES,
    destinations,
    root,
    services,
    written,
)
from engine.errors import QuestionError

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation, Rev
    from engine.model import PolicySet
    from engine.read.sides import Sides
    from engine.report.annotations import Annotated
    from engine.review.authority import Verdict
    from engine.review.authorization import Authorization
    from engine.review.changes import DeclaredChange

_FORMATS = ("text", "json", "markdown", *SERVICES)


@click.command("authorize")
@click.argument("sides", nargs=-1, metavar="[OLD [NEW]]")
@click.option(
    "--actor", metavar="ID", shell_complete=known("actor"), help="Whose changes these are."
)
@click.option("--actor-from-git", "from_git", is_flag=True, help="Judge each commit by its author.")
@click.option(
    "--by",
    type=click.Choice(("author", "committer")),
    default="author",
    show_default=True,
    help="Who stands for a commit.",
)
@toggles_option("Only settings of this. Repeatable.")
@rev_option
@formats_option(*_FORMATS)
@click.pass_context
def command(
    ctx: click.Context,
    sides: tuple[str, ...],
    actor: str | None,
    from_git: bool,
    by: str,
    toggles: tuple[str, ...],
    rev: Rev,
    form: str,
    outputs: tuple[str, ...],
) -> None:
    """Judge each change between two sides: may this person make it?

    Roles, owners and admins are read from OLD, so that nobody can promote themselves in the
    change that needs it; locks from NEW. The sides are named as for `calsync diff`; with
    --actor-from-git they are commits, OLD..NEW. Exits with 1 when anything is refused.
    """
    if actor == "" or (actor is None) is not from_git:
        raise QuestionError(
            "either --actor or --actor-from-git says whose changes these are",
            hint="name somebody with --actor ID, or judge commits with --actor-from-git",
        )
    invocation: Invocation = ctx.obj
    to = destinations(form, outputs, _FORMATS)
    found = _authorization(invocation, sides, rev, actor=actor, by=by, toggles=toggles)

    def text(to_file: bool) -> str:
        from engine.report import authorize_text

        return authorize_text.render(found, invocation.screen(to_file=to_file))

    def json(_: bool) -> str:
        from engine.report import authorize_json

        return authorize_json.render(found)

    def markdown(_: bool) -> str:
        from engine.report import authorize_markdown

        return authorize_markdown.render(found)

    def annotated() -> Annotated:
        from engine.report import authorize_annotations

        return authorize_annotations.annotated(found, fallback=invocation.policies, root=root())

    renderers = {"text": text, "json": json, "markdown": markdown, **services(annotated)}
    written(renderers, to)
    if not found.allowed:
        ctx.exit(1)


def _authorization(
    invocation: Invocation,
    words: tuple[str, ...],
    rev: Rev,
    *,
    actor: str | None,
    by: str,
    toggles: tuple[str, ...],
) -> Authorization:
    from engine.read.sides import read_sides
    from engine.review.authority import authorize
    from engine.review.authorization import Authorization
    from engine.review.changes import declared
    from engine.review.targets import known_to_either

    if actor is None and len(words) < 2 and rev is None and not any(".." in w for w in words):
        words = (words[0], "HEAD") if words else words
    sides = read_sides(invocation.policies, words, rev=invocation.named(rev))
    old, new = sides.valid()
    for key in toggles:
        known_to_either(old, new, key)
    if actor is not None:
        verdicts: list[Verdict] = authorize(old, new, declared(old, new), actor)
    else:
        verdicts = _of_commits(invocation.policies, sides, old, by)
    kept = tuple(verdict for verdict in verdicts if _concerns(verdict.change, toggles))
    return Authorization(actor=actor, verdicts=kept, old=old, new=new)


def _concerns(change: DeclaredChange, toggles: tuple[str, ...]) -> bool:
    """Tell whether a change is one of these toggles' settings, or of their catalogue entries."""
    return (
        not toggles
        or change.toggle in toggles
        or (change.kind == "toggle" and change.scope_id in toggles)
    )


def _of_commits(policies: str, sides: Sides, authority: PolicySet, by: str) -> list[Verdict]:
    from engine.read.git import repository
    from engine.review.authors import judge_commits

    old, new = sides.old.revision, sides.new.revision
    if old is None or new is None:
        raise QuestionError(
            "--actor-from-git judges commits, and a side is none",
            hint="name two revisions: calsync authorize main..HEAD --actor-from-git",
        )
    return list(judge_commits(repository(policies), policies, authority, (old, new), by=by))
