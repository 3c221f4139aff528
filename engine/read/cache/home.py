"""Where the cache lies, who may write there, and how much of it is kept.

Owns files as wholes: one is written beside its place and renamed into it, so that another
process sees all of it or nothing; the oldest go when there are too many. What stands in them it
doesn't know.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from time import time

from engine.typed import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST: Final = 512 * 1024 * 1024
"""How many bytes the cache may hold; one set of 100,000 people takes about 25 million."""
_DAY: Final = 86_400.0
_FORGOTTEN: Final = 3_600.0
"""After so many seconds a file that was never renamed belongs to a process that died."""
_BESIDE: Final = ".new-"
_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_UNWANTED: Final = "CALSYNC_NO_CACHE"


def folder() -> str | None:
    """Return the user's cache directory for calsync, or None where the user wants none."""
    if os.environ.get(_UNWANTED):
        return None
    named = os.environ.get("CALSYNC_CACHE")
    if named:
        return os.path.abspath(named)
    base = _base()
    return os.path.join(base, "calsync") if base and os.path.isabs(base) else None


@contextmanager
def unused() -> Iterator[None]:
    """Let this process, and those that it starts, neither read nor write the cache meanwhile."""
    before = os.environ.get(_UNWANTED)
    os.environ[_UNWANTED] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_UNWANTED]
        else:
            os.environ[_UNWANTED] = before


def _base() -> str | None:
    """Return where this platform keeps what can be made again."""
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA")
    own = os.environ.get("XDG_CACHE_HOME")
    if own and os.path.isabs(own):  # a relative one is to be ignored, says the XDG specification
        return own
    below = ("Library", "Caches") if sys.platform == "darwin" else (".cache",)
    home = os.path.expanduser("~")
    return os.path.join(home, *below)


def open_file(name: str) -> int | None:
    """Return a descriptor of a file of the cache; None where there is none that may be believed.

    A file that belongs to somebody else, or that others can write to, is as good as none.
    """
    where = folder()
    if where is None:
        return None
    path = os.path.join(where, name)
    try:
        if not _is_ours(os.stat(where)):
            return None
        flags = os.O_RDONLY
        for more in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
            flags |= getattr(os, more, 0)
        descriptor = os.open(path, flags)
    except OSError:
        return None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode) or not _is_ours(about):
        os.close(descriptor)
        return None
    if time() - about.st_mtime > _DAY:  # the time says when it was last of use, to the day
        _touch(path)
    return descriptor


def opened(name: str) -> IO[bytes] | None:
    """Return a file of the cache, or None."""
    descriptor = open_file(name)
    return None if descriptor is None else open(descriptor, "rb")


def read(name: str) -> bytes | None:
    """Return a file of the cache as a whole, or None."""
    file = opened(name)
    if file is None:
        return None
    with file:
        return file.read()


def read_large(name: str) -> memoryview | None:
    """Return a file of the cache as a whole, or None: in large pages, where there are such.

    To be given small pages, one by one, takes longer than to read them.
    """
    import mmap

    file = opened(name)
    if file is None:
        return None
    with file:
        size = os.fstat(file.fileno()).st_size
        if not size:
            return memoryview(b"")
        room = mmap.mmap(-1, size)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            room.madvise(mmap.MADV_HUGEPAGE)
        view = memoryview(room)
        return view[: file.readinto(view)]  # type: ignore[attr-defined]


def _is_ours(about: os.stat_result) -> bool:
    if sys.platform == "win32":
        return True
    return about.st_uid == os.geteuid() and not about.st_mode & _OTHERS


def _touch(path: str) -> None:
    try:
        os.utime(path)
    except OSError:
        return


def has(name: str) -> bool:
    """Tell whether the cache holds a file."""
    where = folder()
    return where is not None and os.path.exists(os.path.join(where, name))


def put(name: str, parts: Iterable[bytes | memoryview]) -> bool:
    """Write a file of the cache, if that can be done; a cache that can't be written is no error."""
    where = folder()
    if where is None:
        return False
    beside = os.path.join(where, f"{_BESIDE}{os.getpid()}-{os.urandom(6).hex()}")
    try:
        os.makedirs(where, mode=0o700, exist_ok=True)
        if not _is_ours(os.stat(where)):
            return False
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.writelines(parts)
        os.replace(beside, os.path.join(where, name))
    except OSError:
        _remove(beside)
        return False
    _bound(where, keep=name)
    return True


def drop(name: str) -> None:
    """Take a file out of the cache."""
    where = folder()
    if where is not None:
        _remove(os.path.join(where, name))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _bound(where: str, *, keep: str) -> None:
    """Remove what was of no use for the longest time, until the rest is within the bound."""
    found: list[tuple[float, int, str]] = []
    now = time()
    try:
        with os.scandir(where) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                if not stat.S_ISREG(about.st_mode):
                    continue
                if entry.name.startswith(_BESIDE):
                    if now - about.st_mtime > _FORGOTTEN:
                        _remove(entry.path)
                elif entry.name != keep:
                    found.append((about.st_mtime, about.st_size, entry.path))
        whole = os.stat(os.path.join(where, keep)).st_size + sum(size for _, size, _ in found)
    except OSError:  # somebody else is tidying up
        return
    for _, size, path in sorted(found):
        if whole <= MOST:
            break
        _remove(path)
        whole -= size
