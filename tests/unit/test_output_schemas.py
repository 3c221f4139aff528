"""Every JSON that calsync prints satisfies its schema, which names every key that is printed."""

from __future__ import annotations

import json
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


def test_every_schema_is_told_what_it_is_for():
    for file in FOLDER.glob("*.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        assert schema["$id"].endswith(f"/output/{file.name}")
        assert schema["description"].startswith("What `calsync ")
