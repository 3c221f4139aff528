"""Tables whose beginning looks well and whose rows cannot be read: small ones and large ones."""

from __future__ import annotations

import json
from unittest.mock import patch

import duckdb
import pytest
from click.testing import CliRunner

from cli import main
from engine.read import opening, tables

POLICIES = """\
kind: account
id: acme
---
kind: directory
source: people.parquet
"""


@pytest.fixture(params=["small", "large"], autouse=True)
def size(request):
    if request.param == "small":
        yield
        return
    with patch.object(tables, "SMALL_BYTES", 0), patch.object(opening, "SMALL_ROWS", 0):
        yield


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/a.yaml").write_text(POLICIES, encoding="utf-8")
    return tmp_path / "policies"


def damage(folder, sign, length):
    """Write a Parquet file of which the bytes before its footer are not as they were."""
    path = folder / "people.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'u' || n || '@x' AS \"user\" FROM range(5000) rows (n))"
            f" TO '{path}' (FORMAT PARQUET)"
        )
    whole = path.read_bytes()
    start = len(whole) // 3
    path.write_bytes(whole[:start] + sign * length + whole[start + length :])


def run(*words):
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize("sign", [b"\xff", b"\x00", b"a"])
def test_a_parquet_file_with_damaged_rows_is_unreadable_at_its_source(folder, sign):
    damage(folder, sign, 2000)
    result = run("validate", "--format", "json")
    assert result.exit_code == 1, result.stderr
    found = json.loads(result.stdout)["diagnostics"]
    assert [(one["code"], one["line"], one["column"]) for one in found] == [
        ("directory-unreadable", 5, 9)
    ]
    assert "people.parquet" in found[0]["message"]


@pytest.mark.parametrize("words", [["evaluate"], ["evaluate", "--engine", "python"], ["test"]])
def test_no_command_mistakes_damaged_rows_for_a_bug(folder, words):
    damage(folder, b"\xff", 2000)
    result = run(*words)
    assert result.exit_code == 2
    assert "bug" not in result.stderr
    assert "people.parquet" in result.stderr


def test_an_explanation_needs_its_row_only_and_is_never_a_bug(folder):
    damage(folder, b"\xff", 2000)
    result = run("explain", "nobody@x")
    assert result.exit_code == 2
    assert "bug" not in result.stderr


def test_a_quote_without_end_is_no_csv(folder):
    (folder / "a.yaml").write_text(POLICIES.replace("parquet", "csv"), encoding="utf-8")
    (folder / "people.csv").write_text('user,groups\n"a@x,g\n', encoding="utf-8")
    result = run("validate", "--format", "json")
    assert result.exit_code == 1, result.stderr
    found = json.loads(result.stdout)["diagnostics"]
    assert [(one["code"], one["line"], one["column"]) for one in found] == [
        ("directory-unreadable", 5, 9)
    ]


def test_a_row_of_the_wrong_width_is_named_by_an_evaluation(folder):
    (folder / "a.yaml").write_text(POLICIES.replace("parquet", "csv"), encoding="utf-8")
    (folder / "people.csv").write_text("user,groups\na@x,\nb@x,,x\n", encoding="utf-8")
    for words in (["evaluate"], ["evaluate", "--engine", "python"]):
        result = run(*words)
        assert result.exit_code == 2
        assert "people.csv:3:1" in result.stderr


def test_an_empty_cell_without_a_column_says_nothing(folder):
    (folder / "a.yaml").write_text(POLICIES.replace("parquet", "csv"), encoding="utf-8")
    (folder / "people.csv").write_text('user,groups\na@x,\nb@x,,,""\n', encoding="utf-8")
    for words in (["validate"], ["evaluate"], ["evaluate", "--engine", "python"]):
        assert run(*words).exit_code == 0
