"""A plan carried out: the file is written, the set is checked again, and put back if it must be."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.edit.write import remove_file, replace_file
from engine.errors import CalsyncError, RefusedError
from engine.findings import has_errors
from engine.read.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.edit.plan import Plan


def carry_out(plan: Plan) -> None:
    """Write the plan's file, atomically; restore it where the set is not valid afterwards.

    Raises RefusedError where another edit got in between, or the file was restored.
    """
    file = os.path.join(plan.source.root, plan.path)
    with undisturbed():
        replace_file(file, plan.before, plan.after)
        wrong = _wrong(plan)
        if wrong is not None:
            _restore(file, plan)
            raise RefusedError(
                f"the policies would not be valid: {wrong}",
                hint=f"`{plan.file}` is as it was; `calsync validate` shows every finding",
            )


def _wrong(plan: Plan) -> str | None:
    """Say what is wrong with the set as it is on the disk now."""
    try:
        findings = load(plan.source).findings
    except CalsyncError as error:
        return error.message
    first = next((finding for finding in findings if has_errors((finding,))), None)
    return f"{first.location}: {first.message}" if first else None


def _restore(file: str, plan: Plan) -> None:
    if plan.before is None:
        remove_file(file, plan.after)
    else:
        replace_file(file, plan.after, plan.before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait until the file is checked, or back: it takes a moment only."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread: no Ctrl-C reaches it
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
