"""Members of some groups are found in tables of every shape: each once, as the table has it."""

from __future__ import annotations

import json
import sys

import pytest

duckdb = pytest.importorskip("duckdb")

from engine.findings import has_errors  # noqa: E402
from engine.read import censuses, counting, opening, tables  # noqa: E402
from engine.read.drawn import drawn  # noqa: E402
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
    some = people or PEOPLE[:1]
    rows = ", ".join(f"({', '.join(map(literal, person))})" for person in some)
    lists = "groups, primary_group, calendars"
    if kind != "lists":
        apart = ";" if kind == "even text" else " ; "
        lists = (
            f"array_to_string(groups, '{apart}') AS groups, primary_group,"
            " array_to_string(calendars, ';') AS calendars"
        )
    form = "csv, HEADER" if kind == "csv" else "parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f'COPY (SELECT "user", {lists}, own::VARCHAR AS "{toggle}" FROM (VALUES {rows})'
            f' AS t("user", groups, primary_group, calendars, own)'
            f" WHERE {bool(people)}) TO '{path}' (FORMAT {form})"
        )


def population(folder, *, toggle="sync", more=()):
    toggles = {key: {"default": "off"} for key in (toggle, *more)}
    catalogue = {"kind": "catalogue", "toggles": toggles}
    documents = [catalogue, {"kind": "account", "id": "acme"}]
    documents += [{"kind": "group", "id": group} for group in GROUPS]
    documents.append({"kind": "directory", "account": "acme", "source": "people/*"})
    text = "".join(f"---\n{json.dumps(one, ensure_ascii=False)}\n" for one in documents)
    (folder / "all.yaml").write_text(text, encoding="utf-8")
    loaded = load(WorkingTree(str(folder)))
    assert not has_errors(loaded.findings), loaded.findings[0].message
    return loaded.policies.users.population


def found(population, groups):
    """The rows of those in some groups: drawn from a census where there is one, or by DuckDB."""
    (part,) = population.parts
    population.prepare()
    population.name_apart([])
    some = drawn(population, part, groups)
    if some is not None:
        return sorted(row for one in some for row in rows_of(population, one))
    rows = []
    for members in members_of(population, part, groups, "found"):
        rows += population.connection.execute(members.relation).fetchall()
        for table in members.tables:
            population.connection.execute(f"DROP TABLE {table}")
    return sorted(rows)


def rows_of(population, some):
    """The rows of those drawn, each made of what is told of it."""
    import numpy as np

    run = population.connection.execute
    run('CREATE OR REPLACE TABLE drawn ("user" VARCHAR, place INTEGER)')
    some.insert("drawn", {"place": np.arange(len(some), dtype=np.int32)})
    sizes, members = some.members
    rows = []
    for user, place in run("FROM drawn").fetchall():
        begin = some.begins[place]
        groups = [some.groups[one] for one in members[begin : begin + sizes[place]]]
        said = some.said(int(some.kind_of[place]))
        main, at = some.groups[some.mains[place]], some.kinds[some.kind_of[place]].main
        assert main == groups[max(at, 1) - 1]
        profile = some.profile(place, user)
        calendars, *choices = said.values()
        assert profile["groups"] == sorted(groups)
        assert profile["calendars"] == (calendars and sorted(calendars))
        assert [profile[one] for one in ("user", "primary_group")] == [user, main]
        rows.append((user, groups, main if at else None, calendars, *choices))
    return rows


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("CALSYNC_NO_CACHE", raising=False)
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(censuses, "WORTH", 0)
    return tmp_path / "cache"


def kept(cache):
    return sorted(cache.glob("*.census"))


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
    everyone = people.connection.execute(everybody(people, part).relation).fetchall()
    assert sorted(everyone) == careful(people, None)


@pytest.mark.parametrize(
    "kinds",
    [["lists"], ["lists"] * 3, ["even text"], ["even text", "lists"], ["text"], ["csv"]],
)
def test_of_tables_that_are_asked_about_again_a_census_is_taken(kinds, cache, tmp_path):
    ending = "csv" if "csv" in kinds else "parquet"
    for number, kind in enumerate(kinds):
        path = tmp_path / "people" / f"{number}.{ending}"
        write(path, PEOPLE[number :: len(kinds)], kind=kind)
        write(path.with_stem(f"{number}-nobody"), [], kind=kind)
    people = population(tmp_path)
    assert found(people, ASKED) == careful(people, ASKED)
    assert not kept(cache)
    people.again = True
    for asked in (ASKED, ASKED[:3], GROUPS):
        assert found(people, asked) == careful(people, asked) != []
        assert found(people, ["nobody's"]) == []
    assert bool(kept(cache)) == {"lists", "even text"}.issuperset(kinds)


def test_a_census_is_taken_once(cache, tmp_path, monkeypatch):
    write(tmp_path / "people" / "0.parquet", PEOPLE, kind="lists")
    people = population(tmp_path)
    people.again = True
    rows = found(people, ASKED)
    monkeypatch.setattr(counting, "taken", None)
    later = population(tmp_path)
    later.again = True
    assert found(later, ASKED) == rows
    assert len(kept(cache)) == 1


@pytest.mark.parametrize("name", ["LARGEST", "_MOST"])
def test_nor_is_it_tried_again_where_it_would_be_too_large(name, cache, tmp_path, monkeypatch):
    monkeypatch.setattr(counting, name, 1)
    write(tmp_path / "people" / "0.parquet", PEOPLE, kind="lists")
    people = population(tmp_path)
    people.again = True
    assert found(people, ASKED) == careful(people, ASKED)
    monkeypatch.setattr(counting, "taken", None)
    assert found(people, ASKED) == careful(people, ASKED)
    assert len(kept(cache)) == 1


def test_a_damaged_census_is_none(cache, tmp_path):
    write(tmp_path / "people" / "0.parquet", PEOPLE, kind="lists")
    people = population(tmp_path)
    people.again = True
    rows = found(people, ASKED)
    (file,) = kept(cache)
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole[:40] + b"\xff" + whole[41:], whole[:40], b"\0" * 99):
        file.write_bytes(damaged)
        assert found(people, ASKED) == rows
        assert file.read_bytes() == whole


def test_a_census_is_of_these_bytes_and_columns(cache, tmp_path):
    path = tmp_path / "people" / "0.parquet"
    for number, people in enumerate((PEOPLE, PEOPLE[:4], PEOPLE[1:]), start=1):
        write(path, people, kind="lists")
        seen = population(tmp_path)
        seen.again = True
        assert found(seen, ASKED) == careful(seen, ASKED) != []
        assert len(kept(cache)) == number
    seen = population(tmp_path, more=("a", "z"))  # other numbers for the same columns
    seen.again = True
    assert found(seen, ASKED) == careful(seen, ASKED)
    assert len(kept(cache)) == 3


@pytest.mark.parametrize("without", ["nanoarrow", "numpy"])
def test_without_numpy_there_is_no_census(without, cache, tmp_path, monkeypatch):
    write(tmp_path / "people" / "0.parquet", PEOPLE, kind="lists")
    people = population(tmp_path)
    people.again = True
    monkeypatch.setitem(sys.modules, without, None)
    assert found(people, ASKED) == careful(people, ASKED)
    assert not kept(cache)


def test_of_few_people_there_is_no_census(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(censuses, "WORTH", len(PEOPLE) + 1)
    write(tmp_path / "people" / "0.parquet", PEOPLE, kind="lists")
    people = population(tmp_path)
    people.again = True
    assert found(people, ASKED) == careful(people, ASKED)
    assert not kept(cache)


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
