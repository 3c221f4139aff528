"""What files are called: which are policy files, and how findings name them."""

from __future__ import annotations

import os
import posixpath
from functools import cache

from engine.typed import Final

POLICY_ENDINGS: Final = (".yaml", ".yml")


def is_policy_file(path: str) -> bool:
    """Tell by its ending whether a file holds policies."""
    return path.endswith(POLICY_ENDINGS)


def label(root: str, path: str) -> str:
    """Return a path below the policy directory, "" for itself, as seen from the working one."""
    folder = _relative(root, os.getcwd())
    if not path:
        return folder
    return path if folder == "." else f"{folder}/{path}"


@cache
def _relative(root: str, here: str) -> str:
    return posixpath.normpath(os.path.relpath(root, here).replace(os.sep, "/"))
