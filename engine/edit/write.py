"""How a policy file is written: whole or not at all, and by one at a time.

The new text goes to a file beside the old one, is forced to the disk and renamed over it, so
that whoever is killed, whenever, leaves the one or the other. The file beside is also the
lock: its name is fixed, and who holds it (`flock`, which ends with the process) may write.
What a killed process leaves of it begins with a dot, so no policy is read from it, and the
next edit of the same file takes it away.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from engine.errors import RefusedError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIX: Final = ".calsync"
_NEW_FILE: Final = 0o666


def replace_file(path: str, before: bytes | None, after: bytes) -> None:
    """Put `after` in the place of a file that holds `before`; None: that isn't there yet.

    Symbolic links are followed; permissions, and where that is allowed the owner, are kept.
    Raises RefusedError where another edit is at work or has been since `before` was read,
    SourceError where the file cannot be written. In both cases the file is untouched.
    """
    real = os.path.realpath(path)
    folder, name = os.path.split(real)
    beside = os.path.join(folder, f".{name}{_SUFFIX}")
    try:
        with _held(beside, path) as descriptor:
            if _content(real) != before:
                raise RefusedError(
                    f"`{path}` has changed since it was read: nothing was written",
                    hint="run the command again to see what it would do now",
                )
            if before is not None and not os.access(real, os.W_OK):
                raise SourceError(f"cannot write `{path}`: it is read-only")
            _fill(descriptor, after)
            _like(descriptor, real if before is not None else None)
            os.fsync(descriptor)
            os.replace(beside, real)
            _settle(folder)
    except OSError as error:
        raise SourceError(f"cannot write `{path}`: {error.strerror}") from error


def remove_file(path: str, content: bytes) -> None:
    """Remove a file that holds `content` still, which an edit had begun."""
    with suppress(OSError):
        if _content(path) == content:
            os.unlink(path)
            _settle(os.path.dirname(os.path.realpath(path)))


@contextmanager
def _held(beside: str, path: str) -> Iterator[int]:
    """Hold the file beside, empty; it is gone afterwards, by rename or removal."""
    descriptor = _locked(beside, path)
    try:
        yield descriptor
    finally:
        if _is_at(descriptor, beside):
            os.unlink(beside)
        os.close(descriptor)


def _locked(beside: str, path: str) -> int:
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(beside, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RefusedError(
                f"another calsync is writing `{path}`: nothing was written",
                hint="run the command again when it is done",
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        # INVARIANT: who holds the lock holds the file that bears the name. Another may have
        # renamed it over the policy file between our opening it and our locking it.
        if _is_at(descriptor, beside):
            return descriptor
        os.close(descriptor)


def _is_at(descriptor: int, path: str) -> bool:
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _fill(descriptor: int, content: bytes) -> None:
    os.ftruncate(descriptor, 0)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(content)


def _like(descriptor: int, real: str | None) -> None:
    """Give the new file the old one's permissions, or those that any new file gets."""
    if real is None:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, _NEW_FILE & ~mask)
        return
    old = os.stat(real)
    with suppress(PermissionError):  # only root gives files away
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _settle(folder: str) -> None:
    """Force the renaming itself to the disk."""
    descriptor = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
