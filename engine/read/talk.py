"""A program that is talked to through its pipes, started as cheaply as the platform lets one.

Importing `subprocess`, and what comes with it, takes as long as a question to git does. Where the
platform starts programs itself, it isn't needed.
"""

from __future__ import annotations

import os

from engine.typed import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self


class Talk:
    """A running program. What it says on standard error is for nobody.

    `asked` is what it reads and `answer` what it writes. Raises OSError where it cannot be started.
    """

    asked: IO[bytes]
    answer: IO[bytes]
    _wait: Callable[[], int]

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._code: int | None = None
        if hasattr(os, "posix_spawnp"):
            self._spawn(command, environment)
        else:
            self._open(command, environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> int:
        """Hear no more of it, wait until it has ended, and return its exit code, once and again."""
        if self._code is not None:
            return self._code
        for pipe in (self.asked, self.answer):
            try:
                pipe.close()
            except OSError:  # it ended before it had read what was asked
                continue
        self._code = self._wait()
        return self._code

    def _spawn(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        try:
            number = os.posix_spawnp(
                command[0],
                [*command],
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs_in, 0),
                    (os.POSIX_SPAWN_DUP2, theirs_out, 1),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
            )
        except BaseException:
            os.close(ours_in)
            os.close(ours_out)
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self.asked = open(ours_out, "wb")  # noqa: SIM115 - closed by `end`
        self.answer = open(ours_in, "rb")  # noqa: SIM115 - closed by `end`
        self._wait = lambda: os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])

    def _open(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        from subprocess import DEVNULL, PIPE, Popen

        process = Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment)
        if process.stdin is None or process.stdout is None:
            raise OSError("the program has no pipes")
        self.asked, self.answer, self._wait = process.stdin, process.stdout, process.wait
