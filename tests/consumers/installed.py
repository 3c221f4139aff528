"""Where the real consumers are: programs of others that read what calsync writes.

Those from the npm registry are installed by `npm ci` in this folder; some come with the
system. Without one a test is skipped on a developer's machine, and fails where CI is true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = Path(__file__).parent / "node_modules"


def missing(what: str, how: str) -> None:
    """Skip the test, or fail it where nothing may be skipped."""
    message = f"{what} is not installed: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def module(path: str) -> Path:
    """Return a file of an installed npm package."""
    found = MODULES / path
    if not found.exists() or shutil.which("node") is None:
        missing(path, "npm ci --prefix tests/consumers")
    return found


def program(name: str, how: str | None = None) -> str:
    """Return a program of the system or of this Python environment."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        missing(name, how or f"apt-get install {name}")
    return found or name


def calsync(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this checkout's calsync in a folder, without a service's environment but the given."""
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *words],
        cwd=cwd,
        env=clean(**environment),
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )


SERVICES = ("GITHUB_", "GITLAB_", "CI_", "CALSYNC_", "GIT_", "RUNNER_", "INPUT_")


def clean(**environment: str) -> dict[str, str]:
    """Return an environment that no CI service has touched."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(SERVICES) and k != "CI"}
    return {**kept, "PYTHONUTF8": "1", "NO_COLOR": "1", **environment}
