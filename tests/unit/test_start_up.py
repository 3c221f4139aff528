"""What runs most imports nothing that it does not use: start-up is most of its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.repositories import Made, line, written
from tests.workplace import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SET = "kind: account\nid: acme\n---\nkind: group\nid: legal\n"
GUARDRAILS = """\
kind: guardrails
guardrails: [{name: on, who: all, toggle: bidirectional_calendar_sync, must_be: enabled}]
"""

HEAVY = {"cerberus", "duckdb", "jsonschema", "referencing", "rich", "sqlglot"}
HEAVY |= {"pyarrow", "numpy", "pandas", "pyspark"}
UNUSED = {"difflib", "csv", "tomllib", "subprocess", "fnmatch", "shutil", "asyncio"}
"""Modules of the standard library that only some answers need."""
DEPENDENCIES = "import json, sys, click, yaml, jsonschema_rs\n"
"""What these import themselves is theirs."""
READING = {"yaml", "array", "engine.model", "engine.findings"}

SHOW = "json.dump(sorted(sys.modules), sys.stderr)\n"
PROBE = """
import atexit, json, runpy, sys
atexit.register(lambda: json.dump(sorted(sys.modules), sys.stderr))
sys.argv = ["calsync", *json.loads(sys.argv[1])]
sys.stdout = open("/dev/null", "w")
runpy.run_path("cli.py", run_name="__main__")
"""


LEAN = """
import atexit, sys
atexit.register(lambda: sys.stderr.write(repr([*map(str, sys.modules)]).replace("'", '"')))
sys.stdout = open("/dev/null", "w")
from engine.commands.quick import main
main()
"""
"""The same by a program that imports next to nothing itself."""


def imported(*words: str) -> set[str]:
    """Return the modules that a run of calsync has imported at its end."""
    return modules(PROBE, json.dumps(words))


def modules(program: str, *words: str, at: Path = ROOT) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr))


@pytest.fixture(scope="module")
def theirs():
    pytest.importorskip("jsonschema_rs")
    return modules(DEPENDENCIES + SHOW)


def test_the_version_reads_nothing():
    found = imported("--version")
    assert not found & (HEAVY | UNUSED | READING | {"jsonschema_rs", "tempfile"})
    ours = {name for name in found if name.startswith("engine")}
    light = {"engine.commands.quick", "engine.commands.plain", "engine.commands.streams"}
    assert ours <= {"engine", "engine.commands", "engine.errors", "engine.typed", *light}


@pytest.mark.parametrize(
    "words", [["explain", "alice@acme.example"], ["explain", "group:legal", "--format", "json"]]
)
def test_an_explanation_of_clean_policies_imports_only_what_it_uses(words, theirs):
    found = imported("--no-cache", *words)
    assert found >= READING  # else this test looks at the wrong names
    assert not found & HEAVY
    assert not (found - theirs) & (UNUSED | {"tempfile", "random"})
    assert not {name for name in found if name.startswith(("engine.history", "engine.population"))}
    assert not found & {"engine.read.tables", "engine.read.git", "engine.read.duck"}
    assert not (found - theirs) & {"dataclasses", "inspect"}


@pytest.mark.parametrize("words", [["alice@acme.example"], ["group:legal", "--format", "json"]])
def test_an_explanation_from_the_cache_imports_nothing_that_reads_policies(words):
    imported("explain", *words)
    found = imported("explain", *words)
    assert found >= {"engine.read.cache.sets", "engine.decide.decisions"}
    unread = {"yaml", "jsonschema_rs", "cerberus", "tempfile"}
    unused = {"click", "dataclasses", "inspect", "engine.read.source", "engine.findings"}
    assert not found & (HEAVY | UNUSED | unread | unused)
    ours = {name for name in found if name.startswith("engine.read.")}
    assert ours <= {"engine.read.labels"} | {n for n in ours if n.startswith("engine.read.cache")}


def test_an_answer_from_the_cache_needs_no_types_and_no_regular_expressions():
    imported("explain", "alice@acme.example")
    found = modules(LEAN, "explain", "alice@acme.example")
    assert found >= {"engine.read.cache.sets", "engine.report.explain_text"}
    assert not found & {"typing", "re", "json", "dataclasses", "runpy"}


@pytest.mark.parametrize("guardrails", [False, True])
def test_a_diff_of_what_is_known_imports_nothing_that_reads_policies(
    tmp_path, monkeypatch, guardrails
):
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    more = {"policies/g.yaml": GUARDRAILS} if guardrails else {}
    made = [Made({**more, "policies/a.yaml": f"{SET}name: {name}\n"}) for name in ("a", "b")]
    ids = written(tmp_path / "repository", line(*made))
    for form in ("text", "json"):
        for _ in range(3):
            found = modules(LEAN, "diff", *ids, "--format", form, at=tmp_path / "repository")
        assert found >= {"engine.read.slices", "engine.review.comparison"}
        unread = {"yaml", "jsonschema_rs", "click", "subprocess", "dataclasses", "inspect"}
        assert not found & (HEAVY | unread | {"difflib", "csv", "tempfile", "fnmatch"})
        if form == "text" and not guardrails:
            assert not found & {"typing", "re", "json", "hashlib", "threading", "shutil"}


@pytest.mark.parametrize("words", [["validate"], ["evaluate", "--format", "csv"]])
def test_no_command_on_clean_policies_imports_what_words_errors(words, theirs):
    found = imported(*words)
    assert not found & HEAVY
    assert not (found - theirs) & {"tomllib", "subprocess", "difflib"}
