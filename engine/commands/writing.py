"""Results, written: to standard output, or to a file that appears only when it is whole."""

from __future__ import annotations

import os
import sys

from engine.commands.streams import show
from engine.errors import QuestionError, SourceError
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeGuard


def is_file(output: str | None) -> TypeGuard[str]:
    """Tell whether `--output` names a file: left out, or as `-`, it is standard output."""
    return output is not None and output != "-"


def refuse_bytes_on_a_terminal(form: str, output: str | None) -> None:
    """Raise QuestionError where Parquet would go to a terminal."""
    if form == "parquet" and not is_file(output) and sys.stdout.isatty():
        raise QuestionError("Parquet is not for a terminal", hint="name a file with --output")


def write(pieces: Iterable[str] | Iterable[bytes], output: str | None) -> None:
    """Write text or bytes to standard output, or to a file that appears only when it is whole."""
    if not is_file(output):
        show(pieces)
        return
    if not output or (os.path.exists(output) and not os.path.isfile(output)):
        _write_through(pieces, output)
        return
    import tempfile

    whole = os.path.realpath(output)  # a link stays one
    try:
        with tempfile.NamedTemporaryFile(
            dir=os.path.dirname(whole), prefix=".calsync-", delete=False
        ) as file:
            try:
                file.writelines(map(_encoded, pieces))
                file.close()
                os.chmod(file.name, 0o666 & ~_umask())
                os.replace(file.name, whole)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise SourceError(f"cannot write `{output}`: {error.strerror}") from error


def _encoded(piece: str | bytes) -> bytes:
    """Return text in UTF-8; what a file's name holds need not be text."""
    return piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace")


def _write_through(pieces: Iterable[str] | Iterable[bytes], output: str) -> None:
    """Write to a pipe or device, which must not be replaced by a file."""
    try:
        with open(output, "wb") as file:
            file.writelines(map(_encoded, pieces))
    except OSError as error:
        raise SourceError(f"cannot write `{output}`: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
