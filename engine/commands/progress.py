"""A progress bar on a terminal, and silence everywhere else."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE: Final = 0.7  # seconds: a bar that flashes up tells nobody anything


@contextmanager
def watched(connection: Any) -> Iterator[None]:
    """Show how far a query of DuckDB is, on standard error, while the block runs it."""
    if not sys.stderr.isatty():
        yield
        return
    done = Event()
    shower = Thread(target=_show, args=(connection, done), daemon=True)
    shower.start()
    try:
        yield
    finally:
        done.set()
        shower.join()


def _show(connection: Any, done: Event) -> None:
    if done.wait(_PATIENCE):
        return
    bar = click.progressbar(length=100, label="evaluating", file=sys.stderr)
    with bar:
        reached = 0
        while not done.wait(0.2):
            percent = int(max(0.0, connection.query_progress()))
            bar.update(max(0, percent - reached))
            reached = max(reached, percent)
        bar.update(100 - reached)
