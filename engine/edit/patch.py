"""An edit as a unified diff, as `git apply` and `patch -p1` take it from the same directory."""

from __future__ import annotations

import difflib
import re
from typing import Final

_ODD: Final = re.compile(r'["\\\x00-\x1f\x7f]')
_NAMES: Final = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_CUT: Final = "\\ No newline at end of file\n"


def patch(file: str, before: bytes | None, after: bytes) -> bytes:
    """Return the patch of one file; `before` is None where the file is not there yet.

    Lines are parted at LF alone, as git parts them: whatever else ends lines stays in them.
    """
    old, new = (_lines(content or b"") for content in (before, after))
    names = ("/dev/null" if before is None else _name("a", file), _name("b", file))
    lines = difflib.unified_diff(old, new, *names, lineterm="\n")
    return "".join(line if line.endswith("\n") else f"{line}\n{_CUT}" for line in lines).encode()


def _lines(content: bytes) -> list[str]:
    parts = content.decode().split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _name(side: str, file: str) -> str:
    """Return a name as git writes it: an odd one in quotes, one with spaces before a tab."""
    name = f"{side}/{file}"
    if _ODD.search(name):
        return '"' + _ODD.sub(lambda m: _NAMES.get(m[0], f"\\{ord(m[0]):03o}"), name) + '"'
    return f"{name}\t" if " " in name else name
