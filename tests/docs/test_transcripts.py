"""Every transcript in the README and the docs is run, and its output compared.

A ```console fence holds `$ command` lines, each followed by what it prints on both streams.
A line that is exactly `…` stands for any lines. The commands of one page run in order, in a
scratch git repository with a copy of the example organisation. A comment
`<!-- file: PATH -->` before a fence writes the fence's text to that file first.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def transcripts(page: Path) -> list[tuple[str, str]]:
    """Return (command, expected output) of a page, in order."""
    found: list[tuple[str, str]] = []
    for fence in FENCE.findall(page.read_text(encoding="utf-8")):
        for line in fence.splitlines(keepends=True):
            if line.startswith("$ "):
                found.append((line[2:].rstrip("\n"), ""))
            elif line.startswith("> "):
                command, output = found[-1]
                found[-1] = (f"{command}\n{line[2:].rstrip()}", output)
            else:
                command, output = found[-1]
                found[-1] = (command, output + line)
    return found


def matches(actual: str, expected: str) -> bool:
    """Tell whether the output is as the page says, where `…` stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^…\n", expected, flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)*?".join(parts), actual) is not None


@pytest.fixture
def scratch(tmp_path):
    """A repository with the example organisation, where `calsync` is this one."""
    shutil.copytree(ROOT / "policies", tmp_path / "repo" / "policies")
    shutil.copytree(ROOT / "schema", tmp_path / "repo" / "schema")
    tools = tmp_path / "bin"
    tools.mkdir()
    shim = tools / "calsync"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "cli.py"}" "$@"\n')
    shim.chmod(0o755)
    who = {"NAME": "Olga", "EMAIL": "olga@acme.example", "DATE": "2026-01-05T09:00:00+00:00"}
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "CALSYNC_"))},
        **{
            f"GIT_{role}_{key}": text
            for role in ("AUTHOR", "COMMITTER")
            for key, text in who.items()
        },
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
    }
    environment.pop("FORCE_COLOR", None)
    for words in ("init -q -b main", "add -A", "commit -q -m Begin"):
        subprocess.run(["git", *words.split()], cwd=tmp_path / "repo", env=environment, check=True)
    return tmp_path / "repo", environment


@pytest.mark.parametrize(
    "page", [p for p in PAGES if transcripts(p)], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_transcript_prints_what_the_page_says(page, scratch):
    folder, environment = scratch
    for name, text in FILE.findall(page.read_text(encoding="utf-8")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for command, expected in transcripts(page):
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        assert matches(done.stdout, expected), (
            f"$ {command}\n{done.stdout}\n--- expected\n{expected}"
        )
