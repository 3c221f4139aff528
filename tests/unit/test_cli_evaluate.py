"""`evaluate`: every format says the same rows, filters keep what they say, summaries count."""

from __future__ import annotations

import csv
import io
import json

import duckdb
import pytest

from engine.decide.decisions import decide_all
from engine.read.load import load
from engine.read.source import WorkingTree
from engine.report import decisions_table
from engine.report.screen import Screen
from tests.workplace import ROOT

TOGGLE = "bidirectional_calendar_sync"
COLUMNS = ["account", "user", "toggle", "state", "locked", "reason", "source_scope", "source_id"]
COLUMNS += ["sync", "sync_reason"]
POLICIES = ["-p", str(ROOT / "policies"), "evaluate"]


def rows(place, *words):
    answer = place.calsync(*POLICIES, *words, "--format", "json")
    assert (answer.code, answer.err) == (0, "")
    assert list(answer.json) == ["format_version", "decisions"]
    return answer.json["decisions"]


def written(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def test_every_format_says_the_same_rows_in_the_same_order(place):
    expected = rows(place, "--all-toggles")
    assert all(list(row) == COLUMNS for row in expected)
    order = [(row["account"], row["user"], row["toggle"]) for row in expected]
    assert order == sorted(order)
    lines = place.calsync(*POLICIES, "--all-toggles", "--format", "ndjson").out
    assert [json.loads(line) for line in lines.splitlines()] == expected
    text = place.calsync(*POLICIES, "--all-toggles", "--format", "csv").out
    assert "\r" not in text
    found = list(csv.reader(io.StringIO(text)))
    assert found[0] == COLUMNS
    assert found[1:] == [[written(value) for value in row.values()] for row in expected]
    table = place.calsync(*POLICIES, "--all-toggles", "--format", "table").out
    assert table.splitlines()[-1] == f"{len(expected)} rows"
    assert table.splitlines()[0].split() == COLUMNS


def test_without_a_toggle_the_calendar_sync_is_meant(place):
    assert {row["toggle"] for row in rows(place)} == {TOGGLE}
    other = "calendar_and_contacts_integration"
    assert {row["toggle"] for row in rows(place, "--toggle", other)} == {other}
    both = rows(place, "--toggle", other, "--toggle", TOGGLE, "--toggle", TOGGLE)
    assert len(both) == 2 * len(rows(place))


@pytest.mark.parametrize(
    ("conditions", "keeps"),
    [
        (["state=disabled"], lambda r: r["state"] == "disabled"),
        (["locked=true"], lambda r: r["locked"]),
        (["state=disabled", "locked=true"], lambda r: r["state"] == "disabled" and r["locked"]),
        (["source_id=legal", "source_id=sales"], lambda r: r["source_id"] in {"legal", "sales"}),
        (["reason=group_lock"], lambda r: r["reason"] == "group_lock"),
        (["sync=false", "state=enabled"], lambda r: r["state"] == "enabled" and not r["sync"]),
        (["sync_reason=no_calendar"], lambda r: r["sync_reason"] == "no_calendar"),
        (["user=alice@acme.example"], lambda r: r["user"] == "alice@acme.example"),
        (["user=nobody@x"], lambda _: False),
    ],
)
def test_conditions_keep_the_rows_that_say_so(place, conditions, keeps):
    words = [word for condition in conditions for word in ("--where", condition)]
    found = rows(place, *words)
    assert found == [row for row in rows(place) if keeps(row)]


def test_a_toggle_may_be_called_null(place):
    place.write(
        {
            "policies/all.yaml": """kind: account
id: acme
---
kind: catalogue
toggles: {"null": {default: on}}
---
kind: user
id: ann@x
"""
        }
    )
    answer = place.calsync("evaluate", "--all-toggles", "--where", "toggle=null", "--format", "csv")
    assert answer.out.splitlines()[1:] == ["acme,ann@x,null,enabled,false,default,catalogue,null,,"]


def test_null_is_a_value_to_ask_for(place):
    words = ["--all-toggles", "--where", "sync=null"]
    found = rows(place, *words)
    assert found == [row for row in rows(place, "--all-toggles") if row["sync"] is None]
    assert found == rows(place, "--all-toggles", "--where", "sync=")


def test_users_and_groups_limit_whom_it_speaks_of(place):
    assert [r["user"] for r in rows(place, "--user", "alice@acme.example")] == [
        "alice@acme.example"
    ]
    legal = {r["user"] for r in rows(place, "--group", "legal")}
    assert "alice@acme.example" in legal
    assert legal >= {r["user"] for r in rows(place, "--where", "source_id=legal")}
    assert rows(place, "--in", "acme") == rows(place)
    both = rows(place, "--user", "alice@acme.example", "--group", "sales")
    assert both in ([], rows(place, "--user", "alice@acme.example"))


def test_a_summary_counts_every_row_once(place):
    answer = place.calsync(*POLICIES, "--summary", "--format", "json")
    counted = answer.json["summary"]
    every = rows(place)
    [toggle] = counted["toggles"]
    assert counted["users"] == toggle["users"] == len(every)
    assert sum(one["users"] for one in toggle["states"]) == len(every)
    assert sum(toggle["reasons"].values()) == len(every)
    assert sum(toggle["sync_reasons"].values()) == len(every)
    for form in ("table", "csv"):
        assert place.calsync(*POLICIES, "--summary", "--format", form).code == 0
    [line] = place.calsync(*POLICIES, "--summary", "--format", "ndjson").out.splitlines()
    assert json.loads(line) == answer.json


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (("--where", "state"), "`state` is no condition on a column", "did you mean `state=…`?"),
        (("--where", "stat=x"), "`stat=x` is no condition on a column", "did you mean `state=…`?"),
        (
            ("--where", "of=x"),
            "`of=x` is no condition on a column",
            "write COLUMN=VALUE; columns: ",
        ),
        (("--where", "state=off"), "`off` is no value of state", "one of enabled, disabled"),
        (("--where", "sync=no"), "`no` is no value of sync", "one of true, false, null"),
        (("--in", "nowhere"), "unknown account `nowhere`", "known: `acme`"),
        (("--group", "leagl"), "unknown group `leagl`", "did you mean `legal`?"),
        (("--user", "alice"), "unknown user `alice`", "did you mean `alice@acme.example`?"),
        (
            ("--all-toggles", "--toggle", TOGGLE),
            "--toggle and --all-toggles exclude each other",
            "",
        ),
    ],
    ids=" ".join,
)
def test_a_filter_that_means_nothing_is_refused_with_what_was_meant(place, words, said, hint):
    answer = place.calsync(*POLICIES, *words)
    assert (answer.code, answer.out) == (2, "")
    error, *hints = answer.err.splitlines()
    assert error == f"error: {said}"
    assert "".join(hints).startswith(f"  hint: {hint}" if hint else "")


def parquet(place, *words):
    """Return the columns and rows of what is written as Parquet."""
    answer = place.calsync(*POLICIES, *words, "--format", "parquet", "--output", "rows.parquet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{place.folder}/rows.parquet'")
        return {name: str(kind) for name, kind, *_ in found.description}, found.fetchall()


def test_a_summary_in_parquet_is_that_of_the_csv_with_numbers(place):
    kinds, found = parquet(place, "--summary", "--all-toggles")
    text = place.calsync(*POLICIES, "--summary", "--all-toggles", "--format", "csv").out
    header, *lines = csv.reader(io.StringIO(text))
    assert kinds == {name: "BIGINT" if name == "users" else "VARCHAR" for name in header}
    assert [[str(cell) for cell in row] for row in found] == lines
    assert len({row[0] for row in found}) > 1


def test_parquet_holds_the_same_rows_and_flags_by_every_engine(place):
    (kinds, python), (same, duck) = (
        parquet(place, "--all-toggles", "--engine", engine) for engine in ("python", "duckdb")
    )
    assert python == duck
    assert [list(row) for row in python] == [list(r.values()) for r in rows(place, "--all-toggles")]
    flags = {"locked", "sync"}
    for found in (kinds, same):
        assert list(found) == COLUMNS
        assert {name for name, kind in found.items() if kind == "BOOLEAN"} == flags


@pytest.mark.parametrize("memory", ["banana", "-1", "0GB", "", "none", "12", "1GB; x", "1 000MB"])
@pytest.mark.parametrize("engine", ["auto", "python", "duckdb", "spark"])
def test_what_is_no_amount_of_memory_is_refused_by_every_engine(place, engine, memory):
    answer = place.calsync(*POLICIES, "--engine", engine, "--memory", memory)
    assert (answer.code, answer.out) == (2, "")
    said = f"error: `{memory}` is no amount of memory\n  hint: write it like 500MB or 4GB\n"
    assert answer.err == said


@pytest.mark.parametrize("memory", ["500MB", "1.5 gb", "2GiB", "1G", "80%"])
@pytest.mark.parametrize("engine", ["python", "duckdb"])
def test_an_amount_of_memory_is_taken_as_duckdb_writes_it(place, engine, memory):
    nobody = ("--where", "user=nobody@x", "--engine", engine, "--format", "csv")
    assert place.calsync(*POLICIES, *nobody, "--memory", memory).code == 0


def test_nobody_is_an_answer_in_every_format(place):
    nobody = ["--where", "user=nobody@x"]
    for form in ("table", "json", "ndjson", "csv", "parquet"):
        answer = place.calsync(*POLICIES, *nobody, "--format", form)
        assert (answer.code, answer.err) == (0, "")
        assert place.calsync(*POLICIES, *nobody, "--summary", "--format", form).code == 0


def test_output_is_a_file_with_the_same_bytes(place):
    for form in ("table", "json", "ndjson", "csv"):
        printed = place.calsync(*POLICIES, "--format", form).out
        assert place.calsync(*POLICIES, "--format", form, "--output", "rows").out == ""
        assert (place.folder / "rows").read_text("utf-8") == printed


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("keys", [(TOGGLE,), ("calendar_and_contacts_integration", TOGGLE)])
def test_rows_fit_the_terminal_and_no_id_is_broken(width, keys):
    policies = load(WorkingTree(str(ROOT / "policies"))).policies
    rows = decide_all(policies, keys)
    text = decisions_table.render(rows, Screen(width=width))
    assert max(map(len, text.splitlines())) <= width
    words = text.replace(";", " ").replace(",", " ").split()
    assert {*keys, *policies.users, *(row.reason.value for row in rows)} <= set(words)
    assert text.endswith(f"{len(policies.users) * len(keys)} rows\n")


NARROW = """\
gina@acme.example
  bidirectional_calendar_sync        off, locked  primary_group_lock legal;
                                                  events: none, switch off
  calendar_and_contacts_integration  on           default
tariq@acme.example
  bidirectional_calendar_sync        off, locked  primary_group_lock legal;
                                                  events: none, switch off
  calendar_and_contacts_integration  on           default
4 rows
"""


def test_a_narrow_terminal_lists_the_toggles_of_each_person():
    policies = load(WorkingTree(str(ROOT / "policies"))).policies
    keys = ("calendar_and_contacts_integration", TOGGLE)
    rows = [row for row in decide_all(policies, keys) if row.user.startswith(("gina", "tariq"))]
    text = decisions_table.render(rows, Screen(width=80))
    assert text.splitlines()[1:] == NARROW.splitlines()
    other = [rows[0]._replace(account="zeta"), *rows[1:]]
    narrower = decisions_table.render(other, Screen(width=60)).splitlines()
    assert narrower[0] == "gina@acme.example in zeta"
    assert narrower[2] == "    primary_group_lock legal; events: none, switch off"


def test_a_table_is_folded_between_words_where_that_is_enough():
    policies = load(WorkingTree(str(ROOT / "policies"))).policies
    keys = ("calendar_and_contacts_integration", TOGGLE)
    rows = [row for row in decide_all(policies, keys) if row.user.startswith(("gina", "alice"))]
    text = decisions_table.render(rows, Screen(width=100))
    assert max(map(len, text.splitlines())) <= 100
    words = set(text.split())
    assert words >= {*(row.user for row in rows), *keys, "primary_group_lock", "off,", "locked"}
