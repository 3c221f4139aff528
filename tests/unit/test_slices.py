"""What a diff reads where it knows what each file declares: as little as can be, and enough."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from engine.read import parse as parsing
from engine.read import slices
from engine.review import sliced
from tests.repositories import Made, git, line, written
from tests.workplace import Workplace

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "kind: account\nid: acme\ngroup_resolution: group_priority\n"
GROUPS = {
    f"policies/groups/{name}.yaml": f"kind: group\nid: {name}\npriority: {number}\n"
    "toggles: {bidirectional_calendar_sync: {state: enabled, locked: false}}\n"
    for number, name in enumerate(("legal", "sales", "ops"), 1)
}
PEOPLE = {
    f"policies/people/{name}.yaml": f"kind: user\nid: {name}@acme.example\ngroups: [{group}]\n"
    for name, group in (("ann", "legal"), ("ben", "sales"), ("cid", "ops"), ("dan", "legal"))
}
START = {"policies/acme.yaml": ACCOUNT, **GROUPS, **PEOPLE}
LEGAL = "policies/groups/legal.yaml"
ANN = "policies/people/ann.yaml"
TESTS = """\
kind: expectations
expectations:
  - {user: ann@acme.example, toggle: bidirectional_calendar_sync, state: enabled}
"""
GUARDRAILS = """\
kind: guardrails
guardrails:
  - {name: most, who: all, toggle: bidirectional_calendar_sync, must_be: enabled, at_least: 75%}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def met(monkeypatch):
    """The slices that comparisons were made of, None where everything was read."""
    found = []

    def noted(old, new):
        found.append(slices.slice_of(old, new))
        return found[-1]

    monkeypatch.setattr(sliced, "slice_of", noted)
    return found


def repository(folder: Path, after: dict[str, str], **more) -> tuple[Workplace, str, str]:
    """Two commits, the start (with `more` files) and the other, of which outlines are known."""
    start = {**START, **more.pop("start", {})}
    commits = line(Made(start), Made({**start, **after}, **more))
    first, second = written(folder / "repository", commits)
    place = Workplace(folder / "repository")
    place.calsync("diff", first, first)
    return place, first, second


def both(place: Workplace, *words: str):
    """Return what is said with the cache, which must be what is said without."""
    said = place.calsync("diff", *words, "--format", "json")
    assert place.calsync("--no-cache", "diff", *words, "--format", "json") == said
    return said


def turned(name: str) -> dict[str, str]:
    path = f"policies/groups/{name}.yaml"
    return {path: GROUPS[path].replace("enabled", "disabled")}


def test_members_of_a_group_that_changed_are_read_and_nobody_else(tmp_path, met):
    place, *sides = repository(tmp_path, turned("legal"))
    said = both(place, *sides).json
    assert said["summary"]["users_old"] == said["summary"]["users_new"] == 4
    assert said["summary"]["affected"] == 2
    part = met[-1]
    assert part is not None
    assert set(part.new.users) == {"ann@acme.example", "dan@acme.example"}
    assert set(part.new.groups) == {("acme", "legal")}


def test_users_who_come_and_go_are_counted(tmp_path, met):
    moved = PEOPLE[ANN].replace("ann", "eve")
    place, first, second = repository(
        tmp_path, {ANN: moved, "policies/fay.yaml": moved.replace("eve", "fay")}
    )
    assert both(place, first, second).json["summary"]["users_new"] == 5
    assert met[-1].users_both == 3
    said = place.calsync("diff", first, second, "--max-affected", "0%")
    assert said.code == 0


def test_users_of_a_changed_file_who_stay_count_on_both_sides(tmp_path, met):
    place, *sides = repository(tmp_path, {ANN: PEOPLE[ANN] + "note: moved in\n"})
    assert both(place, *sides).json["summary"]["users_new"] == 4
    assert met[-1].users_both == 4


def test_the_working_tree_is_looked_at_file_by_file(tmp_path, met):
    place, first, _ = repository(tmp_path, {})
    place.write(START).write(turned("sales"))
    assert both(place, first).json["summary"]["affected"] == 1
    assert set(met[-1].new.users) == {"ben@acme.example"}
    place.write(turned("ops"))  # within the clock's own resolution
    assert both(place, first).json["summary"]["affected"] == 2
    os.unlink(place.folder / ANN)
    assert both(place, first).json["summary"]["users_new"] == 3
    assert all(met[1:])


BROKEN = {
    "a user twice": {"policies/new.yaml": PEOPLE[ANN]},
    "a group twice": {"policies/new.yaml": GROUPS[LEGAL].replace("priority: 1", "priority: 9")},
    "a priority that is taken": {"policies/new.yaml": "kind: group\nid: new\npriority: 2\n"},
    "a group that members need": {LEGAL: "# nothing\n"},
    "a user whom a test names": {ANN: "# nothing\n"},
    "a group that isn't there": {ANN: PEOPLE[ANN].replace("legal", "lego")},
    "no YAML": {ANN: "kind: [\n"},
    "an expectation twice": {"policies/new.yaml": TESTS.replace("- {", "- {name: twice, ")},
}


@pytest.mark.parametrize("after", BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_found(tmp_path, met, after):
    start = {"policies/tests.yaml": TESTS + TESTS[len("kind: expectations\nexpectations:\n") :]}
    start["policies/named.yaml"] = TESTS.replace("- {", "- {name: twice, ")
    place, *sides = repository(tmp_path, after, start=start)
    assert both(place, *sides).code == 2
    assert met[-1] is None


WHOLE = {
    "an account": {"policies/acme.yaml": ACCOUNT + "name: Acme\n"},
    "another account": {"policies/b.yaml": ACCOUNT.replace("acme", "beta")},
    "a toggle": {"policies/c.yaml": "kind: catalogue\ntoggles:\n  new: {default: enabled}\n"},
    "a table": {
        "policies/t.yaml": "kind: directory\nsource: t.csv\n",
        "policies/t.csv": "user\nx\n",
    },
    "a guardrail": {"policies/g.yaml": GUARDRAILS},
}


@pytest.mark.parametrize("after", WHOLE.values(), ids=WHOLE)
def test_what_can_touch_everybody_is_read_in_full(tmp_path, met, after):
    place, *sides = repository(tmp_path, after)
    both(place, *sides)
    assert met[-1] is None


def test_a_link_is_read_in_full(tmp_path, met):
    place, *sides = repository(tmp_path, {}, links={"policies/l.yaml": "groups/legal.yaml"})
    assert both(place, *sides).code == 2  # it declares the group twice
    assert met[-1] is None


@pytest.mark.parametrize(
    ("groups", "broken"), [(("sales",), 0), (("legal",), 1), (("sales", "ops"), 1)]
)
def test_guardrails_count_everybody(tmp_path, met, groups, broken):
    after = {path: text for name in groups for path, text in turned(name).items()}
    place, *sides = repository(tmp_path, after, start={"policies/g.yaml": GUARDRAILS})
    assert len(both(place, *sides).json["guardrails"]) == broken
    assert len(met[-1].new.users) < 4


def test_replaced_objects_are_not_believed(tmp_path, met):
    place, first, second = repository(tmp_path, turned("legal"))
    git(place.folder, "replace", first, second)
    both(place, first, second)
    assert met[-1] is None


@pytest.mark.parametrize("at", [0, 40, 200, -1, -300])
def test_a_damaged_outline_is_as_good_as_none(tmp_path, met, cache, at):
    place, *sides = repository(tmp_path, turned("legal"))
    (kept,) = [path for path in cache.iterdir() if path.suffix == ".outline"]
    data = bytearray(kept.read_bytes())
    data[at] ^= 1
    kept.write_bytes(data)
    assert both(place, *sides).json["summary"]["affected"] == 2
    assert both(place, *sides).json["summary"]["affected"] == 2
    assert met[-1] is not None  # it was written anew


def test_without_a_cache_nothing_is_kept(tmp_path, met, cache):
    written(tmp_path / "repository", line(Made(START), Made({**START, **turned("ops")})))
    place = Workplace(tmp_path / "repository")
    place.calsync("--no-cache", "diff", "HEAD~1", "HEAD")
    assert not cache.exists()
    assert not met


# -- what is kept of single files ---------------------------------------------------------


@pytest.fixture
def parsed(monkeypatch):
    """The labels of the files that were parsed."""
    found = []
    parse = parsing.parse

    def noted(data, label, pieces=None):
        found.append(label)
        return parse(data, label, pieces)

    monkeypatch.setattr(parsing, "parse", noted)
    return found


def test_of_a_new_commit_only_the_file_that_is_new_is_parsed(tmp_path, met, parsed):
    place, *sides = repository(tmp_path, turned("legal"))
    parsed.clear()
    for said in (["policies/groups/legal.yaml"], []):  # and the second time, none
        assert place.calsync("diff", *sides).code == 0
        assert parsed == said
        parsed.clear()
    assert both(place, *sides).json["summary"]["affected"] == 2
    assert met[-1] is not None


def test_of_a_working_tree_only_the_file_that_is_new_is_parsed(tmp_path, parsed):
    place, first, _ = repository(tmp_path, {})
    place.write(START).write(turned("sales"))
    parsed.clear()
    for said in (["policies/groups/sales.yaml"], []):
        assert place.calsync("diff", first).code == 0
        assert parsed == said
        parsed.clear()
    place.write(turned("ops"))
    assert both(place, first).json["summary"]["affected"] == 2


def test_what_was_broken_is_not_kept(tmp_path, met):
    place, *sides = repository(tmp_path, {ANN: PEOPLE[ANN] + "nonsense: 1\n"})
    for _ in range(2):
        assert both(place, *sides).code == 2
        assert met[-1] is None


def test_contents_that_moved_have_their_new_place(tmp_path, met):
    other = "policies/zoo.yaml"
    place, *sides = repository(tmp_path, {LEGAL: "", other: GROUPS[LEGAL] + "name: Zoo\n"})
    for _ in range(2):
        assert other in place.calsync("diff", *sides).out
        both(place, *sides)
    assert met[-1] is not None
    twice = {**START, other: GROUPS[LEGAL] + "name: Zoo\n", LEGAL: ""}
    moved = {**twice, "policies/a.yaml": twice[other], other: ""}
    ids = written(tmp_path / "moved", line(Made(twice), Made(moved)))
    elsewhere = Workplace(tmp_path / "moved")
    for _ in range(2):
        assert both(elsewhere, *ids).json["summary"]["affected"] == 0


def test_many_files_are_not_kept_by_themselves(tmp_path, cache):
    many = {
        f"policies/new/{number}.yaml": f"kind: group\nid: n{number}\npriority: {number + 9}\n"
        for number in range(20)
    }
    place, *sides = repository(tmp_path, many)
    both(place, *sides)
    assert not [path for path in cache.iterdir() if path.suffix == ".leaf"]


def test_a_damaged_leaf_is_parsed_again(tmp_path, cache, parsed):
    place, *sides = repository(tmp_path, turned("legal"))
    place.calsync("diff", *sides)
    (kept,) = [path for path in cache.iterdir() if path.suffix == ".leaf"]
    kept.write_bytes(kept.read_bytes()[:-1])
    parsed.clear()
    assert both(place, *sides).json["summary"]["affected"] == 2
    assert "policies/groups/legal.yaml" in parsed


def test_every_side_of_every_kind_of_repository(tmp_path, met):
    """A worktree, a bare clone, a folder of it, packed references and SHA-256: always a slice."""
    place, *sides = repository(tmp_path, turned("legal"))
    git(place.folder, "branch", "other", sides[0])
    git(place.folder, "gc", "-q")
    git(place.folder, "worktree", "add", "-q", str(tmp_path / "tree"), "other")
    git(place.folder, "clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    (tmp_path / "tree" / "docs").mkdir()
    for folder, words in (
        (tmp_path / "tree", ()),
        (tmp_path / "bare", ()),
        (tmp_path / "tree" / "docs", ("-p", "../policies")),
    ):
        asked = Workplace(folder)
        asking = (*words, "diff", "other", "main", "--format", "json")
        said = asked.calsync(*asking)
        assert said == asked.calsync("--no-cache", *asking)
        assert said.json["summary"]["affected"] == 2
        assert met[-1] is not None


def test_longer_ids_are_read_as_well(tmp_path, met):
    folder = tmp_path / "long"
    place = Workplace(folder)
    git(tmp_path, "init", "-q", "--object-format=sha256", "-b", "main", str(folder))
    for files in (START, turned("ops")):
        place.write(files)
        git(folder, "add", "-A")
        git(folder, "-c", "user.name=a", "-c", "user.email=a@acme.example", "commit", "-qm", "-")
    place.calsync("diff", "HEAD~1", "HEAD~1")
    for _ in range(2):
        assert both(place, "HEAD~1", "HEAD").json["summary"]["affected"] == 1
        assert met[-1] is not None
    place.write(turned("sales"))
    assert both(place, "HEAD~1").json["summary"]["affected"] == 2
    assert met[-1] is not None
