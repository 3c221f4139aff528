"""Every case below `tests/cases/validate` is a policy set with all the errors it has.

A new file is a new test. The cases are an independent reading of the contract: where one fails,
either may be wrong. Warnings are left out of the comparison.
"""

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from cli import main
from engine.read import opening, tables

CASES = Path(__file__).parents[1] / "cases" / "validate"
SCHEMA = json.loads(CASES.with_name("validate.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PATHS = sorted(CASES.rglob("*.yaml"))
NAMES = [path.relative_to(CASES).with_suffix("").as_posix() for path in PATHS]

Case = dict[str, Any]


def read(path: Path) -> Case:
    """Read one case; the C loader, since there are hundreds."""
    case: Case = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return case


def write(files: dict[str, Any], directory: Path) -> None:
    """Write a case's files below the directory, byte for byte."""
    for name, content in files.items():
        raw = content.encode() if isinstance(content, str) else base64.b64decode(content["base64"])
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)


def place(finding: dict[str, Any]) -> tuple[str, int, int]:
    """Where a finding stands, as file, line, column."""
    return finding["file"], finding["line"], finding["column"]


def expected_place(finding: dict[str, Any]) -> tuple[str, int, int]:
    """Where a case's finding stands, its file seen from the working directory."""
    file, line, column = place(finding)
    return f"policies/{file}", line, column


def check_details(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    """Compare what a case says of a finding beyond its code and its place."""
    if "pointer" in expected:
        assert actual["pointer"] == expected["pointer"]
    assert expected.get("hint_contains", "") in (actual["hint"] or "")
    assert expected.get("message_contains", "") in actual["message"]
    named = [place(related) for related in actual["related"]]
    for related in expected.get("related", []):
        assert expected_place(related) in named


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_validate_finds_these_errors_and_no_others(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(read(path), tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "path", [path for path in PATHS if path.parent.name == "directory"], ids=lambda path: path.stem
)
def test_tables_are_judged_alike_where_all_count_as_large(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SMALL_BYTES", -1)
    monkeypatch.setattr(opening, "SMALL_ROWS", -1)
    compare(read(path), tmp_path, monkeypatch)


def compare(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a case in a folder, and compare all errors with those that it names."""
    write(case["files"], folder / "policies")
    monkeypatch.delenv("CALSYNC_POLICIES", raising=False)
    monkeypatch.chdir(folder)  # -C changes this process's working directory: have it put back

    result = CliRunner().invoke(main, ["-C", str(folder), "validate", "--format", "json"])

    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    report = json.loads(result.stdout)
    errors = [one for one in report["diagnostics"] if one["severity"] == "error"]
    assert [(one["code"], *place(one)) for one in errors] == [
        (one["code"], *expected_place(one)) for one in case["findings"]
    ], case["title"]
    for actual, expected in zip(errors, case["findings"], strict=True):
        check_details(actual, expected)
    assert report["summary"]["errors"] == len(case["findings"])
    assert report["summary"] | case.get("summary", {}) == report["summary"]
    assert result.exit_code == (1 if case["findings"] else 0)


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_a_case_is_well_formed(path: Path) -> None:
    case = read(path)
    VALIDATOR.validate(case)
    keys = [(*place(one), one["code"]) for one in case["findings"]]
    assert keys == sorted(keys)
    assert {key[0] for key in keys} <= case["files"].keys()


def test_the_schema_of_cases_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


FINDING = {"code": "schema", "file": "a.yaml", "line": 1, "column": 1}
CASE: Case = {"title": "a title", "spec": "§2 …", "files": {"a.yaml": ""}, "findings": []}


@pytest.mark.parametrize(
    "change",
    [
        {"titel": "a misspelt key"},
        {"title": ""},
        {"files": {}},
        {"files": {"../a.yaml": ""}},
        {"files": {"/a.yaml": ""}},
        {"files": {"a.yaml": {"base64": "not base64"}}},
        {"files": {"a.yaml": None}},
        {"findings": None},
        {"findings": [FINDING | {"code": "no-such-code"}]},
        {"findings": [FINDING | {"line": 0}]},
        {"findings": [FINDING | {"col": 1}]},
        {"findings": [FINDING | {"pointer": "id"}]},
        {"findings": [{"code": "schema", "file": "a.yaml", "line": 1}]},
        {"findings": [FINDING | {"related": [{"file": "a.yaml"}]}]},
        {"findings": [FINDING | {"related": [FINDING]}]},
        {"summary": {"errors": 1}},
    ],
    ids=str,
)
def test_the_schema_of_cases_refuses(change: Case) -> None:
    assert VALIDATOR.is_valid(CASE)
    assert VALIDATOR.is_valid(CASE | {"findings": [FINDING]})
    assert not VALIDATOR.is_valid(CASE | change)


def test_every_code_has_a_case() -> None:
    found = {one["code"] for path in PATHS for one in read(path)["findings"]}
    assert found == set(SCHEMA["$defs"]["code"]["enum"])


def test_no_two_cases_have_one_title() -> None:
    titles = [read(path)["title"] for path in PATHS]
    assert len(titles) == len(set(titles))
