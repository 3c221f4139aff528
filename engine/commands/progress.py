"""A progress bar on a terminal, and silence everywhere else."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from threading import Event, Thread

from engine.typed import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE: Final = 0.7  # seconds: a bar that flashes up tells nobody anything


@contextmanager
def watched(connection: Any) -> Iterator[None]:
    """Show how far a query of DuckDB is, on standard error, while the block runs it."""
    with _beside(lambda done: _show(connection, done)):
        yield


@contextmanager
def working(on: str) -> Iterator[None]:
    """Say on a terminal what is being done, once it has lasted a second; the line goes again."""
    with _beside(lambda done: _tick(on, done)):
        yield


@contextmanager
def _beside(show: Callable[[Event], None]) -> Iterator[None]:
    """Run `show` beside the block, where somebody looks; its event is set when the block ends."""
    if not sys.stderr.isatty():
        yield
        return
    done = Event()
    shower = Thread(target=show, args=(done,), daemon=True)
    shower.start()
    try:
        yield
    finally:
        done.set()
        shower.join()


def _show(connection: Any, done: Event) -> None:
    if done.wait(_PATIENCE):
        return
    import click

    bar = click.progressbar(length=100, label="evaluating", file=sys.stderr)
    with bar:
        reached = 0
        while not done.wait(0.2):
            percent = int(max(0.0, connection.query_progress()))
            bar.update(max(0, percent - reached))
            reached = max(reached, percent)
        bar.update(100 - reached)


def _tick(on: str, done: Event) -> None:
    began = time.monotonic()
    wait = 1.0
    while not done.wait(wait):
        _write(f"\r{on}, {time.monotonic() - began:.0f} s")
        wait = 0.5
    if time.monotonic() - began >= 1.0:
        _write(f"\r{' ' * (len(on) + 12)}\r")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
