"""Between any two sets: declared changes, affected users, transitions and causes (SPEC §4).

The reference reverts every change literally and decides every row again; some of the users
stand in a table, on one side or both.
"""

from __future__ import annotations

import csv
import io
import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.read.load import load
from engine.read.source import Memory
from engine.review.causes import Causes
from engine.review.comparison import compare
from tests.generator import generate, mutate, scramble
from tests.reference import diffs as reference
from tests.reference import model

SOURCE = "tables/people.csv"
FIELDS = ("id", "action", "kind", "account", "scope_id", "toggle", "field", "old", "new")


def pair(rng):
    """Two sets: most often one and a few edits of it, sometimes two that have little in common."""
    old = generate(rng, users=(0, 8), groups=(0, 4))
    new = old
    for _ in range(rng.randint(1, 6)):
        new = mutate(rng, new)
    if rng.random() < 0.15:
        new = generate(rng, users=(0, 8), groups=(0, 4))
    return old, new


def tabled(rng, documents):
    """Move users of one account into a table: the documents without them, and its rows."""
    account = min(d["id"] for d in documents if d["kind"] == "account")
    rows, kept = [], []
    for document in documents:
        if document["kind"] == "user" and document["account"] == account and fits(document):
            (rows if rng.random() < 0.6 else kept).append(document)
        else:
            kept.append(document)
    if not rows:
        return documents, []
    directory = {"kind": "directory", "account": account, "source": SOURCE}
    return [*kept, directory], [row(document) for document in rows]


def fits(document):
    """Tell whether a table can say all that a document says."""
    texts = [document["id"], *document.get("groups", [])]
    noted = any("note" in s for s in document.get("toggles", {}).values())
    plain = all(";" not in t and t == t.strip() for t in texts)
    return plain and not noted and not set(document) & {"name", "note"}


def row(document):
    kept = ("groups", "primary_group", "calendars")
    found = {key: document[key] for key in kept if document.get(key)}
    if document.get("calendars") == []:
        found["calendars"] = []
    states = {key: setting["state"] for key, setting in document.get("toggles", {}).items()}
    return {"user": document["id"], **found, **states}


def written(rng, documents, rows):
    """The set as the engine reads it, spelled and split at random."""
    kept = [document for document in documents if document["kind"] != "directory"]
    files = {path: text.encode() for path, text in scramble(rng, kept).items()}
    if rows:
        files["directory.yaml"] = json.dumps(documents[-1], ensure_ascii=False).encode()
        files[SOURCE] = table(rows).encode()
    loaded = load(Memory(files), empty_is_fine=True)
    assert not loaded.findings
    return loaded.policies


def table(rows):
    out = io.StringIO()
    columns = list(dict.fromkeys(["user", "calendars", *(c for one in rows for c in one)]))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for one in rows:
        cells = [one.get(column, "") for column in columns]
        if one.get("calendars") == []:
            cells[1] = "none"
        writer.writerow([";".join(c) if isinstance(c, list) else c for c in cells])
    return out.getvalue()


def as_json(value):
    return json.loads(json.dumps(value))


def change(found):
    said = {field: getattr(found, field) for field in FIELDS}
    return {**said, "users": found.users} if found.kind == "directory" else said


def rows_of(found):
    return [
        {
            **one._asdict(),
            "old": one.old and one.old._asdict(),
            "new": one.new and one.new._asdict(),
        }
        for one in found
    ]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_a_comparison_says_what_brute_force_says(seed):
    rng = Random(seed)
    sides = [tabled(rng, documents) for documents in pair(rng)]
    old, new = (written(rng, *side) for side in sides)
    theirs = [model.load(documents, {SOURCE: rows}) for documents, rows in sides]
    ours = compare(old, new)
    assert as_json([change(c) for c in ours.declared]) == as_json(reference.declared(*theirs))
    expected = as_json(reference.effective(*theirs))
    assert as_json(rows_of(ours.rows)) == expected["users"]
    assert as_json(rows_of(ours.provenance)) == expected["provenance_only"]["rows"]
    assert (
        as_json(
            {
                "users_old": ours.users_old,
                "users_new": ours.users_new,
                "affected": ours.affected,
                "transitions": [
                    {
                        "toggle": t.toggle,
                        "from": t.old._asdict(),
                        "to": t.new._asdict(),
                        "users": t.users,
                    }
                    for t in ours.transitions
                ],
            }
        )
        == expected["summary"]
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_groups_and_accounts_have_the_causes_that_brute_force_finds(seed):
    rng = Random(seed)
    sides = pair(rng)
    old, new = (written(rng, side, []) for side in sides)
    theirs = [model.load(side) for side in sides]
    slow = reference.Comparison(*theirs)
    fast = Causes(old, new, compare(old, new).declared)
    for toggle in old.toggles.keys() & new.toggles.keys():
        for scope, keys in (
            ("group", old.groups.keys() & new.groups.keys()),
            ("account", old.accounts.keys() & new.accounts.keys()),
        ):
            for key in keys:
                both = [reference.own_decision(side, scope, key, toggle) for side in theirs]
                if any(both[0][c] != both[1][c] for c in reference.PROVENANCE):
                    found = getattr(fast, f"of_{scope}")(key, toggle)
                    assert list(found) == slow.causes(scope, key, toggle)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_rows_are_a_sequence_and_toggles_limit_them(seed):
    rng = Random(seed)
    old, new = (written(rng, side, []) for side in pair(rng))
    whole = compare(old, new)
    assert [whole.rows[at] for at in range(len(whole.rows))] == list(whole.rows)
    for toggle in whole.toggles:
        some = compare(old, new, toggles=[toggle])
        assert list(some.rows) == [row for row in whole.rows if row.toggle == toggle]
        assert some.declared == whole.declared
