"""Law: people of tables that both sides share are folded without losing a row, a source or a cause.

What is changed stands above them: settings, priorities, resolutions, the catalogue.
"""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from random import Random
from unittest.mock import patch

import duckdb
import pytest

from engine.findings import has_errors
from engine.read import censuses, opening, tables
from engine.read.load import load
from engine.read.people import People
from engine.read.source import WorkingTree
from engine.report import diff_csv, diff_parquet
from engine.review import voices
from engine.review.comparison import compare
from tests.generator import generate, mutate
from tests.reference.draws import chance
from tests.reference.spelling import scramble
from tests.shapes import toggle_keys, write_parquet, write_table

SEEDS = [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 120))]


def in_tables(documents, staying):
    return [one for one in documents if one["kind"] == "user" and one["id"] not in staying]


def plain(user):
    """A user as a table can say it."""
    kept = {key: value for key, value in user.items() if key not in {"name", "note"}}
    states = {key: {"state": one["state"]} for key, one in user.get("toggles", {}).items()}
    return {**kept, "toggles": states} if states else kept


def write_yaml(rng, documents, staying, folder):
    rest = [one for one in documents if one["kind"] != "user" or one["id"] in staying]
    for path, text in scramble(rng, rest).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")


def write_tables(rng, documents, staying, folder):
    for number, account in enumerate(sorted({one["account"] for one in in_tables(documents, ())})):
        people = [one for one in in_tables(documents, staying) if one["account"] == account]
        if people:
            source = {"kind": "directory", "account": account, "source": f"t{number}/*"}
            text = json.dumps(source, ensure_ascii=False)
            (folder / f"directory{number}.yaml").write_text(text, encoding="utf-8")
            half = len(people) // 2 if chance(rng, 30) else len(people)
            for part, rows in enumerate((people[:half], people[half:])):
                if rows:
                    toggles = sorted(toggle_keys(documents))
                    write_table(rng, rows, toggles, folder / f"t{number}" / f"part{part}")


def edited(rng, documents, staying):
    """The set after some edits that leave everybody in tables as they are declared."""
    found = documents
    for _ in range(rng.randint(2, 24)):
        other = mutate(rng, found)
        if in_tables(other, staying) == in_tables(documents, staying):
            found = other
    return found


def both_sides(tmp_path):
    sides = [load(WorkingTree(str(tmp_path / name))) for name in ("old", "new")]
    wrong = [side.findings for side in sides if has_errors(side.findings, but="lock-conflict")]
    assert not wrong
    return [side.policies for side in sides]


def told(found):
    counts = found.users_old, found.users_new, found.users_both, found.affected
    rows = list(found.rows), list(found.provenance)
    assert [len(some) for some in rows] == [len(found.rows), len(found.provenance)]
    changes = [(one.id, one.action, one.kind, one.scope_id, one.field) for one in found.declared]
    return changes, counts, found.transitions, *rows


def written(found, path):
    """The rows that DuckDB writes from its own tables, each as the CSV has it."""
    path.write_bytes(b"".join(diff_parquet.render(found, provenance=True)))
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(path)).fetchall()
    return [tuple(tuple(cell) if isinstance(cell, list) else cell for cell in row) for row in rows]


def asked_again(sides):
    """The sides as a later run finds them, with a census of every table that may have one."""
    for side in sides:
        if isinstance(side.users, People):
            side.users.population.again = True
    return sides


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("CALSYNC_NO_CACHE", raising=False)
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(censuses, "WORTH", 0)
    return tmp_path / "cache"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_diff_of_folded_people_is_the_diff_of_each(seed, tmp_path):
    rng = Random(seed)
    documents = generate(
        rng, groups=(2, 8), users=(10, 60), roles=False, expectations=False, guardrails=False
    )
    documents = [plain(one) if one["kind"] == "user" else one for one in documents]
    staying = {one["id"] for one in in_tables(documents, ()) if chance(rng, 15)}
    (tmp_path / "old").mkdir()
    write_tables(rng, documents, staying, tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    write_yaml(rng, documents, staying, tmp_path / "old")
    write_yaml(rng, edited(rng, deepcopy(documents), staying), staying, tmp_path / "new")
    small = compare(*both_sides(tmp_path))
    with patch.object(tables, "SMALL_BYTES", -1), patch.object(opening, "SMALL_ROWS", -1):
        large = both_sides(tmp_path)
        found = compare(*large)
        rows = written(found, tmp_path / "rows.parquet")  # before anybody becomes a value
        assert rows == list(diff_csv.cells(small, provenance=True))
        assert told(found) == told(small)


def even(rng, user):
    """A row without gaps or doubles: what a list holds, holds once."""
    lists = {key: list(dict.fromkeys(user.get(key) or ())) for key in ("groups", "calendars")}
    lists = {key: one or rng.choice((None, [])) for key, one in lists.items()}
    named = user.get("primary_group") if chance(rng, 50) else None
    own = {key: one["state"] for key, one in user.get("toggles", {}).items()}
    return {"user": user["id"], "primary_group": named, **lists, **own}


def resettled(rng, documents):
    """The set after some groups say something else, or nothing, or change places under R5."""
    keys = sorted(toggle_keys(documents))
    groups = [one for one in documents if one["kind"] == "group"]
    for group in rng.sample(groups, rng.randint(1, len(groups))):
        said = group.setdefault("toggles", {})
        key = rng.choice(keys)
        state = rng.choice(("enabled", "disabled"))
        said[key] = {"state": state, "locked": chance(rng, 40)}
        if chance(rng, 20):
            del said[key]
        other = rng.choice([one for one in groups if one["account"] == group["account"]])
        if chance(rng, 30):
            group["priority"], other["priority"] = other["priority"], group["priority"]
    return documents


@pytest.mark.parametrize("seed", SEEDS)
def test_a_diff_by_a_census_is_the_diff_of_each(seed, cache, tmp_path):
    rng = Random(5000 + seed)
    documents = generate(
        rng, groups=(2, 8), users=(10, 60), roles=False, expectations=False, guardrails=False
    )
    documents = [plain(one) if one["kind"] == "user" else one for one in documents]
    staying = {one["id"] for one in in_tables(documents, ()) if chance(rng, 15)}
    (tmp_path / "old").mkdir()
    columns = ["user", "groups", "primary_group", "calendars", *sorted(toggle_keys(documents))]
    accounts = sorted({one["account"] for one in in_tables(documents, staying)})
    for number, account in enumerate(accounts):
        people = [one for one in in_tables(documents, staying) if one["account"] == account]
        source = {"kind": "directory", "account": account, "source": f"t{number}/*"}
        text = json.dumps(source, ensure_ascii=False)
        (tmp_path / "old" / f"t{number}.yaml").write_text(text, encoding="utf-8")
        some = rng.randint(1, 3)
        for part in range(some):
            path = tmp_path / "old" / f"t{number}" / f"{part}.parquet"
            path.parent.mkdir(exist_ok=True)
            rows = [even(rng, one) for one in people[part::some]]
            write_parquet(rows, columns, path, lists=True)
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    write_yaml(rng, documents, staying, tmp_path / "old")
    write_yaml(rng, resettled(rng, deepcopy(documents)), staying, tmp_path / "new")
    small = compare(*both_sides(tmp_path))
    with patch.object(tables, "SMALL_BYTES", -1), patch.object(opening, "SMALL_ROWS", -1):
        for _ in range(2):  # taken, and read
            found = compare(*asked_again(both_sides(tmp_path)))
            rows = written(found, tmp_path / "rows.parquet")
            assert rows == list(diff_csv.cells(small, provenance=True))
            assert told(found) == told(small)
    assert list(cache.glob("*.census")) or not small.declared


def test_a_group_whose_priority_changed_is_heard_at_both(cache, tmp_path):
    """Between the old and the new place of `moved` stands one of two groups that say the same."""
    key = "bidirectional_calendar_sync"
    people = [
        {"user": "ann@a", "groups": ["moved", "between"]},
        {"user": "bob@a", "groups": ["moved", "behind"]},
    ]
    for side, priority in (("old", 2), ("new", 5)):
        groups = (("moved", priority, "on"), ("between", 3, "off"), ("behind", 7, "off"))
        documents = [
            {"kind": "account", "id": "acme", "group_resolution": "group_priority"},
            *({"kind": "group", "id": i, "priority": p, "toggles": {key: s}} for i, p, s in groups),
            {"kind": "directory", "source": "people.parquet"},
        ]
        (tmp_path / side).mkdir()
        text = "".join(f"---\n{json.dumps(one)}\n" for one in documents)
        (tmp_path / side / "all.yaml").write_text(text, encoding="utf-8")
        write_parquet(people, ["user", "groups"], tmp_path / side / "people.parquet", lists=True)
    with patch.object(tables, "SMALL_BYTES", -1), patch.object(opening, "SMALL_ROWS", -1):
        found = compare(*asked_again(both_sides(tmp_path)))
        rows = [(row.user, row.old.source_id, row.new.source_id) for row in found.rows]
    assert rows == [("ann@a", "moved", "between")]
    assert list(cache.glob("*.census"))


def test_numbers_of_who_is_heard_may_outgrow_64_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(voices, "_LARGEST", -1)
    assert voices.Voices([]).kind == "HUGEINT"
    test_a_diff_of_folded_people_is_the_diff_of_each(3, tmp_path)
