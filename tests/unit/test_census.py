"""A census holds what the rows of a table say, and finds those who are in a group."""

from __future__ import annotations

import itertools
from random import Random

import pytest

duckdb = pytest.importorskip("duckdb")

from engine.read import arrays, counting  # noqa: E402
from engine.read.census import Census, Kind  # noqa: E402
from engine.read.counting import Form, taken  # noqa: E402

GROUPS = [f"group-{number}" for number in range(300)]
WORDS = ["exchange", "google", "none", "office365"]
TYPES = {"groups": "g[]", "calendars": "c[]", "main": "g", "a": "BOOLEAN", "b": "BOOLEAN"}


def people(rng, number):
    rows = []
    for _ in range(number):
        groups = rng.sample(GROUPS, rng.choice((0, 0, 1, 2, 3, 9)))
        main = rng.choice(groups) if groups and rng.random() < 0.5 else None
        calendars = rng.sample(WORDS, rng.choice((0, 1, 2)))
        own = [rng.choice((None, True, False)) for _ in range(2)]
        rows.append((groups or rng.choice((None, [])), calendars or None, main, *own))
    return rows


@pytest.fixture
def connection():
    assert arrays.are_at_hand()
    with duckdb.connect() as connection:
        for name, words in (("g", GROUPS), ("c", WORDS)):
            connection.execute(f"CREATE TYPE {name} AS ENUM ({str(words)[1:-1]})")
        yield connection


def batches(connection, *tables, columns=tuple(TYPES)):
    """The rows of tables in as many batches."""
    for rows in tables:
        kinds = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
        connection.execute(f"CREATE OR REPLACE TABLE t ({kinds})")
        if rows:
            connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
        yield from arrays.batches(connection, f"SELECT {', '.join(columns)} FROM t")


def told(census, rows):
    """Rows by their numbers as the table has them."""
    begins = [0]
    for size in census.sizes.tolist():
        begins.append(begins[-1] + size)
    for row in rows:
        groups = [census.groups[one] for one in census.members[begins[row] : begins[row + 1]]]
        kind = census.kinds[census.kind_of[row]]
        main = groups[kind.main - 1] if kind.main else None
        yield groups, [WORDS[one] for one in kind.calendars], main, *kind.choices


FORM = Form(GROUPS, len(WORDS), main=True, choices=2)


@pytest.mark.parametrize("seed", range(4))
def test_a_census_holds_what_rows_say(connection, seed):
    rng = Random(seed)
    tables = [people(rng, number) for number in (3_000, 0, 1, 70)]
    rows = [(row[0] or [], row[1] or [], *row[2:]) for table in tables for row in table]
    census = taken(batches(connection, *tables), FORM)
    assert list(told(census, range(len(rows)))) == rows
    read = Census.unpacked(memoryview(b"".join(census.packed())))
    assert list(told(read, range(len(rows)))) == rows
    for wanted in ([], GROUPS[:1], rng.sample(GROUPS, 9), GROUPS, ["another"]):
        found = read.those_in(wanted)
        numbers = [at for at, row in enumerate(rows) if set(row[0]) & set(wanted)]
        assert found.rows.tolist() == numbers
        theirs = Census(GROUPS, read.kinds, found.sizes, found.members, found.kind_of)
        assert list(told(theirs, range(len(numbers)))) == [rows[at] for at in numbers]
        begins = [0, *itertools.accumulate(len(rows[at][0]) for at in numbers)]
        assert found.begins().tolist() == begins[: len(numbers)]


def test_columns_that_are_not_there_say_nothing(connection):
    rows = people(Random(9), 50)
    census = taken(batches(connection, rows, columns=("groups", "b")), Form(GROUPS, 0, False, 1))
    said = [(row[0] or [], [], None, row[4]) for row in rows]
    assert list(told(census, range(50))) == said


def test_of_nobody_there_is_no_census(connection):
    assert taken(batches(connection, []), FORM) is None
    assert taken([], FORM) is None


def test_a_census_ends_where_it_would_be_too_large(connection, monkeypatch):
    rows = people(Random(1), 500)
    monkeypatch.setattr(counting, "LARGEST", 1_000)
    assert taken(batches(connection, rows), FORM) is None


def test_a_census_ends_where_people_are_too_different(connection, monkeypatch):
    rows = people(Random(1), 500)
    monkeypatch.setattr(counting, "_MOST", 20)
    assert taken(batches(connection, rows), FORM) is None


@pytest.mark.parametrize(("place", "there"), [(1, True), (255, True), (256, False)])
def test_a_primary_group_has_a_place_that_a_byte_holds(connection, place, there):
    row = (GROUPS, None, GROUPS[place - 1], None, None)
    census = taken(batches(connection, [row]), FORM)
    assert (census is not None) == there
    if census:
        assert Kind((), place, (None, None)) in census.kinds
        assert list(told(census, [0])) == [(GROUPS, [], GROUPS[place - 1], None, None)]
