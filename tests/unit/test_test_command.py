"""`calsync test`: exit codes, gates, filters, coverage files."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from cli import main

ROOT = Path(__file__).parents[2]
ASSURANCE = ("-p", "tests/sets/assurance")


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def calsync(*words):
    return CliRunner().invoke(main, list(words))


def small(tmp_path, text):
    (tmp_path / "policies.yaml").write_text(text, encoding="utf-8")
    return ("-p", str(tmp_path))


def test_what_passes_ends_with_0_and_what_fails_with_1():
    assert calsync("test").exit_code == 0
    assert calsync(*ASSURANCE, "test").exit_code == 1
    assert calsync(*ASSURANCE, "test", "--filter", "Ada*", "--filter", "Dee never*").exit_code == 0


def test_a_filter_is_a_glob_on_names_and_for_nameless_ones_on_what_they_are_about():
    def ran(pattern):
        done = calsync(*ASSURANCE, "test", "--format", "json", "--filter", pattern)
        found = json.loads(done.stdout)
        return len(found["expectations"]), len(found["guardrails"])

    assert ran("Dee*") == (1, 1)
    assert ran("dee*") == (0, 0)
    assert ran("eve@*") == (1, 0)
    assert ran("*") == (3, 5)


def test_without_a_filter_the_toggle_alone_limits_the_tests_and_the_coverage():
    key = "calendar_and_contacts_integration"
    found = json.loads(calsync(*ASSURANCE, "test", "--format", "json", "--toggle", key).stdout)
    assert len(found["expectations"]) == 1
    assert len(found["guardrails"]) == 1
    assert found["coverage"]["settings"] == 1
    unknown = calsync(*ASSURANCE, "test", "--toggle", "calendar_and_contacts")
    assert unknown.exit_code == 2
    assert "did you mean" in unknown.stderr


def test_nothing_to_test_is_fine_unless_it_must_not_be(tmp_path):
    empty = small(tmp_path, "kind: account\nid: acme\n")
    fine = calsync(*empty, "test")
    assert fine.exit_code == 0
    assert "nothing to test" in fine.stdout
    assert calsync(*empty, "test", "--fail-on-empty").exit_code == 1
    assert json.loads(calsync(*empty, "test", "--format", "json").stdout)["coverage"] == {
        "settings": 0,
        "covered": 0,
        "percent": 100.0,
        "uncovered": [],
    }


LONELY = """\
kind: account
id: acme
toggles: {bidirectional_calendar_sync: off}
---
{kind: user, id: ann@acme.example}
---
kind: guardrails
guardrails: [{name: Ann syncs, who: all, must_be: enabled}]
"""
EXPECTED = """\
---
kind: expectations
expectations: [{user: ann@acme.example, state: disabled}]
"""


def test_one_is_one_in_every_sentence(tmp_path):
    told = calsync(*small(tmp_path, LONELY + EXPECTED), "test").stdout
    assert "must be enabled, for the one user:" in told
    assert "ann@acme.example is off" in told
    assert "Coverage: 1 of 1 setting (100 %) decides for an expectation" in told
    assert told.endswith("1 of 1 guardrail failed\n")
    told = calsync(*small(tmp_path, LONELY), "test", "--filter", "x", "--min-coverage", "1")
    assert "Coverage: 0 of 1 setting (0 %) decides for an expectation" in told.stdout
    assert "coverage is 0 % (0 of 1 setting), less than 1 %" in told.stderr
    alone = LONELY.replace("must_be: enabled", "must_be: disabled")
    assert calsync(*small(tmp_path, alone), "test").stdout.endswith("1 guardrail: it holds\n")
    both = calsync(*small(tmp_path, alone + EXPECTED), "test").stdout
    assert both.endswith("1 expectation and 1 guardrail: all hold\n")


@pytest.mark.parametrize(("number", "rest"), [(5, " are off"), (6, " and 1 more are off")])
def test_five_are_named_and_only_more_are_counted(tmp_path, number, rest):
    names = [f"u{at}@acme.example" for at in range(1, number)]
    users = "".join(f"---\n{{kind: user, id: {name}}}\n" for name in names)
    told = calsync(*small(tmp_path, LONELY + users), "test").stdout
    shown = ", ".join(["ann@acme.example", *names[:4]])
    assert f": {shown}{rest}" in " ".join(told.split())


def test_minimum_coverage_is_a_gate_that_does_not_round_up():
    passing = (*ASSURANCE, "test", "--filter", "Ada*", "--min-coverage")
    assert calsync(*passing, "25").exit_code == 0
    below = calsync(*passing, "25.1")
    assert below.exit_code == 1
    assert "coverage is 25 %" in below.stderr
    assert calsync(*passing, "101").exit_code == 2


def test_percent_is_rounded_down_to_one_decimal(tmp_path):
    groups = "".join(f"---\n{{kind: group, id: g{n}, toggles: {{x: on}}}}\n" for n in range(3))
    policies = small(
        tmp_path,
        "kind: account\nid: acme\n---\nkind: catalogue\ntoggles: {x: {default: off}}\n"
        f"{groups}---\nkind: users\nusers:\n"
        "  - {id: a@b, groups: [g0]}\n  - {id: c@d, groups: [g1]}\n  - {id: e@f, groups: [g2]}\n"
        "---\nkind: expectations\nexpectations:\n"
        "  - {user: a@b, toggle: x, state: off}\n  - {user: c@d, toggle: x, state: on}\n",
    )
    done = calsync(*policies, "test", "--format", "json")
    assert json.loads(done.stdout)["coverage"]["percent"] == 66.6
    assert done.exit_code == 1  # one expectation fails, and its decision is covered all the same


def test_coverage_is_written_as_cobertura_or_json(tmp_path):
    xml, detail = tmp_path / "coverage.xml", tmp_path / "coverage.json"
    assert calsync("test", "--coverage-output", str(xml)).exit_code == 0
    assert calsync("test", "--coverage-output", str(detail)).exit_code == 0
    root = ET.parse(xml).getroot()
    assert (root.get("lines-covered"), root.get("lines-valid")) == ("8", "8")
    lines = {
        (one.get("filename"), int(line.get("number")), int(line.get("hits")))
        for one in root.iter("class")
        for line in one.iter("line")
    }
    told = json.loads(detail.read_text(encoding="utf-8"))
    assert lines == {
        (file["file"], line["line"], line["expectations"])
        for file in told["files"]
        for line in file["lines"]
    }
    assert all(line["users"] > 0 for file in told["files"] for line in file["lines"])


def test_the_totals_of_cobertura_are_those_of_its_lines(tmp_path):
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "all.yaml").write_text(
        "kind: account\nid: acme\n"
        "toggles: {bidirectional_calendar_sync: off, calendar_and_contacts_integration: on}\n"
        "---\nkind: group\nid: legal\ntoggles:\n  bidirectional_calendar_sync: on\n"
        "---\nkind: users\nusers:\n  - {id: a@x}\n  - {id: b@x, groups: [legal]}\n"
        "---\nkind: expectations\nexpectations:\n"
        "  - {user: a@x, state: off}\n  - {user: b@x, state: on}\n"
    )
    file = tmp_path / "coverage.xml"
    assert calsync("-p", str(folder), "test", "--coverage-output", str(file)).exit_code == 0
    root = ET.parse(file).getroot()
    hits = [int(line.attrib["hits"]) for line in root.iter("line")]
    assert hits == [0, 1]  # of two settings in one line the less covered counts
    assert (root.attrib["lines-valid"], root.attrib["lines-covered"]) == ("2", "1")
    rates = {one.attrib["line-rate"] for one in root.iter() if "line-rate" in one.attrib}
    assert rates == {"0.5"}


def test_json_has_the_keys_of_the_contract_and_no_others():
    found = json.loads(calsync(*ASSURANCE, "test", "--format", "json").stdout)
    assert list(found) == ["format_version", "expectations", "guardrails", "coverage", "summary"]
    assert {tuple(e) for e in found["expectations"]} == {
        ("name", "file", "line", "passed", "failures")
    }
    assert {tuple(g) for g in found["guardrails"]} == {
        ("name", "file", "line", "passed", "checked", "violations")
    }
    assert {tuple(v) for g in found["guardrails"] for v in g["violations"]} == {
        ("account", "user", "state", "locked", "sync", "choices")
    }
    assert found["summary"] == {"passed": 2, "failed": 6}


def test_policies_that_are_not_valid_cannot_be_tested(tmp_path):
    done = calsync(*small(tmp_path, "kind: account\nid: 7\n"), "test")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "[error]" in done.stderr


def test_a_guardrail_about_nobody_holds_unless_it_wants_some(tmp_path):
    policies = small(
        tmp_path,
        "kind: account\nid: acme\n---\nkind: group\nid: empty\n---\n"
        "kind: guardrails\nguardrails:\n"
        "  - {name: each, who: {groups: [empty]}, must_be: on}\n"
        "  - {name: share, who: {groups: [empty]}, must_be: on, at_least: 50%}\n"
        "  - {name: three, who: {groups: [empty]}, must_be: on, at_least: 3}\n",
    )
    found = json.loads(calsync(*policies, "test", "--format", "json").stdout)["guardrails"]
    assert {g["name"]: g["passed"] for g in found} == {"each": True, "share": True, "three": False}
    assert all(g["checked"] == 0 and g["violations"] == [] for g in found)
