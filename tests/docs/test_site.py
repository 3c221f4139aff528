"""The docs site builds without a warning, and its reference names all that there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cli import COMMANDS
from engine.findings import registry
from engine.read.schemas import KINDS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site, strictly: a broken link is an error."""
    folder = tmp_path_factory.mktemp("site")
    words = ["build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", *words],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def headings(site, page):
    html = (site / "reference" / page).read_text(encoding="utf-8")
    return set(re.findall(r'<h2 id="([^"]+)"', html))


@pytest.mark.slow
def test_the_reference_names_every_command_code_kind_and_format(site):
    assert headings(site, "commands.html") == {f"calsync-{name}" for name in COMMANDS}
    assert headings(site, "finding-codes.html") == set(registry())
    assert headings(site, "policy-files.html") == set(KINDS)
    outputs = list((ROOT / "schema" / "output").glob("*.json"))
    assert len(headings(site, "json-formats.html")) == len(outputs)
    for file in outputs:
        built = site / "reference" / "output" / file.name
        assert json.loads(built.read_text(encoding="utf-8"))["title"]


@pytest.mark.slow
def test_the_site_fetches_nothing_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?://', html) == []


@pytest.mark.slow
def test_every_page_is_reached_from_the_first(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    pages = {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")}
    wanted = {p.removesuffix(".md") + ".html" for p in pages if not p.startswith("decisions/")}
    assert {page for page in wanted if f'href="{page}"' not in html} <= {"index.html"}


def test_the_pictures_are_those_of_the_tables_that_decide(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    drawn = import_module("pictures").pictures()
    assert drawn == {
        file.name: file.read_text(encoding="utf-8")
        for file in (ROOT / "docs" / "images").glob("*.svg")
    }
