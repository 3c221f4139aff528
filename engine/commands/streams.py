"""Standard output and standard error: made ready to be written to, and written to."""

from __future__ import annotations

import io
import os
import sys

from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def ready() -> None:
    """Give closed streams somewhere to lead to, and let no character stop the answer."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for the whole process
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the whole process
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the whole process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def in_utf8() -> None:
    """Have what programs read be UTF-8 with LF, whatever the locale."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def show(pieces: Iterable[str] | Iterable[bytes]) -> None:
    """Write to standard output. A reader that leaves early has enough: the answer stands."""
    try:
        for piece in pieces:
            if isinstance(piece, bytes):
                sys.stdout.flush()  # what was written as text goes first
                sys.stdout.buffer.write(piece)
            else:
                sys.stdout.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:
        # NOTE: what is left in the buffer must have somewhere to go when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
