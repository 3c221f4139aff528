"""The cache of compiled sets: what it saves, what it keeps out of, and what cannot break it."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from engine.commands.invocation import Invocation
from engine.read.cache import home, places, tag, trees
from engine.read.cache.records import policy_set, records
from engine.read.cache.shelf import DamagedError, Shelf, written
from engine.read.load import load
from engine.read.source import Memory, WorkingTree
from tests.repositories import Made, git, line
from tests.repositories import written as written_commits
from tests.workplace import ROOT, Workplace

if TYPE_CHECKING:
    from pathlib import Path

ACME = "kind: account\nid: acme\ntoggles:\n  bidirectional_calendar_sync: on \n"
PEOPLE = """\
kind: group
id: legal
name: Legal
admins: [gina@acme.example]
toggles:
  bidirectional_calendar_sync: {state: on, locked: false, note: held}
---
kind: users
users:
  - id: ann@acme.example
    groups: [legal]
    toggles: {bidirectional_calendar_sync: off}
  - {id: ben@acme.example, note: new here, calendars: []}
"""
SET = {"policies/acme.yaml": ACME, "policies/people.yaml": PEOPLE}
ANN = ("explain", "ann@acme.example", "--format", "json")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of this test's own, empty."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CALSYNC_CACHE", str(folder))
    return folder


@pytest.fixture
def filled(place, cache):
    """A set of which the cache knows, and that may not be read again."""
    place.write(SET)
    assert place.calsync(*ANN).code == 0
    assert kinds(cache) == [".set", ".tree"]
    return place


@pytest.fixture
def unread(filled, monkeypatch):  # noqa: ARG001 - what fills the cache has to read
    """Whoever reads the policies fails."""

    def fail(*_):
        pytest.fail("the policies were read")

    monkeypatch.setattr(places.Directory, "load", fail)
    monkeypatch.setattr(places.Commit, "load", fail)


def kinds(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


def both(place: Workplace, *words: str):
    """Return what is said with the cache, which must be what is said without."""
    said = place.calsync(*words)
    assert place.calsync("--no-cache", *words) == said
    return said


# -- what it saves ------------------------------------------------------------------------


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    "words",
    [
        ANN,
        ("explain", "ben@acme.example"),
        ("explain", "group:legal", "--format", "json"),
        ("explain", "account"),
    ],
)
def test_what_was_read_once_is_not_read_again(filled, words):
    assert filled.calsync(*words).code == 0


@pytest.mark.parametrize(
    "target", ["ann@acme.example", "ben@acme.example", "group:legal", "account"]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_the_answer_is_the_same(filled, target, form):
    both(filled, "explain", target, "--format", form)


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize("words", [("nobody@acme.example",), ("group:legl",), ("legal",)])
def test_a_target_that_is_not_there_is_reported_as_without_a_cache(filled, words):
    said = filled.calsync("explain", *words)
    assert (said.code, said.out) == (2, "")
    assert said == filled.calsync("--no-cache", "explain", *words)


@pytest.mark.usefixtures("unread")
def test_places_are_named_from_where_the_question_is_asked(filled, monkeypatch):
    monkeypatch.chdir(filled.folder / "policies")
    said = Workplace(filled.folder / "policies").calsync("-p", ".", *ANN)
    assert said.json["location"]["file"] == "people.yaml"


@pytest.mark.usefixtures("unread")
def test_a_set_that_was_there_before_is_found_by_its_contents(filled, monkeypatch):
    before = filled.calsync(*ANN)
    monkeypatch.undo()
    os.environ["CALSYNC_CACHE"] = str(filled.folder / "cache")
    filled.write({"policies/people.yaml": PEOPLE.replace("off", "on ")})
    assert filled.calsync(*ANN) != before
    filled.write({"policies/people.yaml": PEOPLE})
    monkeypatch.setattr(places.Directory, "load", lambda _: pytest.fail("read"))
    assert filled.calsync(*ANN) == before


def test_stats_alone_are_believed_of_files_that_are_old(filled, monkeypatch):
    monkeypatch.setattr(trees, "MARGIN", -(10**18))  # all of them are
    filled.calsync(*ANN)  # hashes them once more, and notes it
    monkeypatch.setattr(WorkingTree, "read", lambda *_: pytest.fail("read"))
    assert filled.calsync(*ANN).code == 0


def test_files_that_are_young_are_hashed_again_until_they_are_old(filled, monkeypatch):
    read = []
    monkeypatch.setattr(places, "hashed", lambda data: read.append(1) or trees.hashed(data))
    filled.calsync(*ANN)
    filled.calsync(*ANN)
    assert len(read) == 4
    monkeypatch.setattr(trees, "MARGIN", 0)
    filled.calsync(*ANN)
    filled.calsync(*ANN)
    assert len(read) == 6


# -- what it keeps out of -----------------------------------------------------------------


@pytest.mark.parametrize("words", [("--no-cache", *ANN), (*ANN, "--no-cache")])
def test_no_cache_neither_reads_nor_writes_it(filled, cache, words):
    for path in cache.iterdir():
        path.unlink()
    assert filled.calsync(*words).code == 0
    assert not kinds(cache)


def test_the_environment_turns_it_off(place, cache):
    place.write(SET)
    assert place.calsync(*ANN, CALSYNC_NO_CACHE="1").code == 0
    assert not cache.exists()


def test_sets_that_are_not_valid_are_not_kept(place, cache):
    place.write({**SET, "policies/more.yaml": "kind: nonsense\n"})
    assert place.calsync(*ANN).code == 2
    assert not cache.exists()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"CALSYNC_CACHE": "/somewhere"}, "/somewhere"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/ann"}, "/xdg/calsync"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/ann"}, "/home/ann/.cache/calsync"),
        ({"HOME": "/home/ann"}, "/home/ann/.cache/calsync"),
        ({"CALSYNC_CACHE": "/somewhere", "CALSYNC_NO_CACHE": "1"}, None),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="each platform has its own place")
def test_the_cache_lies_where_the_platform_keeps_such_things(monkeypatch, environment, expected):
    for name in ("CALSYNC_CACHE", "CALSYNC_NO_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert home.folder() == expected


@pytest.mark.usefixtures("filled")
def test_only_the_user_may_read_it(cache):
    assert cache.stat().st_mode & 0o077 == 0
    kept = list(cache.iterdir())
    assert kept and all(path.stat().st_mode & 0o077 == 0 for path in kept)


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_cache_that_others_can_write_to_is_not_believed(filled, cache, mode):
    cache.chmod(mode)
    assert home.read(next(cache.iterdir()).name) is None
    both(filled, *ANN)


def test_a_file_that_is_a_link_or_a_pipe_is_not_believed(filled, cache):
    for path in list(cache.iterdir()):
        path.rename(f"{path}.real")
        path.symlink_to(f"{path}.real")
        assert home.read(path.name) is None
    both(filled, *ANN)
    for path in list(cache.iterdir()):
        path.unlink()
        os.mkfifo(path)
        assert home.read(path.name) is None
    assert filled.calsync(*ANN).code == 0


def test_the_oldest_go_when_there_are_too_many(filled, cache, monkeypatch):
    filled.write({"policies/acme.yaml": ACME.replace("on ", "off")})
    filled.calsync(*ANN)
    before = sorted(cache.glob("*.set"))
    assert len(before) == 2
    for age, path in enumerate(before):
        os.utime(path, (age, age))
    monkeypatch.setattr(home, "MOST", sum(p.stat().st_size for p in cache.iterdir()) - 1)
    home.put("another.set", [b"x"])
    assert not before[0].exists()
    assert before[1].exists()


def test_what_a_dead_process_left_is_removed_in_time(cache):
    home.put("one.set", [b"x"])
    left, young = cache / ".new-1-aa", cache / ".new-2-bb"
    left.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(left, (1, 1))
    home.put("two.set", [b"x"])
    assert not left.exists()
    assert young.exists()


def test_another_version_reads_anew(filled, monkeypatch):
    key = places.Directory(str(filled.folder / "policies")).address()
    assert key is not None
    tag.tag.cache_clear()
    monkeypatch.setattr(tag, "__version__", "99")
    try:
        assert places.Directory(str(filled.folder / "policies")).address() is None
    finally:
        tag.tag.cache_clear()


def test_another_engine_is_another_tag(tmp_path, monkeypatch):
    engine = tmp_path / "engine"
    (engine / "read").mkdir(parents=True)
    (engine / "read" / "parse.py").write_text("one = 1\n")
    monkeypatch.setattr(tag, "_ENGINE", str(engine))
    found = set()
    for text in ("one = 1\n", "two = 2\n", "three = 3\n"):
        (engine / "read" / "parse.py").write_text(text)
        found.add(tag.tag.__wrapped__())
    packages = tmp_path / "site-packages"
    packages.mkdir()
    monkeypatch.syspath_prepend(str(packages))
    found.add(tag.tag.__wrapped__())
    os.utime(packages, (1, 1))
    found.add(tag.tag.__wrapped__())
    assert len(found) == 5


# -- what cannot break it -----------------------------------------------------------------


def test_a_cache_that_cannot_be_written_is_no_trouble(place, cache):
    place.write(SET)
    cache.write_text("no directory")
    said = both(place, *ANN)
    assert said.code == 0
    assert not said.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_cache_that_may_only_be_read_is_no_trouble(place, cache):
    place.write(SET)
    cache.mkdir(mode=0o500)
    both(place, *ANN)


@pytest.mark.parametrize("at", ["write", "rename"])
def test_a_full_disk_is_no_trouble(place, cache, monkeypatch, at):
    place.write(SET)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    if at == "rename":
        monkeypatch.setattr(home.os, "replace", full)
    else:
        monkeypatch.setattr("engine.read.cache.home.open", full, raising=False)
    said = place.calsync(*ANN)
    assert said.code == 0
    assert not said.err
    assert not list(cache.iterdir())


def test_bytes_damaged_anywhere_are_a_miss_and_never_another_answer(filled, cache):
    rng = random.Random(3)
    truth = filled.calsync(*ANN)
    whole = {path: path.read_bytes() for path in cache.iterdir()}
    for _ in range(150):
        for path, data in whole.items():
            path.write_bytes(data)
            path.chmod(0o600)
        path = rng.choice(list(whole))
        data = bytearray(whole[path])
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        else:
            for _ in range(rng.choice((1, 1, 2, 40))):
                data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(bytes(data))
        assert filled.calsync(*ANN) == truth


def shelf_of(tmp_path: Path, parts: list[tuple[bytes, bytes]], address: bytes = b"a" * 32) -> Shelf:
    path = tmp_path / "one.set"
    made = written(address, parts)
    assert made is not None
    path.write_bytes(b"".join(made))
    return Shelf(os.open(path, os.O_RDONLY), address)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, 500])
def test_a_shelf_gives_back_what_was_put_in(tmp_path, number):
    parts = [(b"%d" % n, b"x" * n) for n in range(number)]
    shelf = shelf_of(tmp_path, parts)
    assert [(key, shelf.get(key)) for key, _ in parts] == parts
    assert shelf.get(b"another") is None
    shelf.close()


def test_a_shelf_of_another_address_is_not_believed(tmp_path):
    shelf_of(tmp_path, [(b"k", b"v")]).close()
    with pytest.raises(DamagedError):
        Shelf(os.open(tmp_path / "one.set", os.O_RDONLY), b"b" * 32)


@pytest.mark.parametrize(
    "record",
    [
        b"{",
        b"[]",
        b"null",
        b"7",
        b'["acme",[7],null,null,{},null,null,null,false,null]',
        b'["acme",[],null,null,{"t":["on",false,null]},null,null,null,false,null]',
        b'["acme",[],null,null,{"t":["enabled",0,null]},null,null,null,false,null]',
        b'["acme",[],null,null,{},null,null,null,false,["f",1,"1",{}]]',
        b'["acme",[],null,null,{},null,null,null,false,null,null]',
        b"[" * 100_000,
        b"1" * 5_000,
        b"\xff",
    ],
)
def test_a_record_that_was_made_up_is_a_miss(tmp_path, record):
    rest = [(b"users", b'["ann"]'), (b"groups", b"[]"), (b"u\0ann", record)]
    head = b'{"accounts":[],"toggles":[],"owners":[],"roles":[]}'
    shelf = shelf_of(tmp_path, [(b"set", head), *rest])
    with pytest.raises(DamagedError):
        _ = policy_set(shelf, str).users["ann"]
    shelf.close()


def test_a_record_that_is_gone_is_a_miss_and_not_an_unknown_user(tmp_path):
    head = b'{"accounts":[],"toggles":[],"owners":[],"roles":[]}'
    shelf = shelf_of(tmp_path, [(b"set", head), (b"users", b'["ann"]'), (b"groups", b"[]")])
    users = policy_set(shelf, str).users
    with pytest.raises(DamagedError):
        users.get("ann")
    assert users.get("ben") is None
    shelf.close()


def test_what_is_kept_of_a_set_comes_back_equal(tmp_path):
    loaded = load(WorkingTree(str(ROOT / "policies")))
    paths = {loaded.source.label(path): path for path in loaded.files}
    shelf = shelf_of(tmp_path, list(records(loaded.policies, paths)))
    found = policy_set(shelf, loaded.source.label)
    for part in ("accounts", "groups", "users", "toggles", "owners", "roles"):
        assert getattr(found, part) == getattr(loaded.policies, part)
    for user in found.users.values():
        for key in user.settings:
            path = ("toggles", key)
            mine, theirs = user.origin, loaded.policies.users[user.id].origin
            assert mine.locate(path, key=True) == theirs.locate(path, key=True)
    shelf.close()


def test_places_that_were_not_kept_are_never_made_up(tmp_path):
    loaded = load(Memory({name.removeprefix("policies/"): t.encode() for name, t in SET.items()}))
    paths = {path: path for path in loaded.files}
    shelf = shelf_of(tmp_path, list(records(loaded.policies, paths)))
    origin = policy_set(shelf, str).users["ann@acme.example"].origin
    assert origin.locate() == loaded.policies.users["ann@acme.example"].origin.locate()
    with pytest.raises(DamagedError):
        origin.locate(("groups", 0))
    with pytest.raises(DamagedError):
        origin.pointer()
    shelf.close()


def test_a_question_that_asks_for_more_than_was_kept_is_put_to_the_files(filled):
    def question(policies):
        origin = policies.users["ann@acme.example"].origin
        return origin.locate(("groups", 0))

    invocation = Invocation(policies=str(filled.folder / "policies"))
    assert invocation.ask(question).line == 11


def test_many_processes_at_once_all_answer(filled, cache):
    command = [sys.executable, str(ROOT / "cli.py"), *ANN]
    environment = {**os.environ, "CALSYNC_CACHE": str(cache)}

    def run(_: int) -> bytes:
        return subprocess.run(
            command, cwd=filled.folder, env=environment, capture_output=True, check=True
        ).stdout

    for path in cache.iterdir():
        path.unlink()
    with ThreadPoolExecutor(4) as pool:
        said = set(pool.map(run, range(8)))
    assert len(said) == 1
    assert kinds(cache) == [".set", ".tree"]


# -- revisions ----------------------------------------------------------------------------

OTHER = PEOPLE.replace("off", "on ")


@pytest.fixture
def repo(place, cache):  # noqa: ARG001 - the commits are asked through it
    """A repository whose three commits are: a set, the same beside something, another set."""
    commits = line(
        Made(SET),
        Made({**SET, "README.md": "elsewhere\n"}),
        Made({**SET, "policies/people.yaml": OTHER}),
    )
    written_commits(place.folder, commits)
    return place


def test_a_revision_is_found_by_its_tree(repo, monkeypatch):
    before = both(repo, *ANN, "--rev", "main~2")
    monkeypatch.setattr(places.Commit, "load", lambda _: pytest.fail("read"))
    assert repo.calsync(*ANN, "--rev", "main~1") == before
    assert repo.calsync(*ANN, "--rev", "main~2") == before


def test_another_tree_is_another_answer(repo):
    before = both(repo, *ANN, "--rev", "main~1")
    assert both(repo, *ANN, "--rev", "main").json["state"] != before.json["state"]
    assert both(repo, *ANN, "--rev", "main~1") == before


def test_objects_that_git_replaces_are_read_anew(repo):
    before = both(repo, *ANN, "--rev", "main~1")
    names = ("rev-parse", "main~1:policies/people.yaml", "main:policies/people.yaml")
    git(repo.folder, "replace", *git(repo.folder, *names).split())
    assert both(repo, *ANN, "--rev", "main~1").json["state"] != before.json["state"]


def test_links_that_lead_out_of_the_tree_are_read_anew(place, cache):
    more = "kind: group\nid: more\n"
    links = {"policies/more.yaml": "../elsewhere/more.yaml"}
    commits = line(
        Made({**SET, "elsewhere/more.yaml": more}, links=links),
        Made({**SET, "elsewhere/more.yaml": f"{more}name: Other\n"}, links=links),
    )
    written_commits(place.folder, commits)
    first = both(place, "explain", "group:more", "--rev", "main~1")
    second = both(place, "explain", "group:more", "--rev", "main")
    assert "Other" in second.out
    assert "Other" not in first.out
    assert not cache.exists()


def test_an_unknown_revision_is_reported_as_without_a_cache(repo):
    assert both(repo, *ANN, "--rev", "nonsense").code == 2
