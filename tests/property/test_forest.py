"""What differs between two trees is what git says differs between them.

Law: for any two raw trees, `differing` finds the entries of each that the other has not; and for
any two commits, whatever stands in them, `changed` yields what `git diff-tree` prints.
"""

from __future__ import annotations

import subprocess
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.read import forest
from engine.read.blobs import Blobs
from engine.read.git import Change, Repository
from tests.repositories import Made, git, line, written

NAMES = st.binary(min_size=1, max_size=3).filter(
    lambda name: b"\0" not in name and b"/" not in name
)
MODES = st.sampled_from(["100644", "100755", "120000", "160000", "40000"])


@st.composite
def trees(draw):
    """Two trees, of which the second is the first with a few entries changed; an id's length."""
    length = draw(st.sampled_from([20, 32]))
    ids = st.binary(min_size=length, max_size=length) | st.sampled_from(
        [b"\0" * length, b" " * length]
    )
    entries = st.tuples(MODES, ids)
    old = draw(st.dictionaries(NAMES, entries, max_size=8))
    new = dict(old)
    for name in draw(st.lists(st.sampled_from(sorted(old)), max_size=2)) if old else ():
        new.pop(name, None)
    new |= draw(st.dictionaries(NAMES, entries, max_size=2))
    return old, new, length


def raw(entries):
    """Return the bytes of a tree, in git's order."""
    order = sorted(entries, key=lambda n: n + b"/" if entries[n][0] == "40000" else n)
    return b"".join(b"%s %s\0%s" % (entries[n][0].encode(), n, entries[n][1]) for n in order)


def told(entries, others):
    """Return what one tree has that another has not, as `differing` says it."""
    return {
        name.decode("utf-8", "surrogateescape"): (mode, made.hex())
        for name, (mode, made) in entries.items()
        if others.get(name) != (mode, made)
    }


@given(trees())
def test_entries_that_differ_are_found(made):
    old, new, length = made
    found = forest.differing(raw(old), raw(new), length)
    assert found == (told(old, new), told(new, old))


@pytest.mark.parametrize("cut", [1, 19, 20, 22, 28])
def test_what_is_no_tree_is_refused(cut):
    whole = raw({b"a": ("100644", b"x" * 20)})
    with pytest.raises(ValueError, match=r"no tree|not found"):
        forest.differing(whole[:-cut], raw({b"b": ("100644", b"y" * 20)}), 20)


def printed(folder, old, new):
    """Return what `git diff-tree` says of two trees."""
    words = ("diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", old, new)
    said = subprocess.run(["git", "-C", folder, *words], capture_output=True, check=True).stdout
    words = iter(said.decode("utf-8", "surrogateescape").split("\0"))
    found = []
    for about, path in zip(words, words, strict=False):
        old_mode, new_mode, before, after, _ = about[1:].split(" ")
        was = (old_mode, before) if before.strip("0") else None
        now = (new_mode, after) if after.strip("0") else None
        found.append(Change(path, was, now))
    return sorted(found)


def found(repository, old, new):
    """Return what we say of the policy directories of two commits."""
    with Blobs(repository, ()) as objects:
        one, other = objects.trees([repository.tree_of(old), repository.tree_of(new)])

        def read(wanted):
            return dict(objects.trees([*wanted]))

        return sorted(forest.changed(read, one[1], other[1], len(one[0]) // 2))


def files_of(rng, before):
    """Some files, most of them those of before; folders become files, and names sort oddly."""
    files = {path: text for path, text in before.items() if rng.random() < 0.9}
    for _ in range(rng.randint(0, 8)):
        parts = [rng.choice(["a", "a.b", "a-", "a0", "é", "x y", "b\tc"]) for _ in range(3)]
        path = "/".join(parts[: rng.randint(1, 3)])
        if not any(
            p == path or p.startswith(f"{path}/") or path.startswith(f"{p}/") for p in files
        ):
            files[path] = str(rng.randint(0, 3))
    return files


def test_commits_differ_in_what_git_says(tmp_path):
    rng = Random(5)
    states = [{}]
    for _ in range(40):
        states.append(files_of(rng, states[-1]))
    links = [{"link": rng.choice(["a", "b"])} if rng.random() < 0.5 else {} for _ in states]
    commits = line(*(Made(one, links=link) for one, link in zip(states, links, strict=True)))
    ids = written(tmp_path, commits)
    at = Repository(str(tmp_path), "")
    different = 0
    for old, new in zip(ids, ids[1:] + ids[:1], strict=True):
        assert found(at, old, new) == printed(str(tmp_path), old, new)
        different += len(found(at, old, new))
    assert different > 100


def test_modes_submodules_and_longer_ids_are_told_as_git_tells_them(tmp_path):
    git(tmp_path, "init", "-q", "--object-format=sha256", "-b", "main")
    (tmp_path / "run").write_text("x")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "y").write_text("y")
    identity = ("-c", "user.name=a", "-c", "user.email=a@acme.example")
    git(tmp_path, "add", "-A")
    git(tmp_path, *identity, "commit", "-qm", "-")
    old = git(tmp_path, "rev-parse", "HEAD").strip()
    (tmp_path / "run").chmod(0o755)
    git(tmp_path, "add", "-A")
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{old},p/module")
    git(tmp_path, *identity, "commit", "-qm", "-")
    new = git(tmp_path, "rev-parse", "HEAD").strip()
    said = found(Repository(str(tmp_path), ""), old, new)
    assert said == printed(str(tmp_path), old, new)
    assert len(said) == 2
    assert len(found(Repository(str(tmp_path), "p/"), old, new)) == 1
