"""Plain words read without click: `explain` and `diff`, spelled as most people spell them.

What is understood here is understood as click understands it: a test compares the two. Of all that
is rare, or wrong, nothing is understood, and click has the say.
"""

from __future__ import annotations

import os

from engine.typed import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.commands.asked import Explain
    from engine.commands.differing import Diff

_ONCE, _OFTEN, _FLAG = "once", "often", "flag"
_NO_CACHE: Final = ("no_cache", _FLAG)
_BEFORE: Final = {
    "-C": ("directory", _ONCE),
    "-p": ("policies", _ONCE),
    "--policies": ("policies", _ONCE),
    "--no-cache": _NO_CACHE,
}
_EXPLAIN: Final = {
    "--toggle": ("toggle", _ONCE),
    "--in": ("account", _ONCE),
    "--format": ("form", _ONCE),
    "--rev": ("rev", _ONCE),
    "--no-cache": _NO_CACHE,
}
_DIFF: Final = {
    "--toggle": ("toggles", _OFTEN),
    "--format": ("form", _ONCE),
    "--output": ("outputs", _OFTEN),
    "-o": ("outputs", _OFTEN),
    "--rev": ("rev", _ONCE),
    "--provenance": ("provenance", _FLAG),
    "--exit-code": ("exit_code", _FLAG),
    "--guardrails": ("guardrails", _FLAG),
    "--no-cache": _NO_CACHE,
}
_HOW: Final = ("toggles", "provenance", "exit_code", "guardrails")
_FORMS: Final = {
    "explain": ("text", "json"),
    "diff": ("text", "json", "csv", "parquet", "markdown", "html", "github"),
}
"""The formats but `auto`, which asks the environment."""
_NOT_HERE: Final = ("_CALSYNC_COMPLETE", "CALSYNC_DEBUG")
"""In an environment with one of these, click does it all."""


class Words(NamedTuple):
    """What stands before the command, and what it is asked."""

    directory: str | None
    policies: str
    cache: bool
    command: str
    question: Explain | Diff


def read(arguments: list[str], environment: Mapping[str, str]) -> Words | None:
    """Return what plain words say; None for all that is rare, or wrong."""
    if any(name in environment for name in _NOT_HERE):
        return None
    given, rest = _options(arguments, _BEFORE, stop=True)
    if given is None or not rest:
        return None
    directory = given.get("directory")
    if directory is not None and not (os.path.isdir(directory) and os.access(directory, os.R_OK)):
        return None
    command, *words = rest
    question = _question(command, words)
    if question is None:
        return None
    policies = given.get("policies") or environment.get("CALSYNC_POLICIES") or "policies"
    return Words(directory, policies, "no_cache" not in given, command, question)


def _question(command: str, words: list[str]) -> Explain | Diff | None:
    """Return what a command is asked."""
    if command not in _FORMS:
        return None
    given, rest = _options(words, _EXPLAIN if command == "explain" else _DIFF)
    if given is None or given.get("form", "text") not in _FORMS[command]:
        return None
    given["cache"] = not given.pop("no_cache", False)
    if command == "diff":
        from engine.commands.differing import Diff
        from engine.commands.judging import How

        how = How(**{name: given.pop(name) for name in _HOW if name in given})
        return Diff(tuple(rest), how, **given)
    if len(rest) != 1:
        return None
    from engine.commands.asked import Explain

    return Explain(rest[0], **given)


def _options(
    words: list[str], known: Mapping[str, tuple[str, str]], *, stop: bool = False
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return options by name, and the rest; None in their place where a word is not plain.

    With `stop`, all that follows the first word that is no option is rest.
    """
    found: dict[str, Any] = {}
    rest: list[str] = []
    ahead = iter(words)
    for word in ahead:
        name, kind = known.get(word, ("", ""))
        if kind == _FLAG:
            found[name] = True
        elif kind:
            value = next(ahead, "")
            if not value or value.startswith("-") or (kind == _ONCE and name in found):
                return None, []
            found[name] = value if kind == _ONCE else (*found.get(name, ()), value)
        elif not word or word.startswith("-"):
            return None, []
        else:
            rest.append(word)
            if stop:
                rest += ahead
    return found, rest
