"""The short way to the answers that are asked for most: `explain` and `diff`, plainly spelled.

Importing and asking click takes longer than the answer from the cache. So the plain spellings are
read in `plain`; of anything else, and of anything that goes wrong with the words, click has the
say.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

from engine.errors import CalsyncError
from engine.typed import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.commands.asked import Explain
    from engine.commands.differing import Diff
    from engine.commands.invocation import Invocation


def main() -> NoReturn:
    """Answer, and end the process; or let click do so."""
    gc.disable()  # nothing that a short process makes is worth looking through
    lasting: list[Invocation] = []
    code = answer(sys.argv[1:], lasting)
    if code is not None:
        _end(code)
    gc.enable()
    from cli import main as whole

    try:
        whole()
    except SystemExit as end:
        if isinstance(end.code, int):
            _end(end.code)
        raise
    raise AssertionError("click ends the process")


def _end(code: int) -> NoReturn:
    """End the process without taking millions of values and rows to pieces, where that is all."""
    run = getattr(atexit, "_run_exitfuncs", None)
    threads, tables = (sys.modules.get(name) for name in ("threading", "engine.read.duck"))
    awaited = (threads and threads.active_count() > 1) or (tables and tables.has_spilled())
    if run is None or awaited:
        sys.exit(code)
    run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def answer(arguments: list[str], lasting: list[Invocation] | None = None) -> int | None:
    """Answer a question that is plain, and return the exit code; None leaves all to click.

    What was used for it is added to `lasting`, for a process that ends without taking it to pieces.
    """
    from engine.commands.plain import read

    words = read(arguments, os.environ)
    if words is None:
        return None
    from engine.commands.invocation import Invocation
    from engine.commands.streams import ready

    here = os.getcwd()
    invocation = Invocation(policies=words.policies, cache=words.cache)
    if lasting is not None:
        lasting.append(invocation)
    try:
        ready()
        if words.directory is not None:
            os.chdir(words.directory)
        if words.cache:
            return _ANSWERS[words.command](invocation, words.question)
        from engine.read.cache.home import unused

        with unused():
            return _ANSWERS[words.command](invocation, words.question)
    except CalsyncError as error:
        from engine.commands.failures import report

        report(error, invocation)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - click's way meets it again, and says what it is
        os.chdir(here)
        return None


def _explain(invocation: Invocation, question: Explain) -> int:
    from engine.commands.asked import explained
    from engine.commands.streams import in_utf8, show

    text = explained(invocation, question)
    if question.form == "json":
        in_utf8()
    show([text])
    return 0


def _diff(invocation: Invocation, question: Diff) -> int:
    """Answer `diff`. Some of it may be written when something goes wrong: then nothing begins anew.

    What goes wrong is said as `cli` says it.
    """
    from engine.commands.differing import differed
    from engine.commands.streams import in_utf8

    if question.form != "text":
        in_utf8()
    try:
        return differed(invocation, question)
    except CalsyncError:
        raise
    except OSError as error:
        from engine.commands.failures import system

        system(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said in words
        from engine.commands.failures import unforeseen

        unforeseen(error)
    return 2


_ANSWERS: Final[Mapping[str, Callable[[Invocation, Any], int]]] = {
    "explain": _explain,
    "diff": _diff,
}
