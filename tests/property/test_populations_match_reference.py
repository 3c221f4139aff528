"""Whole populations: DuckDB, the one-user interpreter and the reference agree on every row.

R9 for tables: it does not matter in which shape of table a user stands, or whether in YAML.
"""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager, nullcontext
from random import Random
from unittest.mock import patch

import pytest

from engine.findings import has_errors
from engine.model import Decision
from engine.population.asked import Asked
from engine.population.duck import Evaluation
from engine.read import opening, tables
from engine.read.load import load
from engine.read.people import People
from engine.read.source import WorkingTree
from engine.review.check import check
from engine.review.selection import select
from tests.generator import generate
from tests.reference import decisions as reference
from tests.reference.model import load as load_reference
from tests.shapes import write_csv, write_parquet, write_set


@contextmanager
def everything_is_large():
    with patch.object(tables, "SMALL_BYTES", -1), patch.object(opening, "SMALL_ROWS", -1):
        yield


def reference_rows(documents):
    return [tuple(row.values()) for row in reference.rows(load_reference(documents))]


def all_toggles(policies, **how):
    return Asked(toggles=tuple(sorted(policies.toggles)), **how)


SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 60))]


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_of_any_shape_give_the_rows_of_the_reference(seed, tmp_path):
    rng = Random(seed)
    documents = generate(
        rng, groups=(0, 8), users=(1, 25), roles=False, expectations=False, guardrails=False
    )
    write_set(rng, documents, tmp_path)
    wanted = reference_rows(documents)
    loaded = load(WorkingTree(str(tmp_path)))
    assert not has_errors(loaded.findings), loaded.findings
    small = loaded.valid()
    assert not isinstance(small.users, People)
    assert list(select(small, all_toggles(small))) == wanted
    assert list(Evaluation(small, all_toggles(small)).rows()) == wanted

    for rows in (True, False):
        with everything_is_large():
            loaded = load(WorkingTree(str(tmp_path)), rows=rows)
        large = loaded.valid()
        assert list(Evaluation(large, all_toggles(large)).rows()) == wanted
        in_order = Evaluation(large, all_toggles(large, sorted=False)).rows()
        assert sorted(in_order, key=lambda row: (row.account, row.user, row.toggle)) == wanted
        assert list(select(large, all_toggles(large))) == wanted
        for user, own in small.users.items():
            found = large.users[user]
            assert (found.groups, found.primary_group) == (own.groups, own.primary_group)
            assert (found.calendars, found.settings) == (own.calendars, own.settings)
        found = [(f.code, f.message, f.location) for f in check(loaded)]
        alike = [(f.code, f.message, f.location) for f in check(load(WorkingTree(str(tmp_path))))]
        assert found == alike


@pytest.mark.parametrize("seed", range(2))
def test_every_format_holds_the_rows(seed, tmp_path):
    rng = Random(1000 + seed)
    documents = generate(rng, groups=(2, 8), users=(5, 25))
    write_set(rng, documents, tmp_path / "set")
    with everything_is_large():
        policies = load(WorkingTree(str(tmp_path / "set"))).valid()
    evaluation = Evaluation(policies, all_toggles(policies))
    wanted = reference_rows(documents)
    for form in ("csv", "ndjson", "parquet"):
        evaluation.write(str(tmp_path / form), form)
    with (tmp_path / "csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == list(Decision._fields)
    text = [
        ["" if v is None else str(v).lower() if v in (True, False) else v for v in row]
        for row in wanted
    ]
    assert rows == text
    lines = (tmp_path / "ndjson").read_text(encoding="utf-8").splitlines()
    assert [tuple(json.loads(line).values()) for line in lines] == wanted
    import duckdb

    with duckdb.connect() as connection:
        table = str(tmp_path / "parquet").replace("'", "''")
        rows = connection.execute(f"SELECT * FROM read_parquet('{table}')").fetchall()
    assert rows == wanted
    counts = evaluation.summary()
    assert sum(number for *_, number in counts) == len(wanted)
    assert evaluation.people(counts) == len(policies.users)


BAD = [
    ("nobody", "", "", "", "", "", "no user is named"),
    ("not an id", "bob", "", "", "", "", "`bob` is not a user id"),
    ("two signs", "a@b@c", "", "", "", "", "`a@b@c` is not a user id"),
    ("space", "b@c ", "", "", "", "", "`b@c ` is not a user id"),
    ("control", "b\x85@c", "", "", "", "", "`b\\x85@c` is not a user id"),
    ("long", "b@" + "c" * 253, "", "", "", "", f"`b@{'c' * 252}…` is not a user id"),
    ("group id", "b@c", "g;h\x01", "", "", "", "`h\\x01` is not a group id"),
    ("primary", "b@c", "g", "h", "", "", "`primary_group` `h` is not among the groups"),
    ("alone", "b@c", "", "h", "", "", "`primary_group` `h` is not among the groups"),
    ("calendar", "b@c", "g", "", "gogle", "", "unknown calendar `gogle`"),
    ("none too", "b@c", "g", "", "google;none", "", "unknown calendar `none`"),
    ("state", "b@c", "g", "", "", "maybe", "`maybe` is not a state of `calendar_and_contacts"),
    ("group", "b@c", "g; nope ;h", "", "", "", "unknown group `nope` in account `acme`"),
    ("in yaml", "yaml@c", "g", "", "", "", "the user `yaml@c` is declared "),
    ("twice", "first@c", "g", "", "", "", "the user `first@c` stands twice, first at "),
]
POLICIES = """\
kind: account
id: acme
---
{kind: group, id: g}
---
{kind: group, id: h}
---
{kind: user, id: yaml@c}
---
{kind: directory, source: people.*}
"""
COLUMNS = [*("user", "groups", "primary_group", "calendars", "calendar_and_contacts_integration")]


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad[0])
def test_a_bad_row_is_found_where_it_stands_in_small_tables_and_large(size, form, bad, tmp_path):
    _, *cells, message = bad
    good = ["first@c", "h;g", "g", "google", "on"], ["é@c", "", "", "none", ""]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in (*good, cells)]
    (tmp_path / "a.yaml").write_text(POLICIES, encoding="utf-8")
    path = tmp_path / f"people.{form}"
    if form == "csv":
        write_csv(Random(0), rows, COLUMNS, path)
    else:
        write_parquet(rows, COLUMNS, path, lists=False)
    with everything_is_large() if size == "large" else patch.object(tables, "SHOWN", 10):
        loaded = load(WorkingTree(str(tmp_path)))
    (finding,) = loaded.findings
    assert finding.code == "directory-row"
    assert finding.message.startswith(message)
    assert finding.location.file.endswith(f"people.{form}")
    assert finding.location.line == (4 if form == "csv" else 3)


def test_of_many_bad_rows_ten_are_shown_and_each_names_the_total(tmp_path):
    (tmp_path / "a.yaml").write_text(POLICIES, encoding="utf-8")
    lines = "".join(f"u{n}@c\nbad{n}\n\n" for n in range(30))
    (tmp_path / "people.csv").write_text(f"user\n{lines}", encoding="utf-8")
    small = load(WorkingTree(str(tmp_path))).findings
    with everything_is_large():
        large = load(WorkingTree(str(tmp_path))).findings
    assert large == small
    assert len(large) == 10
    assert all("one of 30 bad rows" in finding.message for finding in large)
    assert [finding.location.line for finding in large] == list(range(3, 33, 3))


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("large", [False, True])
def test_a_folder_named_like_a_column_fills_no_cell(form, large, tmp_path):
    text = "kind: account\nid: acme\n---\n{kind: group, id: g}\n---\n"
    (tmp_path / "a.yaml").write_text(text + "{kind: directory, source: '*/*'}\n", "utf-8")
    rows = [{"user": "a@c", "groups": "g"}]
    whole = tmp_path / f"people.{form}"
    write = {"csv": write_csv, "parquet": write_parquet}[form]
    if form == "csv":
        write(Random(0), rows, ["user", "groups"], whole)
    else:
        write(rows, ["user", "groups"], whole, lists=False)
    (tmp_path / "groups=h").mkdir()
    whole.rename(tmp_path / "groups=h" / whole.name)
    with everything_is_large() if large else nullcontext():
        loaded = load(WorkingTree(str(tmp_path)))
    assert loaded.findings == ()
    assert loaded.policies.users["a@c"].groups == ("g",)
