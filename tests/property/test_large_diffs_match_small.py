"""Law: what two sets differ in does not hang on how large their tables are."""

from __future__ import annotations

import shutil
from copy import deepcopy
from random import Random
from unittest.mock import patch

import pytest

from engine.findings import has_errors
from engine.read import opening, tables
from engine.read.load import load
from engine.read.people import People
from engine.read.source import WorkingTree
from engine.review.comparison import compare
from tests.generator import generate, mutate
from tests.shapes import write_set

SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 40))]


def told(old, new):
    """All that a comparison says, in plain values; places of rows aside."""
    found = compare(old, new)
    declared = [
        (c.id, c.action, c.kind, c.account, c.scope_id, c.toggle, c.field, c.users)
        for c in found.declared
    ]
    counts = found.users_old, found.users_new, found.users_both, found.affected
    return declared, counts, found.transitions, list(found.rows), list(found.provenance)


def both_sides(tmp_path):
    sides = [load(WorkingTree(str(tmp_path / name))) for name in ("old", "new")]
    assert not any(has_errors(side.findings, but="lock-conflict") for side in sides)
    return [side.policies for side in sides]


@pytest.mark.parametrize("same_tables", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_diff_over_large_tables_is_the_diff_over_small_ones(seed, same_tables, tmp_path):
    rng = Random(seed)
    documents = generate(rng, groups=(1, 6), users=(3, 20), roles=False, expectations=False)
    write_set(rng, documents, tmp_path / "old")
    if same_tables:
        shutil.copytree(tmp_path / "old", tmp_path / "new")
        extra = "---\n".join(
            f"{{kind: group, id: 'extra {n}', account: {account!r}, priority: {1000 + n}}}\n"
            for n, account in enumerate({"acme"} & {d.get("id") for d in documents})
        )
        (tmp_path / "new" / "extra.yaml").write_text(extra, encoding="utf-8")
        for path in sorted((tmp_path / "new").rglob("*.y*ml")):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("locked: true", "locked: false", 1), encoding="utf-8")
    else:
        write_set(rng, mutate(rng, deepcopy(documents)), tmp_path / "new")
    small = told(*both_sides(tmp_path))
    with patch.object(tables, "SMALL_BYTES", -1), patch.object(opening, "SMALL_ROWS", -1):
        large = both_sides(tmp_path)
        assert any(isinstance(side.users, People) for side in large)
        assert told(*large) == small
