"""An edit as a unified diff, as `git apply` takes it.

As in what `git diff` prints, names are those below the top of the repository, so that the patch
fits wherever in it git is called; without a repository, those below the working directory.
"""

from __future__ import annotations

import difflib
import os
import re
from typing import Final

from engine.errors import GitError
from engine.read.git import repository

_ODD: Final = re.compile(r'["\\\x00-\x1f\x7f]')
_NAMES: Final = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_CUT: Final = "\\ No newline at end of file\n"


def patch(file: str, before: bytes | None, after: bytes) -> bytes:
    """Return the patch of one file by its name; `before` is None where it is not there yet.

    Lines are parted at LF alone, as git parts them: whatever else ends lines stays in them.
    """
    old, new = (_lines(content or b"") for content in (before, after))
    left, right = _name("a", file), _name("b", file)
    head = [f"diff --git {left} {right}\n", *(["new file mode 100644\n"] if before is None else [])]
    one = "/dev/null" if before is None else _ended(left)
    lines = [*head, *difflib.unified_diff(old, new, one, _ended(right), lineterm="\n")]
    return "".join(line if line.endswith("\n") else f"{line}\n{_CUT}" for line in lines).encode()


def name_of(file: str) -> str:
    """Return the name that a file bears in a patch; a symbolic link is followed."""
    real = os.path.realpath(file)
    folder, name = os.path.split(real)
    try:
        return repository(folder).prefix + name
    except GitError:
        here = os.path.relpath(real)
        return (file if here.startswith(os.pardir) else here).replace(os.sep, "/")


def _lines(content: bytes) -> list[str]:
    parts = content.decode().split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _name(side: str, file: str) -> str:
    """Return a name as git writes it: an odd one in quotes."""
    name = f"{side}/{file}"
    if _ODD.search(name):
        return '"' + _ODD.sub(lambda m: _NAMES.get(m[0], f"\\{ord(m[0]):03o}"), name) + '"'
    return name


def _ended(name: str) -> str:
    """Return a name in a line where a time might follow: after spaces, a tab ends it."""
    return f"{name}\t" if " " in name else name
