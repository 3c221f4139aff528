"""`calsync completion SHELL`, and what a shell gets when somebody presses Tab.

Owns the three shells' scripts, and which ids a word may become. It never fails and never says
anything: a set that cannot be read has no ids.
"""

from __future__ import annotations

import os
from contextlib import chdir, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from engine.commands.writing import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.model import PolicySet

VARIABLE: Final = "_CALSYNC_COMPLETE"
_MOST: Final = 1000
"""No one reads more; a shell asks before it shows as many."""


class _Bash(BashComplete):
    """Bash parts words at `@` and `:`, which ids are full of: here the line is parted instead."""

    source_template = """\
%(complete_func)s() {
  local line kind
  COMPREPLY=()
  while IFS=, read -r kind line; do
    if [ "$kind" = plain ]; then COMPREPLY+=("$line"); fi
    if [ "$kind" = file ] || [ "$kind" = dir ]; then compopt -o default; fi
  done < <(LINE="${COMP_LINE:0:COMP_POINT}" BREAKS="$COMP_WORDBREAKS" \
    %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    @staticmethod
    def _check_version() -> None:
        """Do without click's question for the version, which starts a shell at each Tab."""

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ.get("LINE", "")
        words = split_arg_string(line)[1:]
        incomplete = words.pop() if words and not line[-1:].isspace() else ""
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Leave out what stands before the last sign at which bash parts words."""
        _, incomplete = self.get_completion_args()
        breaks = os.environ.get("BREAKS", "")
        kept = max((incomplete.rfind(sign) for sign in breaks), default=-1) + 1
        value = item.value[kept:] if item.value.startswith(incomplete[:kept]) else item.value
        return f"{item.type},{value}"


class _Fish(FishComplete):
    """An id may hold a comma, at which click's script would part the answer again."""

    source_template = FishComplete.source_template.replace(
        'string split "," $completion', 'string split --max 1 "," $completion'
    )


for _shell in (_Bash, ZshComplete, _Fish):
    add_completion_class(_shell)


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script by which SHELL completes commands, options, and ids of the policies.

    \b
        bash:  source <(calsync completion bash)
        zsh:   source <(calsync completion zsh)     (after compinit)
        fish:  calsync completion fish | source
    """  # noqa: D301 - click wants the character itself
    classes = {"bash": _Bash, "zsh": ZshComplete, "fish": _Fish}
    made = classes[shell](ctx.find_root().command, {}, "calsync", VARIABLE)
    write([made.source()], None)


def complete(
    kind: str, ctx: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return what a word may become: ids of a kind (`target`, `user`, `group` …)."""
    from engine.report.screen import plain

    found: list[CompletionItem] = []
    with suppress(Exception):
        found = [
            CompletionItem(value, help=said and plain(said))  # one that has lines of its own breaks
            for value, said in _ids(kind, ctx, incomplete)
            if value.startswith(incomplete)
        ][:_MOST]
    return found


def _ids(kind: str, ctx: click.Context, incomplete: str) -> Iterable[tuple[str, str | None]]:
    if kind == "code":
        from engine.findings import registry

        return [(slug, code.title) for slug, code in registry().items()]
    policies = _policies(ctx)
    if kind == "target":
        return _targets(policies, incomplete)
    if kind == "order":
        return _order(policies, incomplete)
    kinds: dict[str, Callable[[], Iterable[tuple[str, str | None]]]] = {
        "user": lambda: _named(policies.users.values()),
        "actor": lambda: _actors(policies),
        "group": lambda: _named(policies.groups.values()),
        "account": lambda: _named(policies.accounts.values()),
        "toggle": lambda: ((key, one.title) for key, one in sorted(policies.toggles.items())),
    }
    return kinds[kind]()


def _policies(ctx: click.Context) -> PolicySet:
    from engine.read.load import load
    from engine.read.source import WorkingTree

    given = ctx.find_root().params
    with chdir(given["directory"]) if given.get("directory") else nullcontext():
        return load(WorkingTree(given.get("policies") or "policies"), rows=False).policies


def _named(entities: Iterable[object]) -> Iterable[tuple[str, str | None]]:
    found = {(getattr(one, "id", ""), getattr(one, "name", None)) for one in entities}
    return sorted(found, key=lambda one: one[0])


def _actors(policies: PolicySet) -> Iterable[tuple[str, str | None]]:
    """Return the users, and whoever else holds a privilege: they need not be users of the set."""
    found: dict[str, str | None] = dict.fromkeys(policies.owners)
    for role in policies.roles:
        found |= dict.fromkeys(role.members)
    return sorted((found | dict(_named(policies.users.values()))).items())


def _order(policies: PolicySet, incomplete: str) -> Iterable[tuple[str, str | None]]:
    """Return the list that was begun, with each group that it does not name yet."""
    begun, sign, _ = incomplete.rpartition(",")
    named = begun.split(",")
    groups = _named(policies.groups.values())
    return [(f"{begun}{sign}{name}", said) for name, said in groups if name not in named]


def _targets(policies: PolicySet, incomplete: str) -> Iterable[tuple[str, str | None]]:
    scope, sign, _ = incomplete.partition(":")
    scopes: dict[str, Mapping[Any, object]] = {
        "user": policies.users,
        "group": policies.groups,
        "account": policies.accounts,
    }
    if sign and scope in scopes:
        return [(f"{scope}:{name}", said) for name, said in _named(scopes[scope].values())]
    return [
        *_named(policies.users.values()),
        *((f"group:{name}", said) for name, said in _named(policies.groups.values())),
        *((f"account:{name}", said) for name, said in _named(policies.accounts.values())),
    ]
