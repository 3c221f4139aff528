"""A directory to run calsync in, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
ACCOUNT = "kind: account\nid: acme\n"


@dataclass(frozen=True)
class Answer:
    """What a run of calsync said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Workplace:
    """A directory, its policies in `policies/`."""

    folder: Path

    def write(self, files: Mapping[str, str | bytes]) -> Workplace:
        """Write files below the directory, folders included."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def calsync(self, *words: str, **environment: str | None) -> Answer:
        """Run calsync in this process; a traceback or a bug's message fails the test."""
        # A real program's streams bring their own names for errors in encoding: so do these.
        clean = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "COLUMNS", "CALSYNC_POLICIES"))
        said = CliRunner().invoke(
            main, ["-C", str(self.folder), *words], env={**clean, **environment}
        )
        if said.exception is not None and not isinstance(said.exception, SystemExit):
            raise said.exception
        assert "calsync has a bug" not in said.stderr, said.stderr
        return Answer(said.exit_code, said.stdout, said.stderr)

    def process(self, words: str, **environment: str) -> Answer:
        """Run a shell command in a process of its own, where `calsync` is this checkout's."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "CALSYNC_POLICIES"}
            and not name.startswith("GIT_")
        }
        script = f'calsync() {{ "{sys.executable}" "{ROOT / "cli.py"}" "$@"; }}\n{words}'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**kept, **environment},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=60,
        )
        answer = Answer(
            done.returncode,
            done.stdout.decode("utf-8", "surrogateescape"),
            done.stderr.decode("utf-8", "surrogateescape"),
        )
        assert "Traceback" not in answer.err, answer.err
        assert "calsync has a bug" not in answer.err, answer.err
        return answer
