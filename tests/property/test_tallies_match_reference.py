"""A summary counts the rows of the reference: decided once for all who are alike, or row by row.

DuckDB counts people by what decides for them before any row is made (`engine.decide.tally`).
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from random import Random
from unittest.mock import patch

import pytest

from engine.decide import sql, tally
from engine.errors import InvalidPoliciesError
from engine.model import Decision
from engine.population import duck
from engine.population.asked import Asked
from engine.population.duck import Evaluation
from engine.read.load import load
from engine.read.source import WorkingTree
from engine.review.selection import says, select
from tests.generator import generate
from tests.property.test_populations_match_reference import (
    BAD,
    COLUMNS,
    POLICIES,
    everything_is_large,
    reference_rows,
)
from tests.reference.draws import pick
from tests.shapes import write_csv, write_parquet, write_set

KEYS = ("toggle", "state", "locked", "reason", "sync_reason")


@pytest.fixture(autouse=True)
def nobody_is_few():
    with patch.object(duck, "WORTH", 0):
        yield


def counted(rows):
    return Counter(tuple(getattr(row, key) for key in KEYS) for row in rows)


def summary(policies, asked):
    counts = Evaluation(policies, asked).summary()
    assert len({tuple(kind) for *kind, _ in counts}) == len(counts)
    assert all(users > 0 for *_, users in counts)
    return Counter({tuple(kind): users for *kind, users in counts})


def large(folder, *, rows=False):
    with everything_is_large():
        loaded = load(WorkingTree(str(folder)), rows=rows)
    return loaded.valid()


def some_question(rng, policies, wanted):
    """Return some toggles, users, groups and conditions, and which of the rows they are about."""
    toggles = pick(rng, sorted(policies.toggles), 1, len(policies.toggles))
    account = rng.choice((None, None, *policies.accounts))
    members = pick(rng, sorted(policies.groups), 0, 2) if rng.random() < 0.3 else []
    users = pick(rng, sorted(policies.users), 1, 5) if rng.random() < 0.2 else []
    some = rng.choice(wanted)
    at = pick(rng, range(len(some)), 0, 2) if rng.random() < 0.6 else []
    texts = {0: some.account, 1: some.user, 4: str(some.locked).lower(), 8: written(some.sync)}
    conditions = {number: {texts.get(number, written(some[number]))} for number in at}
    asked = Asked(
        toggles=tuple(sorted(toggles)),
        account=account,
        users=tuple(users),
        members=tuple(members),
        conditions=conditions,
        sorted=rng.random() < 0.5,
    )
    about = [
        row
        for row in wanted
        if row.toggle in toggles
        and account in {None, row.account}
        and (not users or row.user in users)
        and (
            not members or {(row.account, g) for g in policies.users[row.user].groups} & {*members}
        )
        and says(row, conditions)
    ]
    return asked, about


def written(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 40))]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_question_is_counted_as_the_reference_has_it(seed, tmp_path):
    rng = Random(3000 + seed)
    documents = generate(
        rng,
        groups=(0, 8),
        users=(1, 30),
        toggles_extra=(0, 3),
        roles=False,
        expectations=False,
        guardrails=False,
    )
    write_set(rng, documents, tmp_path)
    wanted = [Decision(*row) for row in reference_rows(documents)]
    small = load(WorkingTree(str(tmp_path))).valid()
    every = Asked(toggles=tuple(sorted(small.toggles)))
    for policies in (small, large(tmp_path), large(tmp_path, rows=True)):
        assert summary(policies, every) == counted(wanted)
        for _ in range(6):
            asked, about = some_question(rng, small, wanted)
            assert summary(policies, asked) == counted(about), asked
            evaluation = Evaluation(policies, asked)
            assert evaluation.people(evaluation.summary()) == len({row.user for row in about})


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_not_made_to_be_counted(seed, tmp_path):
    rng = Random(4000 + seed)
    documents = generate(rng, groups=(2, 8), users=(5, 25), roles=False, expectations=False)
    write_set(rng, documents, tmp_path)
    policies = large(tmp_path)
    every = Asked(toggles=tuple(sorted(policies.toggles)), conditions={3: {"enabled", "disabled"}})
    with patch.object(sql, "decisions", side_effect=AssertionError("rows are made")):
        assert summary(policies, every) == counted(
            Decision(*row) for row in reference_rows(documents)
        )


def test_few_people_of_many_accounts_are_counted_as_rows(tmp_path):
    documents = generate(Random(5), groups=(2, 8), users=(5, 25), roles=False, expectations=False)
    write_set(Random(5), documents, tmp_path)
    policies = large(tmp_path)
    every = Asked(toggles=tuple(sorted(policies.toggles)))
    with (
        patch.object(duck, "WORTH", 20_000),
        patch.object(tally, "tally", side_effect=AssertionError("situations are counted")),
    ):
        assert summary(policies, every) == counted(
            Decision(*row) for row in reference_rows(documents)
        )


@pytest.mark.parametrize("resolution", ["primary_group", "group_priority"])
@pytest.mark.parametrize("chained", [False, True], ids=["apart", "chained"])
def test_a_hundred_toggles_are_counted_as_one_is(resolution, chained, tmp_path):
    """More than fit into a number, and, chained, more than fit that have to be told together."""
    rng = Random(17)
    keys = [f"toggle_{number:03}" for number in range(100)]
    states = ("on",) * 12 + ("off",) if chained else ("on", "off")  # else no chain is ever active
    entries = {key: {"default": rng.choice(states)} for key in keys}
    for before, key in pairwise(keys):
        entries[key]["requires"] = [before] if chained and rng.random() < 0.97 else []
    for key in rng.sample(keys, 60):
        entries[key]["supported_calendars"] = rng.choice((["exchange"], ["google", "exchange"]))
    account = {"kind": "account", "id": "acme", "group_resolution": resolution}
    account["toggles"] = {
        key: {"state": rng.choice(states), "locked": rng.random() < 0.3}
        for key in rng.sample(keys, 20)
    }
    documents = [{"kind": "catalogue", "toggles": entries}, account]
    for number in range(40):
        toggles = {
            key: {"state": rng.choice(states), "locked": rng.random() < 0.3}
            for key in rng.sample(keys, 12)
        }
        group = {"kind": "group", "id": f"g{number:02}", "priority": 40 - number}
        documents.append({**group, "toggles": toggles})
    documents.append({"kind": "directory", "source": "people.*"})
    text = "\n---\n".join(json.dumps(one) for one in documents)
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    rows = []
    for number in range(200):
        groups = rng.sample([f"g{one:02}" for one in range(40)], rng.choice((0, 1, 2, 3, 40)))
        rows.append({"user": f"u{number}@c", "groups": groups})
        rows[-1]["primary_group"] = rng.choice(groups) if groups and number % 3 else None
        rows[-1]["calendars"] = rng.choice((None, ["none"], ["google"], ["exchange", "office365"]))
        rows[-1] |= {key: rng.choice((None, None, "on", "off")) for key in keys[::9]}
    write_parquet(rows, [*COLUMNS[:4], *keys[::9]], tmp_path / "people.parquet", lists=True)
    policies = large(tmp_path)
    for toggles in (keys, keys[::7], keys[-1:], keys[50:52]):
        asked = Asked(toggles=tuple(toggles))
        rows = list(Evaluation(policies, asked).rows())
        assert len(rows) == 200 * len(toggles)
        assert summary(policies, asked) == counted(rows)


@pytest.mark.parametrize("groups", ["", "{kind: group, id: g}\n---\n{kind: group, id: h}"])
def test_what_nobody_can_tell_people_apart_by_is_counted(groups, tmp_path):
    setting = "calendar_and_contacts_integration: {state: on, locked: true}"
    text = f"kind: account\nid: acme\ntoggles: {{{setting}}}\n---\n{groups}\n"
    (tmp_path / "a.yaml").write_text(text + "---\n{kind: directory, source: '*.csv'}\n", "utf-8")
    rows = [{"user": f"u{number}@c"} for number in range(5)]
    write_csv(Random(0), rows, ["user"], tmp_path / "people.csv")
    policies = large(tmp_path)
    kind = ("calendar_and_contacts_integration", "enabled", True, "account_lock", None)
    assert summary(policies, Asked(toggles=(kind[0],))) == Counter({kind: 5})
    assert summary(policies, Asked(toggles=(kind[0],), users=("nobody@c",))) == Counter()
    found = summary(policies, Asked(toggles=tuple(sorted(policies.toggles))))
    assert found == Counter({kind: 5, ACTIVE: 5})


ACTIVE = ("bidirectional_calendar_sync", "enabled", False, "default", "active")


@pytest.mark.parametrize("locked", ["true", "false"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad[0])
def test_a_bad_row_is_not_counted(bad, form, locked, tmp_path):
    """Nor passed over where nothing of the row decides: DuckDB leaves out what nobody reads."""
    lock = f"{{state: on, locked: {locked}}}"
    settings = f"toggles: {{{COLUMNS[4]}: {lock}, bidirectional_calendar_sync: {lock}}}"
    (tmp_path / "a.yaml").write_text(POLICIES.replace("id: acme", f"id: acme\n{settings}"), "utf-8")
    good = ["first@c", "h;g", "g", "google", "on"], ["é@c", "", "", "none", ""]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in (*good, bad[1:-1])]
    path = tmp_path / f"people.{form}"
    if form == "csv":
        write_csv(Random(0), rows, COLUMNS, path)
    else:
        write_parquet(rows, COLUMNS, path, lists=False)
    policies = large(tmp_path)
    with pytest.raises(InvalidPoliciesError) as raised:
        summary(policies, Asked(toggles=tuple(sorted(policies.toggles))))
    (finding,) = raised.value.findings
    assert finding.message.startswith(bad[-1])


def test_many_toggles_that_part_people_are_counted_in_little_memory(tmp_path):
    """DuckDB holds some MB for each set that it counts by at once, for however few people."""
    keys = [f"toggle_{number:03}" for number in range(100)]
    account = {"kind": "account", "id": "acme"}
    group = {"kind": "group", "id": "g", "toggles": dict.fromkeys(keys, "off")}
    other = {"kind": "group", "id": "h", "toggles": dict.fromkeys(keys, LOCKED)}
    catalogue = {"kind": "catalogue", "toggles": {key: {"default": "on"} for key in keys}}
    documents = [catalogue, account, group, other, {"kind": "directory", "source": "people.*"}]
    text = "\n---\n".join(map(json.dumps, documents))
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    rows = [{"user": f"u{number}@c", "groups": "g;h"[:number]} for number in range(4)]
    rows = [row | dict.fromkeys(keys, "on") for row in rows]
    write_csv(Random(0), rows, ["user", "groups", *keys], tmp_path / "people.csv")
    policies = large(tmp_path)
    asked = Asked(toggles=tuple(keys), memory="100MB")
    assert summary(policies, asked) == counted(select(policies, asked))


LOCKED = {"state": "on", "locked": True}
