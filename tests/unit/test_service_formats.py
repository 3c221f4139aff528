"""SARIF, GitHub and GitLab: what services read of `validate`, by their own rules."""

from __future__ import annotations

import json
import re
import shutil
from xml.etree import ElementTree as ET

import pytest

from engine.model import Location
from engine.report import sarif
from engine.report.annotations import Annotated, Annotation
from tests.consumers.installed import ROOT, calsync

BROKEN = """\
kind: account
id: acme
toggles:
  bidirectional_calendar_sync: onn
---
kind: group
id: "legal, 100%: all"
---
kind: user
id: a@b
groups: [lega, ü, lega2]
---
kind: user
id: a@b
"""

FORMATS = ("sarif", "junit", "github", "gitlab", "json", "text")


@pytest.fixture
def broken(tmp_path):
    """A set with four kinds of mistakes, in a file with an awkward name."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "ä b,c%.yaml").write_text(BROKEN, encoding="utf-8")
    return tmp_path


def validate(folder, form, *words, **environment):
    return calsync("validate", "--format", form, *words, cwd=folder, **environment).stdout


def unescaped(text, *, prop=False):
    """Undo GitHub's escaping as its runner does."""
    pairs = [("%0D", "\r"), ("%0A", "\n"), *([("%3A", ":"), ("%2C", ",")] if prop else [])]
    for sign, character in [*pairs, ("%25", "%")]:
        text = text.replace(sign, character)
    return text


def commands(text):
    """Return (command, properties, message) of a log as GitHub's runner parses it."""
    found = []
    for line in text.splitlines():
        if match := re.fullmatch(r"::(\w+) (.*?)::(.*)", line):
            parts = (part.partition("=") for part in match[2].split(","))
            properties = {key: unescaped(value, prop=True) for key, _, value in parts}
            found.append((match[1], properties, unescaped(match[3])))
    return found


def test_every_format_tells_the_same_findings_at_the_same_lines(broken):
    told = [
        (d["code"], d["file"], d["line"])
        for d in json.loads(validate(broken, "json"))["diagnostics"]
    ]
    assert len(told) == 5
    github = [
        (p["title"], p["file"], int(p["line"])) for _, p, _ in commands(validate(broken, "github"))
    ]
    gitlab = [
        (i["check_name"], i["location"]["path"], i["location"]["lines"]["begin"])
        for i in json.loads(validate(broken, "gitlab"))
    ]
    sarif = json.loads(validate(broken, "sarif"))["runs"][0]["results"]
    places = [r["locations"][0]["physicalLocation"] for r in sarif]
    junit = [
        (case.find("failure").get("type"), case.get("file"), int(case.get("line")))
        for case in ET.fromstring(validate(broken, "junit")).iter("testcase")
    ]
    assert github == told
    assert junit == told
    assert gitlab == told
    assert [r["ruleId"] for r in sarif] == [code for code, _, _ in told]
    assert [p["region"]["startLine"] for p in places] == [line for _, _, line in told]
    uris = {p["artifactLocation"]["uri"] for p in places}
    assert uris == {"policies/%C3%A4%20b%2Cc%25.yaml"}


def test_a_related_place_is_named_in_each_format(broken):
    results = json.loads(validate(broken, "sarif"))["runs"][0]["results"]
    doubled = next(r for r in results if r["ruleId"] == "duplicate-id")
    region = doubled["relatedLocations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 10, "startColumn": 5}
    assert ":10:5: first declared here" in commands(validate(broken, "github"))[-1][2]


def cases(folder, *words):
    return [*ET.fromstring(validate(folder, "junit", *words)).iter("testcase")]


def fingerprints(folder):
    sarif = json.loads(validate(folder, "sarif"))["runs"][0]["results"]
    gitlab = json.loads(validate(folder, "gitlab"))
    known = [r["partialFingerprints"]["primaryLocationLineHash"] for r in sarif]
    assert known == [f"{i['fingerprint']}:1" for i in gitlab]
    return known


def test_fingerprints_are_unique_and_survive_moved_lines(broken):
    before = fingerprints(broken)
    assert len(set(before)) == len(before)
    file = next((broken / "policies").iterdir())
    text = f"# one line\n# and another\n{BROKEN}".replace(
        "kind: user\nid: a@b\ngroups", "kind: user\nname: A\nid: a@b\ngroups"
    )
    file.write_text(text, encoding="utf-8")
    assert fingerprints(broken) == before


def test_a_clean_set_has_an_empty_list_and_not_nothing(broken):
    next((broken / "policies").iterdir()).write_text("kind: account\nid: acme\n")
    assert json.loads(validate(broken, "gitlab")) == []
    assert json.loads(validate(broken, "sarif"))["runs"][0]["results"] == []
    assert [case.get("name") for case in cases(broken)] == ["calsync validate"]
    assert validate(broken, "github") == "1 file, 1 document: all valid\n"


@pytest.mark.parametrize(
    ("environment", "begins"),
    [
        ({"GITHUB_ACTIONS": "true"}, "::error file="),
        ({"GITLAB_CI": "true"}, "[\n"),
        ({"CI": "true"}, "policies/"),
        ({}, "policies/"),
    ],
)
def test_auto_asks_the_services_own_variables(broken, environment, begins):
    assert validate(broken, "auto", **environment).startswith(begins)


def test_paths_are_the_repositorys_where_the_service_says_where_it_is(broken):
    inside = broken / "policies"
    said = calsync(
        "-p", ".", "validate", "--format", "github", cwd=inside, GITHUB_WORKSPACE=str(broken)
    )
    assert {p["file"] for _, p, _ in commands(said.stdout)} == {"policies/ä b,c%.yaml"}


def test_several_outputs_are_written_in_one_run(broken):
    outputs = [word for form in FORMATS for word in ("--output", f"{form}={form}.out")]
    done = calsync("validate", *outputs, cwd=broken)
    assert done.returncode == 1
    assert done.stdout == validate(broken, "text")
    for form in FORMATS:
        text = (broken / f"{form}.out").read_text(encoding="utf-8")
        assert text == validate(broken, form)


def test_a_plain_output_is_the_chosen_format_and_leaves_standard_output_alone(broken):
    done = calsync("validate", "--format", "json", "--output", "a=b.json", cwd=broken)
    assert done.stdout == ""
    assert json.loads((broken / "a=b.json").read_text(encoding="utf-8"))["diagnostics"]


def test_two_results_for_one_file_are_refused(broken):
    done = calsync("validate", "-o", "sarif=x", "-o", "json=x", cwd=broken)
    assert done.returncode == 2
    assert "several results would be written to one place" in done.stderr


def test_failed_expectations_and_broken_guardrails_are_annotations_where_they_stand():
    words = ("-p", "tests/sets/assurance", "test", "--format")
    tested = json.loads(calsync(*words, "json", cwd=ROOT).stdout)
    failed = [one for part in ("expectations", "guardrails") for one in tested[part]]
    told = sorted((one["file"], one["line"]) for one in failed if not one["passed"])
    found = commands(calsync(*words, "github", cwd=ROOT).stdout)
    assert [(p["file"], int(p["line"])) for _, p, _ in found] == told
    sarif = json.loads(calsync(*words, "sarif", cwd=ROOT).stdout)["runs"][0]
    assert {r["ruleId"] for r in sarif["results"]} == {"expectation", "guardrail"}
    assert len(json.loads(calsync(*words, "gitlab", cwd=ROOT).stdout)) == len(told)


@pytest.fixture
def opened(tmp_path):
    """The example with Legal's lock taken away, beside the example as it is."""
    shutil.copytree(ROOT / "policies", tmp_path / "old")
    shutil.copytree(ROOT / "policies", tmp_path / "new")
    file = tmp_path / "new" / "groups" / "legal.yaml"
    file.write_text(file.read_text().replace(", locked: true", ""))
    return tmp_path


def test_a_diff_is_told_beside_the_changed_lines(opened):
    done = calsync("diff", "old", "new", "--format", "auto", cwd=opened, GITHUB_ACTIONS="true")
    told = commands(done.stdout)
    changed = next(one for one in told if one[0] == "notice")
    assert (changed[1]["file"], changed[1]["line"]) == ("new/groups/legal.yaml", "7")
    assert changed[2].startswith("7 people will notice: the group Legal, ")


def test_a_refused_change_is_told_in_every_services_format(opened):
    words = ("authorize", "old", "new", "--actor", "bob@acme.example")
    outputs = [w for form in FORMATS[:4] for w in ("-o", f"{form}={form}.out")]
    done = calsync(*words, *outputs, cwd=opened)
    assert done.returncode == 1, done.stderr
    read = {form: (opened / f"{form}.out").read_text(encoding="utf-8") for form in FORMATS[:4]}
    assert commands(read["github"])[0][1]["file"] == "new/groups/legal.yaml"
    assert json.loads(read["gitlab"])[0]["location"]["path"] == "new/groups/legal.yaml"
    assert json.loads(read["sarif"])["runs"][0]["results"][0]["ruleId"] == "authorize"
    assert ET.fromstring(read["junit"]).get("failures") == "1"


HOSTILE = "a\u202eb\x07 ##[add-mask]x\n::error::no"


@pytest.fixture
def hostile(tmp_path):
    """A set whose expectation has a name that would like to be more than a name."""
    (tmp_path / "policies").mkdir()
    documents = [
        {"kind": "account", "id": "acme"},
        {"kind": "group", "id": "##[add-mask]g"},
        {"kind": "user", "id": "bob@x", "groups": ["##[add-mask]g"]},
        {
            "kind": "expectations",
            "expectations": [{"name": HOSTILE, "user": "bob@x", "state": "disabled"}],
        },
    ]
    for number, document in enumerate(documents):
        file = tmp_path / "policies" / f"{number}##[group]x.yaml"
        file.write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


def test_no_name_reaches_a_service_with_signs_that_cannot_be_seen(hostile):
    shown = "a\\u202eb\\x07 ##[add-mask]x\\n::error::no"
    said = {form: calsync("test", "--format", form, cwd=hostile).stdout for form in FORMATS[:4]}
    assert commands(said["github"])[0][2].startswith(shown)
    assert json.loads(said["gitlab"])[0]["description"].startswith(shown)
    result = json.loads(said["sarif"])["runs"][0]["results"][0]
    assert shown in result["message"]["text"]
    assert next(ET.fromstring(said["junit"]).iter("testcase")).get("name") == shown


def test_no_line_of_the_log_but_an_annotation_is_a_command(hostile):
    """The runner takes `##[command]` anywhere in a line, and `::command::` at its start."""
    shutil.copytree(hostile / "policies", hostile / "new")
    file = next((hostile / "new").glob("1*"))
    setting = {"bidirectional_calendar_sync": {"state": "disabled", "locked": True}}
    file.write_text(json.dumps({"kind": "group", "id": "##[add-mask]g", "toggles": setting}))
    done = calsync("diff", "policies", "new", "--format", "github", cwd=hostile)
    annotation, headline = done.stdout.splitlines()
    assert annotation.startswith("::notice ")
    assert "## [group]x.yaml" in headline
    assert "##[" not in headline


def test_sarif_keeps_ids_as_they_are_and_ends_no_question_twice(broken, opened):
    texts = [
        r["message"]["text"] for r in json.loads(validate(broken, "sarif"))["runs"][0]["results"]
    ]
    assert any(text.endswith("`?") or "`? " in text for text in texts)
    assert not any("?." in text for text in texts)
    words = ("authorize", "old", "new", "--actor", "bob@acme.example", "--format", "sarif")
    log = json.loads(calsync(*words, cwd=opened).stdout)
    said = log["runs"][0]["results"][0]["message"]["text"]
    assert said.startswith("bob@acme.example ")


def test_where_sarif_takes_no_more_the_most_severe_are_kept(monkeypatch):
    monkeypatch.setattr(sarif, "_MOST", 3)
    levels = ("note", "warning", "error", "warning", "error")
    found = [
        Annotation(
            rule="r", level=level, message="m", location=Location("f", at, 1), about="", fails=False
        )
        for at, level in enumerate(levels, 1)
    ]
    run = json.loads(sarif.render(Annotated(command="test", said="", annotations=found)))["runs"][0]
    lines = [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in run["results"]]
    assert lines == [2, 3, 5]
    told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert told == "5 results were found, and the 3 most severe are given"


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "json=-"),
        ("-o", "sarif=x", "-o", "json=./y/../x"),
        ("-o", "sarif=x", "-o", "json=link"),
    ],
)
def test_two_names_of_one_place_are_one_place(broken, words):
    (broken / "link").symlink_to("x")
    (broken / "y").mkdir()
    done = calsync("validate", *words, cwd=broken)
    assert done.returncode == 2
    assert "several results would be written to one place" in done.stderr


@pytest.mark.parametrize(("command", "output"), [("validate", "sarf=x"), ("diff", "sarif=x")])
def test_a_format_that_there_is_not_is_no_part_of_a_files_name(broken, command, output):
    done = calsync(command, "-o", output, cwd=broken)
    assert done.returncode == 2
    name = output.partition("=")[0]
    meant = "did you mean `sarif`? a" if command == "validate" else "known here: text, json, "
    assert done.stderr.startswith(f"error: unknown format `{name}` in `--output {output}`\n")
    assert meant in done.stderr
    assert done.stderr.endswith(f" a file of that name is ./{output}\n")
    assert not (broken / output).exists()


@pytest.mark.parametrize(("service", "begins"), [("GITHUB_ACTIONS", "::error "), ("X", "policies")])
def test_a_file_may_get_what_the_service_reads(broken, service, begins):
    done = calsync("validate", "-o", "auto=found", cwd=broken, **{service: "true"})
    assert done.returncode == 1
    assert (broken / "found").read_text(encoding="utf-8").startswith(begins)
