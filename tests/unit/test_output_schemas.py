"""Every JSON that calsync prints satisfies its schema, which names every key that is printed."""

from __future__ import annotations

import json
import shutil
import subprocess
from copy import deepcopy

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
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    done = CliRunner().invoke(main, ["-p", policies, *words, "--format", "json"])
    assert done.exit_code in {0, 1}, done.stderr
    validator = jsonschema.Draft202012Validator(strict(deepcopy(schema)))
    assert [error.message for error in validator.iter_errors(json.loads(done.stdout))] == []


def test_a_history_satisfies_its_schema(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    legal = tmp_path / "policies" / "groups" / "legal.yaml"
    git = ["git", "-c", "user.name=Olga", "-c", "user.email=olga@acme.example"]
    subprocess.run([*git, "init", "-q"], check=True)
    for old, new in (("", ""), (", locked: true", ""), ("kind: group", "kind: grup")):
        legal.write_text(legal.read_text().replace(old, new) if old else legal.read_text())
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "Change"], check=True)
    schema = json.loads((FOLDER / "history.json").read_text(encoding="utf-8"))
    words = ["history", "alice@acme.example", "--format", "json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["intervals"]) == 2 and len(found["skipped"]) == 1
    validator = jsonschema.Draft202012Validator(strict(deepcopy(schema)))
    assert [error.message for error in validator.iter_errors(found)] == []


def test_every_schema_is_told_what_it_is_for():
    for file in FOLDER.glob("*.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        assert schema["$id"].endswith(f"/output/{file.name}")
        assert schema["description"].startswith("What `calsync ")
