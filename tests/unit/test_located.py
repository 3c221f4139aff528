"""A repository and its commits are found by one question as by many, or left to them."""

from __future__ import annotations

import os

import pytest

from engine.errors import GitError
from engine.read.git import Repository, repository
from engine.read.located import located
from engine.read.talk import Talk
from tests.repositories import Made, git, line, written

NAMES = ("HEAD", "HEAD~1", "main", "main^", "@", "v1", "v1^{commit}", "odd/branch-1.x", "HEAD@{0}")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A repository of two commits, with an annotated tag and a branch; the ids of the commits."""
    folder = tmp_path / "here é"
    ids = written(folder, line(Made({"p/a.yaml": "1"}), Made({"p/a.yaml": "2", "q/b": ""})))
    git(folder, "reset", "-q", "--hard")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "v1", "-m", "-", ids[0])
    git(folder, "branch", "odd/branch-1.x", ids[0])
    monkeypatch.chdir(folder)
    return folder, ids


def same(policies, *names):
    """Compare one question with many."""
    found = located(policies, names)
    assert found is not None
    assert found[0] == repository(policies)
    assert dict(found[1]) == {name: found[0].commit(name) for name in names}
    assert found[0].replaced is False
    return found


def test_what_people_name_is_found(place):
    _, ids = place
    found = same("p", *NAMES, ids[0], ids[0][:9])
    assert found[1]["v1"] == ids[0]
    assert found[0].prefix == "p/"


@pytest.mark.parametrize("policies", [".", "p", "q", "nowhere", "p/deeper/nowhere", "q/../p"])
@pytest.mark.usefixtures("place")
def test_wherever_the_policies_are_said_to_be(policies):
    same(policies, "HEAD", "HEAD~1")


@pytest.mark.usefixtures("place")
def test_from_a_folder_of_the_repository(monkeypatch):
    monkeypatch.chdir("q")
    same("../p", "HEAD")
    same(".", "HEAD")


def test_in_a_bare_repository_and_in_a_worktree(place, tmp_path, monkeypatch):
    folder, ids = place
    git(folder, "worktree", "add", "-q", str(tmp_path / "tree"), ids[0])
    git(folder, "clone", "-q", "--bare", str(folder), str(tmp_path / "bare"))
    for where, bare in (
        ("tree", False),
        ("bare", True),
        ("bare/refs", True),
        ("here é/.git", True),
    ):
        monkeypatch.chdir(tmp_path / where)
        assert same("p", "HEAD")[0].bare == bare


def test_packed_refs_are_found(place):
    folder, _ = place
    git(folder, "pack-refs", "--all")
    git(folder, "gc", "-q")
    same("p", *NAMES[:-1])


def test_replaced_objects_are_noticed(place):
    folder, ids = place
    git(folder, "replace", ids[0], ids[1])
    at, commits = located("p", ["HEAD", "HEAD~1"])
    assert at.replaced
    assert at.has_replaced()
    assert dict(commits) == {"HEAD": ids[1], "HEAD~1": ids[0]}
    git(folder, "pack-refs", "--all")
    assert located("p", ["HEAD"])[0].replaced


@pytest.mark.usefixtures("place")
def test_replacements_that_lie_elsewhere_are_left_to_others(monkeypatch):
    monkeypatch.setenv("GIT_REPLACE_REF_BASE", "refs/others")
    assert located("p", ["HEAD"]) is None
    assert repository("p").has_replaced()
    assert repository("p").tree("HEAD") is None


@pytest.mark.parametrize(
    "name",
    [
        *("nonsense", "HEAD~9", "HEAD^{tree}", "HEAD:p", ":/Edit", "-1", "--all", "^HEAD", "a..b"),
        *("HEAD^@", "HEAD^!", "HEAD\nHEAD", "", "main main", "HEAD^{/Edit the policies}", "é"),
    ],
)
@pytest.mark.usefixtures("place")
def test_rare_and_unknown_names_are_left_to_others(name):
    assert located("p", ["HEAD", name]) is None


def test_outside_of_a_repository_nothing_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert located("p", ["HEAD"]) is None
    assert located("p", []) is None


@pytest.mark.usefixtures("place")
def test_without_git_nothing_is_found(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert located("p", ["HEAD"]) is None
    with pytest.raises(GitError, match="git cannot be run"):
        Repository(".", "").talk("version")


@pytest.mark.parametrize("spawning", [True, False])
def test_a_program_is_talked_to_and_waited_for(monkeypatch, spawning):
    if not spawning:
        monkeypatch.delattr(os, "posix_spawnp")
    with Talk(["cat"], {**os.environ}) as talk:
        talk.asked.write(b"well\n")
        talk.asked.flush()
        assert talk.answer.readline() == b"well\n"
    assert talk.end() == 0
    with Talk(["sh", "-c", "exec >&-; read line; exit 3"], {**os.environ}) as talk:
        assert talk.answer.read() == b""
        talk.asked.write(b"x" * 100_000 + b"\n")
        assert talk.end() == 3
    with pytest.raises(OSError, match="No such file"):
        Talk(["/nowhere/at/all"], {})
