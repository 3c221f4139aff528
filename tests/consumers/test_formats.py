"""Each format is taken by its official schema, or by a program that really reads it."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from engine.findings import registry
from tests.consumers.installed import ROOT, calsync, module, program

CORE = "@actions/core/lib/command.js"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """A folder with the outputs of `validate` for every code's bad example, by format."""
    folder = tmp_path_factory.mktemp("outputs")
    policies = folder / "policies"
    policies.mkdir()
    (policies / "account.yaml").write_text("kind: account\nid: acme\n", encoding="utf-8")
    shutil.copytree(ROOT / "tests" / "sets" / "conflict", policies / "conflict")
    for slug, code in registry().items():
        (policies / f"{slug}.yaml").write_text(code.bad, encoding="utf-8")
    done = calsync(
        "validate",
        *(
            w
            for f in ("sarif", "gitlab", "json", "github", "junit")
            for w in ("-o", f"{f}={f}.out")
        ),
        cwd=folder,
    )
    assert done.returncode == 1, done.stderr
    return folder


@pytest.mark.slow
def test_sarif_is_valid_against_the_official_schema(outputs):
    tool = module("@microsoft/sarif-multitool-linux/sarif-2.1.0.json")
    schema = json.loads(tool.read_text(encoding="utf-8-sig"))
    jsonschema.Draft7Validator(schema).validate(
        json.loads((outputs / "sarif.out").read_text(encoding="utf-8"))
    )


@pytest.mark.slow
def test_the_sarif_multitool_has_nothing_to_say_but_that_there_is_no_website(outputs):
    tool = module("@microsoft/sarif-multitool-linux/Sarif.Multitool")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    shutil.copy(outputs / "sarif.out", outputs / "calsync.sarif")
    words = ["validate", "calsync.sarif", "--rule-kind", "Sarif;Ghas"]
    done = subprocess.run(
        [tool, *words],
        cwd=outputs,
        env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(outputs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if ": error " in line or ": warning " in line]
    assert [line for line in said if "'informationUri'" not in line] == []


@pytest.mark.slow
def test_githubs_own_library_writes_the_same_commands(outputs):
    """The escaping is compared with what GitHub publishes for those who write actions."""
    library = module(CORE)
    diagnostics = json.loads((outputs / "json.out").read_text(encoding="utf-8"))["diagnostics"]
    lines = (outputs / "github.out").read_text(encoding="utf-8").splitlines()
    wanted = [
        {
            "level": one["severity"],
            "properties": {
                "file": one["file"],
                "line": one["line"],
                "col": one["column"],
                "title": one["code"],
            },
            "message": "\n".join(
                [
                    one["message"],
                    *(
                        f"{r['file']}:{r['line']}:{r['column']}: {r['message']}"
                        for r in one["related"]
                    ),
                    *([f"hint: {one['hint']}"] if one["hint"] else []),
                ]
            ),
        }
        for one in diagnostics
    ]
    script = (
        f"import {{issueCommand}} from {json.dumps(library.as_uri())};"
        "import {readFileSync} from 'node:fs';"
        "for (const one of JSON.parse(readFileSync(0)))"
        " issueCommand(one.level, one.properties, one.message);"
    )
    done = subprocess.run(
        [program("node"), "--input-type=module", "-e", script],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == lines[:-1]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["validate", "test"])
def test_a_junit_reader_shows_each_case_and_failure(outputs, tmp_path, command):
    written = outputs / "junit.out"
    if command == "test":
        written = tmp_path / "junit.xml"
        calsync("-p", "tests/sets/assurance", "test", "-o", f"junit={written}", cwd=ROOT)
    page = tmp_path / "report.html"
    subprocess.run([program("junit2html"), written, page], check=True, capture_output=True)
    html = unescape(page.read_text(encoding="utf-8"))
    failures = list(ET.parse(written).getroot().iter("failure"))
    assert failures
    assert [f.get("message") for f in failures if f.get("message") not in html] == []


def test_gitlab_has_every_field_that_it_documents_as_needed(outputs):
    """docs.gitlab.com: description, check_name, fingerprint, severity, location.path and line."""
    issues = json.loads((outputs / "gitlab.out").read_text(encoding="utf-8"))
    assert issues
    for issue in issues:
        assert issue["description"] and issue["check_name"] in registry()
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        path = Path(issue["location"]["path"])
        assert not path.is_absolute() and not str(path).startswith("./")
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
