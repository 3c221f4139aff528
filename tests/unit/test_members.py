"""Members of some groups are found in tables of every shape: each once, as the table has it."""

from __future__ import annotations

import json

import pytest

duckdb = pytest.importorskip("duckdb")

from engine.findings import has_errors  # noqa: E402
from engine.read import opening, tables  # noqa: E402
from engine.read.load import load  # noqa: E402
from engine.read.members import everybody, members_of  # noqa: E402
from engine.read.source import WorkingTree  # noqa: E402

ODD = ["it's", 'a "b"', "zeile\u00fc", "\U0001f600", "a,b", "file_index"]
GROUPS = [*ODD, "plain", "other"]
PEOPLE = [
    ("ann@a.example", ["plain"], None, None, "on"),
    ("bea@a.example", ["other", "plain", "it's"], "plain", ["google"], None),
    ("cid@a.example", ["other"], None, ["none"], "off"),
    ("dan@a.example", [], None, [], None),
    ("eve@a.example", None, None, None, None),
    ("fay@a.example", ["other", *ODD], "a,b", ["google", "office365"], "yes"),
    ("gil@a.example", ["a,b", "other"], None, None, "no"),
    ("hal'\u00e9 x@a.example", ["\U0001f600"], None, ["office365", "google"], None),
]
ASKED = ["plain", "it's", 'a "b"', "\U0001f600", "zeile\u00fc", "a,b", "nobody's", "file_index"]


@pytest.fixture(autouse=True)
def large(monkeypatch):
    monkeypatch.setattr(tables, "SMALL_BYTES", -1)
    monkeypatch.setattr(opening, "SMALL_ROWS", -1)


def literal(value):
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]::VARCHAR[]"
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def write(path, people, *, kind, toggle="sync"):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ", ".join(f"({', '.join(map(literal, person))})" for person in people)
    lists = "groups, primary_group, calendars"
    if kind != "lists":
        lists = (
            "array_to_string(groups, ' ; ') AS groups, primary_group,"
            " array_to_string(calendars, ';') AS calendars"
        )
    form = "csv, HEADER" if kind == "csv" else "parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f'COPY (SELECT "user", {lists}, own::VARCHAR AS "{toggle}" FROM (VALUES {rows})'
            f" AS t(\"user\", groups, primary_group, calendars, own)) TO '{path}' (FORMAT {form})"
        )


def population(folder, *, toggle="sync"):
    catalogue = {"kind": "catalogue", "toggles": {toggle: {"default": "off"}}}
    documents = [catalogue, {"kind": "account", "id": "acme"}]
    documents += [{"kind": "group", "id": group} for group in GROUPS]
    documents.append({"kind": "directory", "account": "acme", "source": "people/*"})
    text = "".join(f"---\n{json.dumps(one, ensure_ascii=False)}\n" for one in documents)
    (folder / "all.yaml").write_text(text, encoding="utf-8")
    loaded = load(WorkingTree(str(folder)))
    assert not has_errors(loaded.findings), loaded.findings[0].message
    return loaded.policies.users.population


def found(population, groups):
    (part,) = population.parts
    population.prepare()
    rows = []
    for members in members_of(population, part, groups, "found"):
        rows += population.connection.execute(members.relation).fetchall()
    return sorted(rows)


def careful(population, groups):
    (part,) = population.parts
    rows = population.connection.execute(population.careful(part)).fetchall()
    return sorted(row for row in rows if groups is None or set(groups) & set(row[1] or ()))


@pytest.mark.parametrize("odd", [False, True], ids=["even", "odd"])
@pytest.mark.parametrize("kinds", [["lists"], ["lists"] * 3, ["text"], ["csv"], ["lists", "csv"]])
def test_members_are_found_once_and_whole(kinds, odd, tmp_path):
    for number, kind in enumerate(kinds):
        ending = "csv" if kind == "csv" else "parquet"
        path = tmp_path / "people" / f"{number}.{ending}"
        write(path, PEOPLE[number :: len(kinds)], kind=kind)
    people = population(tmp_path)
    assert people.checked
    people.odd = people.odd or odd
    assert found(people, ASKED) == careful(people, ASKED) != []
    (part,) = people.parts
    rows = people.connection.execute(everybody(people, part)).fetchall()
    assert sorted(rows) == careful(people, None)


@pytest.mark.parametrize("toggle", ["file_row_number", "File_Index", "one", "groups_", "it's"])
def test_a_toggle_may_be_called_like_a_column_of_ours(toggle, tmp_path):
    write(tmp_path / "people" / "0.parquet", PEOPLE[::2], kind="lists", toggle=toggle)
    write(tmp_path / "people" / "1.parquet", PEOPLE[1::2], kind="lists", toggle=toggle)
    people = population(tmp_path, toggle=toggle)
    assert found(people, ASKED) == careful(people, ASKED) != []


def test_lists_with_gaps_and_doubled_groups_are_cleaned(tmp_path):
    people = [("ann@a.example", ["", "plain", "plain"], None, ["google", "google"], None)]
    write(tmp_path / "people" / "0.parquet", [*people, *PEOPLE[1:]], kind="lists")
    seen = population(tmp_path)
    assert seen.odd
    assert found(seen, ["plain"]) == careful(seen, ["plain"]) != []
