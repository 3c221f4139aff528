"""A progress bar on a terminal, and silence everywhere else."""

from __future__ import annotations

import sys
import time
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


@contextmanager
def working(on: str) -> Iterator[None]:
    """Say on a terminal what is being done, once it has lasted a second; the line goes again."""
    if not sys.stderr.isatty():
        yield
        return
    done = Event()
    shower = Thread(target=_tick, args=(on, done), daemon=True)
    shower.start()
    try:
        yield
    finally:
        done.set()
        shower.join()


def _tick(on: str, done: Event) -> None:
    began = time.monotonic()
    wait = 1.0
    while not done.wait(wait):
        click.echo(f"\r{on}, {time.monotonic() - began:.0f} s", nl=False, err=True)
        wait = 0.5
    if time.monotonic() - began >= 1.0:
        click.echo(f"\r{' ' * (len(on) + 12)}\r", nl=False, err=True)
