"""Slices: a diff that reads what a change can matter to says what one that reads everything says.

Law: for every two sets, whatever stands in which file, and whether they are valid or not, `diff`
with outlines of the old side is `diff --no-cache`, to the letter, in every format and exit code.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections import Counter
from random import Random

import pytest

from engine.read import slices
from engine.review import sliced
from tests.generator import generate, mutate
from tests.reference.model import TOGGLE
from tests.repositories import Made, line, written
from tests.workplace import Workplace

FORMATS = ("text", "json", "csv", "markdown", "html", "github")
GATES = ("--exit-code", "--guardrails", "--max-affected", "20%")


@pytest.fixture
def asked(monkeypatch):
    """Whether each comparison was made of a slice, of nothing, or found no outline."""
    met = Counter()

    def counted(old, new):
        found = slices.slice_of(old, new)
        met["slices" if found else "none"] += 1
        if found:
            met["users left out"] += found.users_new - len(found.new.users)
            met["guardrails"] += len(found.tallies)
        return found

    monkeypatch.setattr(sliced, "slice_of", counted)
    return met


def documents_of(rng, seed):
    """Two sets, of which the second is the first with a few edits, and sometimes a mistake."""
    old = generate(rng, users=(6, 20), groups=(2, 6), accounts=(1, 2))
    for document in old:
        for entry in document.get("guardrails", ()):
            if rng.random() < 0.3:
                entry[rng.choice(("at_least", "at_most"))] = rng.choice((0, 1, 3, "40%", "90%"))
            if rng.random() < 0.2:
                entry["must_sync"] = rng.random() < 0.5
    if seed % 3 == 0:
        old = [one for one in old if one["kind"] != "guardrails"]
    new = old
    for _ in range(rng.randint(0, 2)):
        new = mutate(rng, new)
    return old, turned(rng, new)


def turned(rng, documents):
    """The set with what a group, or now and then an account, says about a toggle turned round."""
    new = copy.deepcopy(documents)
    among = [one for one in new if one["kind"] == ("account" if rng.random() < 0.1 else "group")]
    if among and rng.random() < 0.7:
        said = rng.choice(among).setdefault("toggles", {})
        was = said.get(TOGGLE, {})
        state = "disabled" if was.get("state") == "enabled" else "enabled"
        said[TOGGLE] = {"state": state, "locked": rng.random() < 0.6}
    return new


def laid_out(documents, salt):
    """The files of a set: each document where its kind and id say, some with others in one file."""
    files = {}
    for document in documents:
        name = json.dumps([document["kind"], document.get("account"), document.get("id")])
        kind = document["kind"]
        lists = {"expectations", "guardrails"} & document.keys()
        parts = [document]
        if lists:
            key = lists.pop()
            parts = [{"kind": kind, key: [entry]} for entry in document[key]]
        for number, part in enumerate(parts):
            place = Random(f"{name}{number}{salt}").randrange(12)
            path = f"policies/{kind if place < 9 else 'mixed'}/{place}.yaml"
            files.setdefault(path, []).append(json.dumps(part, ensure_ascii=False))
    return {path: "\n---\n".join(texts) + "\n" for path, texts in files.items()}


def mistaken(rng, files):
    """The files with something wrong in them, most likely."""
    files = dict(files)
    path = rng.choice(sorted(files))
    what = rng.randrange(6)
    if what == 0:
        del files[path]
    elif what == 1:
        files["policies/again.yaml"] = files[path]
    elif what == 2:
        files[path] += "---\na: [\n"
    elif what == 3:
        files[path] = files[path].replace('"groups": ["', '"groups": ["nobody-has-this", "', 1)
    elif what == 4:
        files["policies/more.yaml"] = (
            '{"kind": "user", "id": "new@acme.example", "groups": ["x"]}\n'
        )
    else:
        files[path] = files[path].replace('"id"', '"ID"', 1)
    return files


def same(place, *words, forms=("json",)):
    """Compare what is said with outlines with what is said without."""
    for form in forms:
        asked = ("diff", *words, "--format", form, *GATES, "--provenance")
        assert place.calsync(*asked) == place.calsync("--no-cache", *asked), form


@pytest.mark.parametrize("seeds", [range(start, start + 12) for start in range(0, 48, 12)])
def test_a_slice_says_what_the_whole_says(tmp_path, monkeypatch, asked, seeds):
    for seed in seeds:
        rng = Random(seed)
        monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / f"cache{seed}"))
        folder = tmp_path / str(seed)
        old, new = documents_of(rng, seed)
        before, after = laid_out(old, seed), laid_out(new, seed)
        if rng.random() < 0.25:
            after = mistaken(rng, after)
        first, second = written(folder, line(Made(before), Made(after)))
        place = Workplace(folder)
        place.calsync("diff", first, second)  # from here on outlines are known
        same(place, first, second, forms=FORMATS if seed % 6 == 0 else ("json", "text"))
        same(place, second, first)
        shutil.rmtree(folder / "policies", ignore_errors=True)
        place.write(after)
        same(place, first)
        place.write({"policies/0.yaml": "", "policies/new.yaml": "# nothing\n"})
        same(place, first)
    assert asked["slices"] > 15
    assert asked["users left out"] > 50
    assert asked["guardrails"] > 15
