"""`history --format html|svg`: the picture is whole, self-contained, safe from what it shows."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from cli import main
from tests.repositories import START, Made, line, written

AMY = "amy@acme.example"
HOSTILE = "</title><script>alert(1)</script>\"' onload=x &amp; \u202e]]>"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Amy with an ill-meant name, in a group with one, which then locks."""
    commits = []
    for number, lock in enumerate(("false", "true")):
        setting = f"{{bidirectional_calendar_sync: {{state: off, locked: {lock}}}}}"
        quoted = HOSTILE.replace("'", "''")
        documents = (
            "{kind: account, id: acme}",
            f"kind: group\nid: '{quoted}'\ntoggles: {setting}",
            f"kind: user\nid: {AMY}\nname: '{quoted}'\ngroups: ['{quoted}']",
            "{kind: user, id: bob@acme.example, calendars: []}",
        )
        files = {"policies/a.yaml": "\n---\n".join(documents)}
        commits.append(Made(files, START + number * 86_400, subject=HOSTILE))
    commits.append(Made({"policies/a.yaml": "<b>["}, START + 200_000, subject="Oops"))
    written(tmp_path, line(*commits))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rendered(*words):
    done = CliRunner().invoke(main, ["history", *words])
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("folder")
def test_the_picture_is_well_formed_and_has_a_band_an_interval_with_its_commit():
    root = ET.fromstring(rendered(AMY, "--format", "svg"))
    bands = [node for node in root.iter(f"{SVG}g") if node.get("class") == "band"]
    assert len(bands) == 2
    assert all(band.get("tabindex") == "0" for band in bands)
    titles = [str(band.findtext(f"{SVG}title")) for band in bands]
    assert "off: 2023-11-14 22:13 UTC to 2023-11-15 22:13 UTC" in titles[0]
    assert "off, locked" in titles[1]
    assert "now locks it off; before, it said off" in titles[1]
    assert [len(band.findall(f"{SVG}path")) for band in bands] == [0, 1]


@pytest.mark.usefixtures("folder")
def test_names_and_subjects_are_nothing_but_text():
    for form in ("html", "svg"):
        text = rendered(AMY, "--all-toggles", "--format", form)
        assert "<script" not in text
        assert "\u202e" not in text
        assert not re.search(r"<[^>]*\sonload=x[^>]*>", re.sub(r'"[^"]*"', '""', text))
        ET.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])


@pytest.mark.usefixtures("folder")
def test_nothing_is_fetched_and_nothing_runs():
    page = rendered(AMY, "--format", "html")
    assert "default-src 'none'" in page
    for word in ("<script", "<link", "<img", "<iframe", "@import", "url(http", "src=", "href="):
        assert word not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


@pytest.mark.usefixtures("folder")
def test_the_page_lists_all_that_the_picture_shows_for_paper_and_the_dark():
    page = rendered(AMY, "--format", "html")
    assert page.count("<tr>") == 3
    assert "passed over" in page
    assert "assumes that the portal followed" in page
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page


@pytest.mark.usefixtures("folder")
def test_on_without_events_is_told_apart_and_an_empty_picture_is_a_picture():
    assert 'class="idle"' in rendered("bob@acme.example", "--format", "svg")
    empty = rendered(AMY, "--format", "html", "--until", "2001-01-01")
    assert "no decision" in empty
