"""How an error ends a command: what kept it from its work, on standard error, in words.

Imported when something fails, by either way to a command; it needs no click.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from engine.errors import CalsyncError, InvalidPoliciesError
from engine.report.screen import plain
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation


def say(text: str) -> None:
    """Write a line to standard error; where even that fails, the exit code must do."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def report(error: CalsyncError, invocation: Invocation) -> None:
    """Say what kept a command from its work, and what was found where that is policies."""
    if isinstance(error, InvalidPoliciesError):
        from engine.report import findings_text

        screen = invocation.screen(err=True)
        say(findings_text.render(error.findings, screen, lambda _: None).removesuffix("\n"))
    say(f"error: {plain(error.message)}")
    if error.hint:
        say(f"  hint: {plain(error.hint)}")
    if isinstance(error, InvalidPoliciesError):
        for other in error.others:
            say("")
            report(other, invocation)


def unforeseen(error: Exception) -> None:
    """Say that memory is short, or that calsync itself is wrong."""
    if _wants_memory(error):
        say("error: there is not enough memory for this")
        say("  hint: free some, or allow more where the command takes --memory")
        return
    say(f"error: calsync has a bug here ({plain(f'{type(error).__name__}: {error}')})")
    say("  hint: run again with CALSYNC_DEBUG=1 and report what it prints")


def system(error: OSError) -> None:
    """Say what the system refused."""
    name = f" `{os.fsdecode(error.filename)}`" if error.filename else " the output"
    say(f"error: cannot read or write{name}: {error.strerror or error}")


def _wants_memory(error: Exception) -> bool:
    """Tell whether Python or DuckDB, which need not be there, ran out of memory."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException"
