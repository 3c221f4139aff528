"""What commands print, held word for word: a terminal of 80 columns, and files.

`UPDATE_GOLDEN=1 pytest tests/unit/test_golden_texts.py` writes them anew; read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
CASES = {
    "test/failing.txt": ("tests/sets/assurance", "test"),
    "test/failing.json": ("tests/sets/assurance", "test --format json"),
    "test/failing.xml": ("tests/sets/assurance", "test --format junit"),
    "test/one.txt": (
        "tests/sets/assurance",
        "test --filter Dee* --toggle bidirectional_calendar_sync",
    ),
    "test/passing.txt": ("policies", "test"),
    "validate/warnings.txt": ("tests/sets/lint", "validate"),
    "validate/warnings.json": ("tests/sets/lint", "validate --format json"),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_words_are_as_they_were_read_and_approved(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    policies, words = CASES[name]
    said = CliRunner().invoke(main, ["-p", policies, *words.split(" ")])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.output
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(said.stdout, encoding="utf-8")
    if name.startswith("test/") and name.endswith(".txt"):
        assert max(map(len, said.stdout.splitlines())) <= 80
    assert said.stdout == (GOLDEN / name).read_text(encoding="utf-8")
