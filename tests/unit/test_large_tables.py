"""Tables too large for values, on the command line: each size is made large by patching."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import duckdb
import pytest
from click.testing import CliRunner

from cli import main
from engine.read import opening, soundness, tables
from engine.review import targets

POLICIES = """\
kind: account
id: acme
---
{kind: group, id: legal, toggles: {bidirectional_calendar_sync: {state: off, locked: true}}}
---
{kind: group, id: sales}
---
{kind: user, id: yaml@c, groups: [legal]}
---
{kind: directory, source: "people/*"}
"""


@pytest.fixture(autouse=True)
def _everything_is_large():
    with patch.object(tables, "SMALL_BYTES", -1), patch.object(opening, "SMALL_ROWS", -1):
        yield


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    people = tmp_path / "policies" / "people"
    people.mkdir(parents=True)
    (people.parent / "a.yaml").write_text(POLICIES, encoding="utf-8")
    (people / "1.csv").write_text("user,groups\nbob@c,sales; legal\nal@c,\n", encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'eve@c' AS \"user\", ['legal'] AS groups, ['none'] AS calendars,"
            f" true AS bidirectional_calendar_sync) TO '{people}/2.parquet'"
        )
    return tmp_path


def run(*words):
    return CliRunner().invoke(main, words)


def rows(*words):
    result = run("evaluate", "--format", "ndjson", *words)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("engine", ["auto", "python", "duckdb"])
def test_yaml_and_tables_are_one_result(engine):
    found = rows("--engine", engine)
    assert [(row["user"], row["reason"]) for row in found] == [
        ("al@c", "default"),
        ("bob@c", "group_lock"),
        ("eve@c", "primary_group_lock"),
        ("yaml@c", "primary_group_lock"),
    ]


@pytest.mark.usefixtures("folder")
def test_filters_and_summaries_are_the_same_by_every_engine():
    for words in (
        ("--group", "legal"),
        ("--user", "eve@c", "--user", "al@c"),
        ("--where", "locked=true", "--where", "source_id=legal", "--all-toggles"),
        ("--where", "sync=null", "--toggle", "calendar_and_contacts_integration"),
    ):
        assert rows("--engine", "python", *words) == rows("--engine", "duckdb", *words)
        summary = ("evaluate", "--summary", "--format", "json", *words)
        python, duck = (run(*summary, "--engine", engine) for engine in ("python", "duckdb"))
        assert python.exit_code == duck.exit_code == 0
        assert python.stdout == duck.stdout


@pytest.mark.usefixtures("folder")
def test_explain_finds_one_user_and_says_where_the_row_is():
    found = json.loads(run("explain", "eve@c", "--format", "json").stdout)
    assert found["reason"] == "primary_group_lock"
    own = next(tier for tier in found["tiers"] if tier["reason"] == "user_choice")
    assert own["location"] == {"file": "policies/people/2.parquet", "line": 1, "column": 1}
    assert json.loads(run("explain", "bob@c", "--format", "json").stdout)["locked"] is True
    assert run("explain", "nobody@c").exit_code == 2
    with patch.object(targets, "_MOST_COMPARED", 3):  # nobody is said not to be there unlooked for
        result = run("explain", "evee@c")
    assert "there are 4, too many to look for one like it" in result.output
    assert "did you mean `eve@c`" in run("explain", "evee@c").output


def test_a_revision_has_the_tables_of_that_revision(folder):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True, cwd=folder)
    before = rows()
    (folder / "policies" / "people" / "1.csv").unlink()
    assert len(rows()) == len(before) - 2
    assert rows("--rev", "HEAD") == before


def test_parquet_goes_to_a_file_or_a_pipe_and_appears_only_whole(folder):
    result = run("evaluate", "--format", "parquet", "--output", "out.parquet")
    assert (result.exit_code, result.stdout) == (0, "")
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM 'out.parquet'").fetchall()
    assert [list(row.values()) for row in rows()] == [list(row) for row in found]
    piped = run("evaluate", "--format", "parquet").stdout_bytes
    assert io.BytesIO(piped).read(4) == b"PAR1"
    assert run("evaluate", "--format", "parquet", "-o", "no/such/folder").exit_code == 2
    assert [path.name for path in folder.iterdir() if path.name.startswith(".calsync")] == []


def test_a_pipe_is_written_to_and_a_link_stays_one(folder):
    (folder / "link").symlink_to("real")
    os.mkfifo(folder / "pipe")
    with ThreadPoolExecutor() as reading:
        whole = reading.submit((folder / "pipe").read_bytes)
        assert run("evaluate", "--format", "csv", "--output", "pipe").exit_code == 0
        assert run("evaluate", "--format", "csv", "--output", "link").exit_code == 0
        assert whole.result(timeout=60) == (folder / "real").read_bytes() != b""
    assert (folder / "pipe").is_fifo()
    assert (folder / "link").is_symlink()


def test_a_change_in_an_account_without_tables_is_written_as_parquet(folder):
    """Tables of another account are the same on both sides, and nobody in them is touched."""
    more = """\
---
{kind: account, id: zeta}
---
{kind: group, id: crew, account: zeta, toggles: {bidirectional_calendar_sync: on}}
---
{kind: user, id: zoe@z, account: zeta, groups: [crew]}
"""
    yaml = folder / "policies" / "a.yaml"
    own = POLICIES
    for one in ("id: legal", "id: sales", "id: yaml@c", 'source: "'):
        own = own.replace(one, f"account: acme, {one}")
    yaml.write_text(own + more, encoding="utf-8")
    shutil.copytree(folder / "policies", folder / "old")
    yaml.write_text(own + more.replace("sync: on", "sync: off"), encoding="utf-8")
    result = run("diff", "old", "policies", "--format", "parquet", "--output", "d.parquet")
    assert result.exit_code == 0, result.output
    with duckdb.connect() as connection:
        found = connection.execute("SELECT account, \"user\", causes FROM 'd.parquet'").fetchall()
    assert found == [("zeta", "zoe@z", [1])]


def test_a_bad_row_stops_an_evaluation_with_its_place(folder):
    with (folder / "policies" / "people" / "1.csv").open("a", encoding="utf-8") as file:
        file.write("zed@c,nope\n")
    for order in ("sorted", "table"):
        result = run("evaluate", "--order", order, "--format", "csv")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "policies/people/1.csv:4:1" in result.stderr
        assert "unknown group `nope`" in result.stderr


def test_a_doubled_user_stops_an_evaluation(folder):
    with (folder / "policies" / "people" / "1.csv").open("a", encoding="utf-8") as file:
        file.write("eve@c,\n")
    result = run("evaluate", "--format", "csv")
    assert result.exit_code == 2
    assert "the user `eve@c` stands twice, first at policies/people/1.csv:4" in result.stderr


def test_a_csv_that_no_csv_reader_accepts_is_reported_at_its_row(folder):
    with (folder / "policies" / "people" / "1.csv").open("a", encoding="utf-8") as file:
        file.write("x@c,legal,more\n")
    result = run("validate")
    assert result.exit_code == 1
    assert "policies/people/1.csv:4:1" in result.stdout
    assert "the row has 3 cells, the header 2" in result.stdout


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_that_is_none_is_reported_at_its_source(folder, ending):
    (folder / "policies" / "people" / f"3.{ending}").write_bytes(b"\xff\x00nothing")
    result = run("validate", "--format", "json")
    (finding,) = json.loads(result.stdout)["diagnostics"]
    assert finding["code"] in {"directory-unreadable", "directory-column"}
    assert finding["pointer"] == "/source"


def test_a_link_that_leads_outside_is_refused(folder):
    (folder / "elsewhere.csv").write_text("user\nx@c\n", encoding="utf-8")
    (folder / "policies" / "people" / "3.csv").symlink_to(folder / "elsewhere.csv")
    result = run("validate")
    assert result.exit_code == 1
    assert "leads outside" in result.stdout


def test_a_bad_row_of_parquet_is_told_without_the_bytes_of_the_file(folder):
    path = folder / "policies" / "people" / "3.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 'nobody' AS \"user\") TO '{path}' (FORMAT parquet)")
    told = run("validate").stdout
    assert "policies/people/3.parquet:1:1: [error] `nobody` is not a user id" in told
    assert "PAR1" not in told


@pytest.mark.usefixtures("folder")
def test_memory_is_an_amount():
    result = run("evaluate", "--memory", "much")
    assert result.exit_code == 2
    assert "`much` is no amount of memory" in result.stderr


def test_tables_that_both_sides_share_are_checked_once_and_again_where_a_group_went(folder):
    old, new = folder / "policies", folder / "new"
    shutil.copytree(old, new)
    text = POLICIES.replace("id: sales", "id: sales, name: Sales")
    (new / "a.yaml").write_text(text, encoding="utf-8")
    looked = []
    listed = soundness.listed
    with patch.object(soundness, "listed", lambda one: looked.append(one) or listed(one)):
        assert run("diff", str(old), str(new)).exit_code == 0
    assert len(looked) == 1

    (new / "a.yaml").write_text(POLICIES.replace("id: sales", "id: sold"), encoding="utf-8")
    result = run("diff", str(old), str(new))
    assert result.exit_code == 2
    assert "unknown group `sales` in account `acme`" in result.stderr

    (new / "a.yaml").write_text(POLICIES.replace("yaml@c", "bob@c"), encoding="utf-8")
    result = run("diff", str(old), str(new))
    assert result.exit_code == 2
    assert "the user `bob@c` is declared elsewhere too" in result.stderr


@pytest.mark.parametrize("engine", ["python", "duckdb"])
@pytest.mark.parametrize("odd", ["NULL", "''"])
@pytest.mark.parametrize("groups", ["{}, 'legal'", "'legal', {}", "{}, 'legal', {}, 'sales'"])
def test_what_is_no_group_among_the_members_of_a_list_is_passed_over(folder, engine, odd, groups):
    table = folder / "policies" / "people" / "2.parquet"
    (table.parent / "1.csv").unlink()  # whose space would have all rows read with care
    said = f"SELECT 'eve@c' AS \"user\", [{groups.format(odd, odd)}] AS groups"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({said}) TO '{table}'")
    eve = next(row for row in rows("--engine", engine) if row["user"] == "eve@c")
    assert (eve["reason"], eve["source_id"]) == ("primary_group_lock", "legal")


@pytest.mark.parametrize("key", ["groups", "calendars", "primary_group"])
@pytest.mark.parametrize("engine", ["python", "duckdb"])
def test_a_toggle_named_as_a_fixed_column_has_no_column_of_its_own(folder, engine, key):
    catalogue = f"kind: catalogue\ntoggles: {{{key}: {{default: enabled}}}}\n"
    (folder / "policies" / "b.yaml").write_text(catalogue, encoding="utf-8")
    words = ("--engine", engine, "--toggle", key)
    assert [(row["user"], row["state"], row["reason"]) for row in rows(*words)] == [
        (user, "enabled", "default") for user in ("al@c", "bob@c", "eve@c", "yaml@c")
    ]
    assert run("evaluate", "--summary", *words).exit_code == 0
    bad = folder / "policies" / "people" / "3.csv"
    bad.write_text("user,groups,calendars\nno id,,google\n", encoding="utf-8")
    assert "`no id` is not a user id" in run("validate").output
