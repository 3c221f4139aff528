"""Freshness: whatever is done to a policy directory, the cache never answers for what it was.

Law: for every sequence of changes, after each of them, a question with the cache is answered as
it is without, to the letter and to the exit code. The changes include those that leave size and
time of modification as they were, and they follow each other faster than a file's clock ticks.
"""

from __future__ import annotations

import os
import shutil
import time
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.read.cache import places, trees
from tests.workplace import Workplace

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "kind: account\nid: acme\ntoggles: {bidirectional_calendar_sync: yes}\n"
GROUP = "kind: group\nid: legal\ntoggles: {bidirectional_calendar_sync: yes}\n"
ANN = "kind: user\nid: ann@acme.example\ngroups: [legal]\n"
DIRECTORY = "kind: directory\nsource: '*.csv'\n"
TABLE = "user,groups,bidirectional_calendar_sync\nbea@acme.example,legal,yes\n"
START = {
    "acme.yaml": ACCOUNT,
    "groups/legal.yaml": GROUP,
    "people/ann.yml": ANN,
    "people/all.yaml": DIRECTORY,
    "people/first.csv": TABLE,
}
QUESTIONS = (
    ("explain", "ann@acme.example", "--format", "json"),
    ("explain", "bea@acme.example", "--format", "json"),
    ("explain", "cid@acme.example"),
)


class Tree:
    """A policy directory, and everything that may be done to it. Nothing minds what is missing."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "policies"
        self.numbers = count()
        for name, text in START.items():
            self.put(name, text)

    def put(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def flip(self, name: str) -> None:
        """Change a state, and neither the size nor the time of modification."""
        path = self.root / name
        if path.is_file():
            about, text = path.stat(), path.read_text()
            other = text.replace("yes", "@@@").replace("off", "yes").replace("@@@", "off")
            path.write_text(other)
            os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))

    def flip_beside(self, name: str) -> None:
        """The same by a file that takes the place of the old one, as editors do it."""
        path, other = self.root / name, self.root / ".beside"
        if path.is_file():
            shutil.copy2(path, other)
            other.replace(path)
            self.flip(name)

    def move(self, old: str, new: str) -> None:
        if (self.root / old).exists() and not (self.root / new).is_dir():
            (self.root / new).parent.mkdir(parents=True, exist_ok=True)
            (self.root / old).rename(self.root / new)

    def exchange(self, one: str, other: str) -> None:
        """Let two files change places: no file's contents, size or times are new."""
        if (self.root / one).exists() and (self.root / other).exists():
            self.move(one, ".between")
            self.move(other, one)
            self.move(".between", other)

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def link(self, name: str, target: str) -> None:
        self.remove(name)
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).symlink_to(target)

    def mode(self, name: str, mode: int) -> None:
        if (self.root / name).exists():
            (self.root / name).chmod(mode)

    def touch(self, name: str) -> None:
        if (self.root / name).exists():
            os.utime(self.root / name, ns=(1, 10**18 + next(self.numbers)))


CHANGES = {
    "flip account": lambda t: t.flip("acme.yaml"),
    "flip group": lambda t: t.flip("groups/legal.yaml"),
    "flip group beside": lambda t: t.flip_beside("groups/legal.yaml"),
    "flip table": lambda t: t.flip("people/first.csv"),
    "flip second table": lambda t: t.flip("people/second.csv"),
    "flip beyond link": lambda t: t.flip("../beyond.yaml"),
    "touch": lambda t: t.touch("groups/legal.yaml"),
    "no mode": lambda t: t.mode("groups/legal.yaml", 0o200),
    "mode": lambda t: t.mode("groups/legal.yaml", 0o644),
    "rename": lambda t: t.move("groups/legal.yaml", "groups/lawyers.yaml"),
    "rename back": lambda t: t.move("groups/lawyers.yaml", "groups/legal.yaml"),
    "rename folder": lambda t: t.move("groups", "teams"),
    "rename folder back": lambda t: t.move("teams", "groups"),
    "hide": lambda t: t.move("people/ann.yml", "people/.ann.yml"),
    "show": lambda t: t.move("people/.ann.yml", "people/ann.yml"),
    "another ending": lambda t: t.move("people/ann.yml", "people/ann.txt"),
    "hide folder": lambda t: t.move("people", ".people"),
    "show folder": lambda t: t.move(".people", "people"),
    "lose table": lambda t: t.remove("people/first.csv"),
    "have table": lambda t: t.put("people/first.csv", TABLE),
    "rename table": lambda t: t.move("people/first.csv", "people/1.csv"),
    "second table": lambda t: t.put("people/second.csv", TABLE.replace("bea", "cid")),
    "doubled user": lambda t: t.put("people/second.csv", TABLE),
    "exchange tables": lambda t: t.exchange("people/first.csv", "people/second.csv"),
    "exchange files": lambda t: t.exchange("acme.yaml", "groups/legal.yaml"),
    "dot file": lambda t: t.put(".draft.yaml", "a: ["),
    "other file": lambda t: t.put("README.md", "words\n"),
    "broken file": lambda t: t.put("broken.yaml", "a: ["),
    "mended file": lambda t: t.remove("broken.yaml"),
    "empty file": lambda t: t.put("broken.yaml", ""),
    "one more user": lambda t: t.put("people/cid.yaml", ANN.replace("ann@", "cid@")),
    "one less user": lambda t: t.remove("people/cid.yaml"),
    "link": lambda t: (
        t.put("../beyond.yaml", GROUP),
        t.link("groups/legal.yaml", "../../beyond.yaml"),
    ),
    "link of a table": lambda t: (
        t.put("../out.csv", TABLE),
        t.link("people/first.csv", "../../out.csv"),
    ),
    "link within": lambda t: (t.put("people/.t", TABLE), t.link("people/first.csv", ".t")),
    "flip behind link": lambda t: t.flip("people/.t"),
    "no link": lambda t: (t.remove("groups/legal.yaml"), t.put("groups/legal.yaml", GROUP)),
    "folder for a file": lambda t: (t.root / "more.yaml").mkdir(exist_ok=True),
    "no directory": lambda t: t.remove("people/all.yaml"),
    "directory": lambda t: t.put("people/all.yaml", DIRECTORY),
    "look": lambda _: None,
}


def answered(place: Workplace) -> None:
    for words in QUESTIONS:
        with_cache = place.calsync(*words)
        assert with_cache == place.calsync("--no-cache", *words), words


@pytest.fixture(scope="module")
def numbered():
    return count()


@pytest.mark.parametrize("believing", [False, True])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=8))
def test_no_change_goes_unseen(tmp_path, numbered, monkeypatch, believing, changes):
    """`believing` makes files old at once, so that stats are believed, and gives the clock time."""
    monkeypatch.setattr(trees, "MARGIN", 20_000_000 if believing else trees.MARGIN)
    folder = tmp_path / str(next(numbered))
    folder.mkdir()
    tree, place = Tree(folder), Workplace(folder)
    answered(place)
    assert places.Directory(str(tree.root)).address()  # else nothing would be tested
    for change in changes:
        if believing:
            time.sleep(0.03)
            answered(place)  # what is old by now is believed after this
        CHANGES[change](tree)
        answered(place)


def test_each_change_alone_is_seen_after_each_kind_of_look(tmp_path):
    """Every change, after the set was kept, and after the stats were believed."""
    place = Workplace(tmp_path)
    for change in CHANGES.values():
        shutil.rmtree(tmp_path / "policies", ignore_errors=True)
        tree = Tree(tmp_path)
        answered(place)
        change(tree)
        answered(place)
        change(tree)
        answered(place)
