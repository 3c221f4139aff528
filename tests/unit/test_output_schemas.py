"""Every JSON that calsync prints satisfies its schema, which names every key that is printed."""

from __future__ import annotations

import json
import shutil
import subprocess

import jsonschema
import pytest
from click.testing import CliRunner

from cli import main
from tests.consumers.installed import ROOT

FOLDER = ROOT / "schema" / "output"
SETS = ["policies", *(f"tests/sets/{name}" for name in ("assurance", "conflict", "priority"))]
PRINTED = [
    *(("validate", s, ["validate"]) for s in SETS),
    *(("evaluate", s, ["evaluate", "--all-toggles"]) for s in SETS),
    *(("evaluate-summary", s, ["evaluate", "--all-toggles", "--summary"]) for s in SETS),
    *(("test", s, ["test"]) for s in SETS),
    *(
        ("explain", "policies", ["explain", target])
        for target in ("alice@acme.example", "hana@acme.example", "group:legal", "account")
    ),
    ("diff", "policies", ["diff", "tests/sets/conflict", "policies", "--provenance"]),
    ("diff", "policies", ["diff", "policies", "tests/sets/priority"]),
    ("diff", "policies", ["diff", "policies", "policies"]),
    ("compare-models", "policies", ["compare-models"]),
    ("compare-models", "tests/sets/several-accounts", ["compare-models", "--in", "north"]),
    *(
        (command.split()[0], "policies", [*command.split()[:1], *sides, *command.split()[1:]])
        for command in ("runbook", "authorize --actor bob@acme.example")
        for sides in (["tests/sets/conflict", "policies"], ["policies", "tests/sets/priority"])
    ),
]


def strict(schema):
    """Return the schema as our own outputs must satisfy it: without a key that it does not name."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


@pytest.mark.parametrize(("name", "policies", "words"), PRINTED)
def test_what_is_printed_satisfies_its_schema(name, policies, words, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(main, ["-p", policies, *words, "--format", "json"])
    assert done.exit_code in {0, 1}, done.stderr
    assert wrong(name, done.stdout) == []


@pytest.fixture
def history(tmp_path, monkeypatch):
    """A repository of three commits; the last one's policies are not valid."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    legal = tmp_path / "policies" / "groups" / "legal.yaml"
    git = ["git", "-c", "user.name=Olga", "-c", "user.email=olga@acme.example"]
    subprocess.run([*git, "init", "-q"], check=True)
    for old, new in (("", ""), (", locked: true", ""), ("kind: group", "kind: grup")):
        legal.write_text(legal.read_text().replace(old, new) if old else legal.read_text())
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "Change"], check=True)


def wrong(name, text):
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(strict(schema))
    return [error.message for error in validator.iter_errors(json.loads(text))]


@pytest.mark.usefixtures("history")
def test_a_history_satisfies_its_schema():
    words = ["history", "alice@acme.example", "--format", "json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["intervals"]) == 2 and len(found["skipped"]) == 1
    assert wrong("history", done.stdout) == []


@pytest.mark.usefixtures("history")
def test_meetings_and_their_summary_satisfy_their_schemas(tmp_path):
    (tmp_path / "meetings.csv").write_text(
        "meeting,user,event,at,by\n"
        "m1,bob@acme.example,created,2099-01-01T00:00:00Z,user\n"
        "m2,alice@acme.example,updated,2099-01-01T00:00:00Z,user\n"
        "m3,nobody@acme.example,updated,2099-01-01T00:00:00Z,user\n"
        "m4,bob@acme.example,created,1999-01-01T00:00:00Z,user\n"
        "m5,bob@acme.example,updated,2099-01-01T00:00:00Z,system\n"
    )
    git = ["git", "-c", "user.name=Olga", "-c", "user.email=olga@acme.example"]
    subprocess.run([*git, "revert", "--no-edit", "HEAD"], check=True, capture_output=True)
    words = ["meetings", "meetings.csv", "--format", "json"]
    for name, more in (("meetings", []), ("meetings-summary", ["--summary"])):
        done = CliRunner().invoke(main, [*words, *more])
        assert done.exit_code == 0, done.stderr
        assert wrong(name, done.stdout) == []


def test_every_schema_is_told_what_it_is_for():
    for file in FOLDER.glob("*.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"].endswith(f"/output/{file.name}")
        assert schema["description"].startswith("What `calsync ")
