"""`calsync init [DIR]`: a working policy repository, for one of three starting points."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import click

from engine.begin.starters import SERVICES, STARTS
from engine.errors import QuestionError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.begin.starters import Organisation

_OF_HOOKS: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_IDENTITY: Final = ("git", "config", "user.email")


@click.command("init")
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(file_okay=False))
@click.option("--start", type=click.Choice(tuple(STARTS)), help="The starting point.")
@click.option("--account", metavar="ID", help="The account's id. Default: the directory's name.")
@click.option("--name", metavar="NAME", help="The organisation's name. Default: the account's id.")
@click.option("--owner", metavar="ID", help="Who owns the account. Default: git's user.email.")
@click.option("--ci", type=click.Choice(SERVICES), help="The CI service. Default: github.")
@click.option(
    "--git/--no-git",
    "with_git",
    default=True,
    help="Begin a git repository with a first commit, unless DIR is in one. Default: do.",
)
def command(
    directory: str,
    start: str | None,
    account: str | None,
    name: str | None,
    owner: str | None,
    ci: str | None,
    with_git: bool,
) -> None:
    """Begin a policy repository in DIR: policies with tests, editor settings, CI, pre-commit.

    Asks on a terminal for what no option says. Never overwrites: policies that are there end
    it, other files that are there are kept.
    """
    from engine.begin.starters import Organisation, starter

    asked = _ask if sys.stdin.isatty() and sys.stderr.isatty() else _default
    if start is None:
        _offer()
        start = asked("Which starting point?", "small", tuple(STARTS))
    guess = _id(os.path.basename(os.path.abspath(directory)))
    account = account or asked("The account's id?", guess)
    organisation = Organisation(
        account=_fit(account, "an account's id"),
        name=_fit(name or asked("The organisation's name?", account), "a name"),
        owner=_address(
            owner or asked("Who owns the account?", _git_user() or f"owner@{guess}.example")
        ),
    )
    made = starter(start, ci or asked("Which CI service?", "github", SERVICES), organisation)
    kept = _write(directory, made)
    committed = with_git and _begin_git(directory, [path for path in made if path not in kept])
    _tell(directory, organisation, [p for p in made if p not in kept], kept, committed=committed)


def _offer() -> None:
    if sys.stdin.isatty() and sys.stderr.isatty():
        for start, what in STARTS.items():
            click.echo(f"  {start:<8} {what}", err=True)


def _ask(question: str, default: str, choices: tuple[str, ...] | None = None) -> str:
    kind = click.Choice(choices) if choices else None
    answer: str = click.prompt(question, default=default, type=kind, err=True)
    return answer


def _default(_: str, default: str, __: tuple[str, ...] | None = None) -> str:
    return default


def _id(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name.lower()).strip("-.")
    return kept[:60] or "acme"


def _git_user() -> str | None:
    try:
        done = subprocess.run(_IDENTITY, capture_output=True, text=True, check=False)
    except OSError:
        return None
    said = done.stdout.strip()
    return said if _is_address(said) else None


def _is_address(text: str) -> bool:
    before, sign, after = text.partition("@")
    return bool(before and sign and after and "@" not in after)


def _fit(text: str, what: str) -> str:
    if not 1 <= len(text) <= 254 or text != text.strip() or not text.isprintable():
        raise QuestionError(f"`{text}` cannot be {what}", hint="1 to 254 printable characters")
    return text


def _address(text: str) -> str:
    if not _is_address(_fit(text, "an owner")):
        raise QuestionError(f"`{text}` cannot be an owner", hint="write a user's id: name@domain")
    return text


def _write(directory: str, made: Mapping[str, str]) -> set[str]:
    """Write each file where none is; return the paths of those that are kept as they were."""
    policies = os.path.join(directory, "policies")
    if os.path.lexists(policies) and (not os.path.isdir(policies) or os.listdir(policies)):
        raise QuestionError(
            f"there is something in `{policies}` already, and init never overwrites",
            hint="name another directory: calsync init DIR",
        )
    kept = set()
    for path, text in made.items():
        target = os.path.join(directory, *path.split("/"))
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "x", encoding="utf-8", newline="\n") as file:
                file.write(text)
            if path.endswith(".sh"):
                os.chmod(target, os.stat(target).st_mode | 0o100)
        except FileExistsError:
            kept.add(path)
        except OSError as error:
            raise SourceError(f"cannot write `{target}`: {error.strerror}") from error
    return kept


def _begin_git(directory: str, paths: list[str]) -> bool:
    """Begin a repository with one commit; tell whether there is one now that calsync began."""
    # A hook's variables name another repository than the directory is in.
    here = {k: v for k, v in os.environ.items() if k not in _OF_HOOKS}

    def git(*words: str) -> bool:
        command = ["git", "-C", directory, *words]
        try:
            done = subprocess.run(command, capture_output=True, env=here, check=False)
        except OSError:
            return False
        return done.returncode == 0

    if git("rev-parse", "--git-dir") or not git("init", "--quiet", "--initial-branch=main"):
        return False
    git("add", "--", *paths)
    return git("commit", "--quiet", "--message", "Begin the policies")


def _tell(
    directory: str,
    organisation: Organisation,
    written: list[str],
    kept: set[str],
    *,
    committed: bool,
) -> None:
    click.echo(f"{len(written)} files for the account {organisation.account} in {directory}:")
    for path in written:
        click.echo(f"  {path}")
    for path in sorted(kept):
        click.echo(f"kept as it was: {path}", err=True)
    said = "They are the first commit of a new git repository. " if committed else ""
    click.echo(f"\n{said}Next:\n")
    steps = [] if os.path.normpath(directory) == "." else [(f"cd {directory}", "")]
    steps.append(("sh ci/check.sh", "what CI runs"))
    steps.append((f"calsync explain {organisation.owner}", "why somebody has what they have"))
    steps += [] if committed else [("git add . && git commit", "so that there is a before")]
    steps.append(("calsync diff", "after an edit: what it does, and to whom"))
    wide = max(len(step) for step, _ in steps)
    for step, what in steps:
        click.echo(f"  {step:<{wide}}  {what}".rstrip())
