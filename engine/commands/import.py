"""`calsync import`: a policy set from the exports that an administrator already has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from engine.errors import QuestionError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.begin.imported import Imported
    from engine.commands.invocation import Invocation

_SHOWN = 20


@click.command("import")
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--users", metavar="FILE", help="A CSV export of users.")
@click.option("--groups", metavar="FILE", help="A CSV export of groups.")
@click.option("--settings", metavar="FILE", help="A CSV of scope, id, toggle, state, locked.")
@click.option("--account", metavar="ID", default="acme", show_default=True, help="The account.")
@click.option(
    "--column",
    "columns",
    metavar="FIELD=HEADER",
    multiple=True,
    help="Which column is meant, where it is not plain. Repeatable.",
)
@click.option("--separator", metavar="SIGN", help="What parts lists in a cell. Default: ; or ,")
@click.option("--all-unmapped", is_flag=True, help="Name all that could not be mapped.")
@click.pass_context
def command(
    ctx: click.Context,
    directory: str,
    users: str | None,
    groups: str | None,
    settings: str | None,
    account: str,
    columns: tuple[str, ...],
    separator: str | None,
    all_unmapped: bool,
) -> None:
    """Turn CSV exports into a policy set in DIR, which must not exist or be empty.

    FIELD is one of user, name, first_name, last_name, groups, primary_group, calendars (of
    users), group, title, priority, admins (of groups), scope, id, toggle, state, locked, note
    (of settings). What could not be mapped is told on standard error, with its place.
    """
    from engine.begin import documents, exports
    from engine.begin.imported import gather, is_id

    if not is_id(account):
        hint = "1 to 254 characters, without control characters or spaces at the ends"
        raise QuestionError(f"`{account}` cannot be an account's id", hint=hint)
    named = {"users": users, "groups": groups, "settings": settings}
    wanted = _wanted(columns)
    read = {kind: exports.read(kind, file, wanted) for kind, file in named.items() if file}
    if not read:
        raise QuestionError("nothing to import", hint="name --users, --groups or --settings")
    found = gather(account, read, separator=separator)
    _write(directory, documents.files(found))
    _tell(found, documents.left_out(found), directory, most=None if all_unmapped else _SHOWN)
    invocation: Invocation = ctx.obj
    if not _holds(directory, invocation):
        ctx.exit(1)


def _wanted(columns: tuple[str, ...]) -> dict[str, str]:
    from engine.begin.exports import FIELDS
    from engine.read.words import did_you_mean

    wanted = {}
    for column in columns:
        name, sign, header = column.partition("=")
        if not sign or name not in FIELDS:
            hint = did_you_mean(name, sorted(FIELDS)) or "write --column FIELD=HEADER"
            raise QuestionError(f"`{column}` names no field of an export", hint=hint)
        wanted[name] = header
    return wanted


def _write(directory: str, made: Mapping[str, str]) -> None:
    if os.path.lexists(directory) and (not os.path.isdir(directory) or os.listdir(directory)):
        raise QuestionError(
            f"there is something in `{directory}` already, and import never overwrites",
            hint="name a directory that does not exist yet",
        )
    try:
        for path, text in made.items():
            target = os.path.join(directory, *path.split("/"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "x", encoding="utf-8", newline="") as file:
                file.write(text)
    except OSError as error:
        raise SourceError(f"cannot write `{error.filename}`: {error.strerror}") from error


def _tell(found: Imported, lost: Sequence[str], directory: str, *, most: int | None) -> None:
    from engine.counts import count
    from engine.report.screen import plain

    settings = [found.settings, *(one.settings for one in found.groups.values())]
    settings += [one.settings for one in found.users.values()]
    parts = (
        f"account {found.account}",
        count(len(found.groups), "group"),
        count(len(found.users), "user"),
        count(sum(map(len, settings)), "setting"),
    )
    click.echo(plain(f"{directory}: {', '.join(parts)}"))
    for what in lost:
        click.echo(f"not mapped: {what}", err=True)
    shown = found.unmapped[:most]
    for one in shown:
        click.echo(plain(f"not mapped: {one}"), err=True)
    if len(shown) < len(found.unmapped):
        rest = len(found.unmapped) - len(shown)
        click.echo(f"not mapped: {rest:,} more, see them with --all-unmapped", err=True)


def _holds(directory: str, invocation: Invocation) -> bool:
    """Check what was written; what the exports say may be wrong itself, such as opposite locks."""
    from engine.findings import has_errors
    from engine.read.load import load
    from engine.read.source import WorkingTree
    from engine.report import findings_text
    from engine.review.check import check

    errors = [one for one in check(load(WorkingTree(directory))) if one.severity == "error"]
    screen = invocation.screen(err=True)
    click.echo(findings_text.render(errors, screen, lambda _: None), err=True, nl=False)
    return not has_errors(errors)
