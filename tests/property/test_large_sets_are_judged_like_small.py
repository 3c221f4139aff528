"""Law: what is found about a set does not hang on how large its tables are."""

from __future__ import annotations

from random import Random
from unittest.mock import patch

import pytest

from engine.edit.fixes import fixes
from engine.model import Scope
from engine.read import opening, tables
from engine.read.load import load
from engine.read.people import People
from engine.read.source import WorkingTree
from engine.report import jsons, tested_text
from engine.report.screen import Screen
from engine.review.check import check
from engine.review.testing import run
from tests.generator import generate
from tests.shapes import write_set

SEEDS = [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 32))]


def both(folder):
    """The same set with its tables as values, and with its tables left where they lie."""
    small = load(WorkingTree(str(folder)))
    with patch.object(tables, "SMALL_BYTES", -1), patch.object(opening, "SMALL_ROWS", -1):
        large = load(WorkingTree(str(folder)))
    assert isinstance(large.policies.users, People) or not list(folder.rglob("part*"))
    return small, large


def crowded(seed, folder):
    """Write a set in which many people, of many profiles, are alike to most questions."""
    rng = Random(seed)
    sizes = {"groups": (3, 14), "users": (60, 200)} if seed % 2 else {"users": (3, 40)}
    write_set(rng, generate(rng, roles=False, expectations=False, **sizes), folder)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_set_with_large_tables_has_the_findings_of_one_with_small_ones(seed, tmp_path):
    crowded(seed, tmp_path)
    small, large = both(tmp_path)
    found = check(small)
    assert check(large) == found
    assert fixes(large, found) == fixes(small, found)


def test_the_sets_compared_have_every_kind_of_finding(tmp_path):
    found = set()
    for seed in range(8):
        crowded(seed, tmp_path / str(seed))
        found |= {finding.code for finding in check(load(WorkingTree(str(tmp_path / str(seed)))))}
    assert found >= {
        *("lock-conflict", "contested-lock", "dead-setting", "shadowed-lock", "empty-group"),
        *("redundant-setting", "implicit-primary-group"),
    }


def demanding(rng, documents):
    """Give guardrails all that they may demand; return whether there are any."""
    rails = [raw for one in documents if one["kind"] == "guardrails" for raw in one["guardrails"]]
    for raw in rails:
        raw["whatever_users_choose"] = rng.random() < 0.5
        if rng.random() < 0.4:
            raw["must_sync"] = rng.random() < 0.5
        if rng.random() < 0.3:
            raw["locked"] = rng.random() < 0.5
        for bound in ("at_most", "at_least"):
            if rng.random() < 0.3:
                raw[bound] = rng.choice((0, 2, "33.3%", "90%", "100%"))
    return bool(rails)


def fared(seed, folder):
    """A set with guardrails, how its tests fare over small tables, and over large ones."""
    rng = Random(seed)
    sizes = {"groups": (3, 14), "users": (60, 200)} if seed % 2 else {"users": (3, 40)}
    documents = generate(rng, roles=False, **sizes)
    while not demanding(rng, documents):
        documents = generate(rng, roles=False, **sizes)
    write_set(rng, documents, folder)
    return [run(side.policies) for side in both(folder)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_set_with_large_tables_fares_like_one_with_small_ones(seed, tmp_path):
    small, large = fared(seed, tmp_path)
    assert jsons.tested(large) == jsons.tested(small)
    assert jsons.coverage(large.coverage) == jsons.coverage(small.coverage)
    assert tested_text.render(large, Screen()) == tested_text.render(small, Screen())


def test_the_guardrails_compared_are_kept_and_broken_and_mended(tmp_path):
    seen = set()
    for seed in range(8):
        for guarded in fared(seed, tmp_path / str(seed))[1].guardrails:
            mends = [mend.scope for mend in guarded.mends]
            altering = any(mend.others for mend in guarded.mends)
            rail = guarded.verdict.guardrail
            seen |= {
                ("passed", guarded.verdict.passed),
                ("ever", rail.whatever_users_choose, guarded.verdict.passed),
                ("sync", rail.must_sync, guarded.verdict.passed),
                ("mended", *dict.fromkeys(mends), altering),
                ("choosing", any(breach.choices for breach in guarded.verdict.breaches)),
            }
    scopes = [("mended", scope, altering) for scope in Scope for altering in (False, True)]
    assert seen >= {
        *(("passed", passed) for passed in (False, True)),
        *(("ever", ever, False) for ever in (False, True)),
        *(("choosing", choosing) for choosing in (False, True)),
        *(("sync", sync, False) for sync in (None, False, True)),
        *(one for one in scopes if one[1] in {Scope.ACCOUNT, Scope.GROUP}),
    }


def written(folder, policies, people):
    """Write a set and its people as CSV; return it with small and with large tables."""
    directory = "---\n{kind: directory, source: people.csv}\n"
    (folder / "a.yaml").write_text(policies + directory, encoding="utf-8")
    (folder / "people.csv").write_text(people, encoding="utf-8")
    return both(folder)


def test_a_lock_is_needed_by_some_of_those_for_whom_it_decides(tmp_path):
    small, large = written(
        tmp_path,
        "kind: account\nid: acme\n---\n"
        "{kind: group, id: one, toggles: {bidirectional_calendar_sync: {state: off, locked: true}}}"
        "\n---\n"
        "{kind: group, id: two, toggles: {bidirectional_calendar_sync: {state: off, locked: true}}}"
        "\n",
        "user,groups\n"
        "al@c,one;two\n"  # off and locked without the first as well
        "bo@c,one\n"
        "cy@c,two\n",
    )
    assert check(large) == check(small) == []


RAILS = """\
---
kind: guardrails
guardrails:
  - {name: a group would mend it, who: {users: [xi@c]}, must_be: enabled}
  - {name: an account would mend it, who: {users: [yo@c]}, must_be: disabled}
"""


def test_what_a_mend_alters_for_others_is_counted_one_by_one(tmp_path):
    sides = written(
        tmp_path,
        "kind: account\nid: acme\n---\n"
        "{kind: group, id: off, toggles: {bidirectional_calendar_sync: off}}\n---\n"
        "{kind: group, id: on, toggles: {bidirectional_calendar_sync: on}}\n" + RAILS,
        "user,groups,bidirectional_calendar_sync\n"
        "al@c,off,off\n"  # chooses what the group says
        "bo@c,off,\n"
        "cy@c,on,\n"  # gets from a group what the product's default says
        "di@c,,\n"
        "ed@c,,on\n"
        "xi@c,off,\n"
        "yo@c,,\n",
    )
    for side in sides:
        mended = [guarded.mends for guarded in run(side.policies).guardrails]
        assert [[(m.scope, m.id, m.others) for m in mends] for mends in mended] == [
            [("group", "off", 1)],
            [("account", "acme", 1)],
        ]


def test_conflicts_are_found_while_it_is_not_certain_which_groups_there_are(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "kind: account\nid: acme\n---\nkind: group\nname: its id is missing\n---\n"
        + "".join(
            f"{{kind: group, id: {name}, toggles: {{bidirectional_calendar_sync:"
            f" {{state: {state}, locked: true}}}}}}\n---\n"
            for name, state in (("one", "on"), ("two", "off"), ("three", "off"))
        )
        + "{kind: group, id: main}\n---\n{kind: directory, source: people.csv}\n",
        encoding="utf-8",
    )
    (tmp_path / "people.csv").write_text(
        "user,groups\n"
        "al@c,gone;one;two\n"  # a group that may be there, and is primary
        "bo@c,main;one;three\n"
        "di@c,one;two\n",  # no conflict: one of the two is primary
        encoding="utf-8",
    )
    small, large = both(tmp_path)
    conflicts = [f for f in check(large) if f.code == "lock-conflict"]
    assert {f.about[3:] for f in conflicts} == {("one", "two"), ("one", "three")}
    assert check(large) == check(small)
    assert check(large, as_baseline=True) == check(small, as_baseline=True)
