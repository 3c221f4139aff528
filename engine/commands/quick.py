"""The short way to the answer that is asked for most: `explain`, spelled as most people spell it.

Importing and asking click takes longer than the answer from the cache. So the plain spellings are
read here; of anything else, and of anything that goes wrong with the words, click has the say. What
is understood here is understood as click understands it: a test compares the two.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

from engine.errors import CalsyncError
from engine.typed import TYPE_CHECKING, Final, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.commands.asked import Explain

_BEFORE: Final = {"-C": "directory", "-p": "policies", "--policies": "policies"}
_BEHIND: Final = {"--toggle": "toggle", "--in": "account", "--format": "form", "--rev": "rev"}
_FORMS: Final = ("text", "json")
_NOT_HERE: Final = ("_CALSYNC_COMPLETE", "CALSYNC_DEBUG")
"""In an environment with one of these, click does it all."""


class Words(NamedTuple):
    """What stands before the command, and the question."""

    directory: str | None
    policies: str
    cache: bool
    question: Explain


def main() -> NoReturn:
    """Answer, and end the process; or let click do so."""
    gc.disable()  # nothing that a short process makes is worth looking through
    code = answer(sys.argv[1:])
    if code is not None:
        _end(code)
    gc.enable()
    from cli import main as whole

    whole()
    raise AssertionError("click ends the process")


def _end(code: int) -> NoReturn:
    """End the process; where nobody waits for its end, without taking everything to pieces."""
    sys.stdout.flush()
    sys.stderr.flush()
    if getattr(atexit, "_ncallbacks", lambda: 1)() == 0:
        os._exit(code)
    sys.exit(code)


def answer(arguments: list[str]) -> int | None:
    """Answer a question that is plain, and return the exit code; None leaves all to click."""
    words = read(arguments, os.environ)
    if words is None:
        return None
    from engine.commands.asked import explained
    from engine.commands.invocation import Invocation
    from engine.commands.streams import in_utf8, ready, show

    here = os.getcwd()
    invocation = Invocation(policies=words.policies, cache=words.cache)
    try:
        ready()
        if words.directory is not None:
            os.chdir(words.directory)
        text = explained(invocation, words.question)
        if words.question.form == "json":
            in_utf8()
        show([text])
    except CalsyncError as error:
        from engine.commands.failures import report

        report(error, invocation)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - click's way meets it again, and says what it is
        os.chdir(here)
        return None
    return 0


def read(arguments: list[str], environment: Mapping[str, str]) -> Words | None:
    """Return what plain words say; None for all that is rare, or wrong."""
    if any(name in environment for name in _NOT_HERE) or "explain" not in arguments:
        return None
    at = arguments.index("explain")
    before, behind = _options(arguments[:at], _BEFORE), _options(arguments[at + 1 :], _BEHIND)
    if before is None or behind is None or len(behind[1]) != 1 or before[1]:
        return None
    directory = before[0].get("directory")
    form = behind[0].get("form", "text")
    if form not in _FORMS or (directory is not None and not os.path.isdir(directory)):
        return None
    from engine.commands.asked import Explain

    policies = before[0].get("policies") or environment.get("CALSYNC_POLICIES") or "policies"
    known = {name: value for name, value in behind[0].items() if name != "cache"}
    question = Explain(behind[1][0], cache="cache" not in behind[0], **known)
    return Words(directory, policies, "cache" not in before[0], question)


def _options(words: list[str], known: Mapping[str, str]) -> tuple[dict[str, str], list[str]] | None:
    """Return options by name, and the rest; None where a word is not plain."""
    found: dict[str, str] = {}
    rest: list[str] = []
    ahead = iter(words)
    for word in ahead:
        if word == "--no-cache":
            found["cache"] = ""
        elif word in known:
            value = next(ahead, "")
            if not value or value.startswith("-") or known[word] in found:
                return None
            found[known[word]] = value
        elif not word or word.startswith("-"):
            return None
        else:
            rest.append(word)
    return found, rest
