"""R7: a history read commit by commit, by what each one changes, is that of reading each whole."""

from __future__ import annotations

import json
from random import Random
from zlib import crc32

import pytest

from engine.findings import has_errors
from engine.history.timeline import Question, history
from engine.history.walk import walk
from engine.read.load import load
from engine.read.revisions import revision
from tests.histories import BROKEN, written_history
from tests.reference import timeline as reference
from tests.reference.model import TOGGLE
from tests.repositories import START, Made, git, line, written

FIELDS = ("state", "locked", "sync", "reason", "source_scope", "source_id")


def few_and_more(few, more):
    """Seeds of which the first few are quick enough for every run."""
    slow = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(few, more)]
    return [*range(few), *slow]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A folder to write a repository into, and to stand in."""
    folder = tmp_path / "repository"
    (folder / "policies").mkdir(parents=True)  # git runs in it, so paths must not depend on that
    monkeypatch.chdir(folder)
    return folder


def targets(sets):
    """Everybody and everything that ever was."""
    found = set()
    for refset in filter(None, sets):
        found |= {("user", user) for user in refset.users}
        found |= {("group", group) for group in refset.groups}
        found |= {("account", account) for account in refset.accounts}
    return sorted(found, key=lambda target: crc32(str(target).encode()))


def asked(scope, key, toggle):
    account, name = key if scope == "group" else (None, key)
    return Question(target=f"{scope}:{name}", account=account, toggle=toggle)


def ours(found):
    return [
        {
            "from": one.begin,
            "until": one.end,
            **{field: getattr(one.decision, field) for field in FIELDS},
            "commit": one.commit,
            "changes": [
                (c.id, c.action, c.kind, c.account, c.scope_id, c.toggle, c.field)
                for c in one.changes
            ],
        }
        for one in found.intervals
    ]


def theirs(found, ids):
    names = ("id", "action", "kind", "account", "scope_id", "toggle", "field")
    return [
        {
            **one,
            "commit": ids[one["commit"]],
            "changes": [tuple(change[name] for name in names) for change in one["changes"]],
        }
        for one in found["intervals"]
    ]


def assert_equal_to_the_reference(repository, made, toggles, most=99):
    ids = written(repository, made.commits)
    ids = [ids[number] for number in made.main]
    for scope, key in targets(made.sets)[:most]:
        for toggle in toggles:
            if not any(toggle in refset.catalogue for refset in made.sets if refset):
                continue
            found = history(walk("policies", "HEAD"), asked(scope, key, toggle))
            expected = reference.intervals(made.reference, (scope, key), toggle)
            assert ours(found) == theirs(expected, ids), (scope, key, toggle)
            assert [one.commit for one in found.skipped] == [ids[n] for n in expected["skipped"]]


@pytest.mark.parametrize("seed", few_and_more(2, 8))
def test_intervals_and_their_causes_are_those_of_evaluating_every_commit(repository, seed):
    rng = Random(seed)
    made = written_history(rng, 30, users=(1, 4), groups=(0, 3))
    assert_equal_to_the_reference(repository, made, (TOGGLE, "meeting_summary"))


@pytest.mark.slow
def test_hundreds_of_commits_are_as_each_by_itself(repository):
    made = written_history(Random(77), 300, users=(2, 3), groups=(1, 3), accounts=(1, 2))
    assert_equal_to_the_reference(repository, made, (TOGGLE,), most=5)


def damaged(rng, files):
    """Files after a small mishap of any kind: what it does to validity is for `load` to say."""
    files = dict(files)
    paths = sorted(path for path in files if path.startswith("policies/"))
    if not paths:
        return files
    path, other = rng.choice(paths), rng.choice(paths)
    kind = rng.randrange(7)
    if kind == 0:
        del files[path]
    elif kind == 1:
        files["policies/copy.yaml"] = files[path]
    elif kind == 2:
        files[path] = files[path].replace('"enabled"', '"on"').replace("groups", "group", 1)
    elif kind == 3:
        files[path], files[other] = files[other], files[path]
    elif kind == 4:
        files["policies/more.yaml"] = rng.choice(BROKEN)
    elif kind == 5:
        files["policies/two.yaml"] = json.dumps({"kind": "account", "id": f"two{rng.random()}"})
    else:
        words = files[path].split(",")
        del words[rng.randrange(len(words))]
        files[path] = ",".join(words)
    return files


@pytest.mark.parametrize("seed", few_and_more(2, 8))
def test_a_commit_is_skipped_exactly_where_reading_it_whole_finds_an_error(repository, seed):
    rng = Random(seed)
    whole = written_history(rng, 12, users=(1, 6), groups=(0, 4))
    commits, files = [], {}
    for number in whole.main:
        files = whole.commits[number].files
        commits.append(Made(files))
        for _ in range(4):
            files = damaged(rng, files)
            commits.append(Made(files))
    ids = written(repository, line(*commits))
    taken = walk("policies", "HEAD")
    list(taken.steps())
    expected = [
        commit
        for commit in ids
        if has_errors(load(revision("policies", commit), empty_is_fine=True).findings)
    ]
    assert [one.commit for one in taken.skipped] == expected


def test_links_to_policy_files_and_tables_are_followed(repository):
    account = '{kind: account, id: acme}\n---\n{kind: directory, source: "*.csv"}\n'
    one = {"policies/a.yaml": account, "policies/real/t.csv": "user\namy@a.example\n"}
    link = {"policies/t.csv": "real/t.csv"}
    moved = {**one, "policies/real/t.csv": "user\nbob@a.example\n"}
    broken = {**moved, "policies/real/t.csv": "nobody\n"}
    commits = [
        Made(one, START, links=link),
        Made(moved, START + 1, links=link),
        Made(broken, START + 2, links=link),
        Made(moved, START + 3, links={**link, "policies/b.yaml": "gone.yaml"}),
        Made(moved, START + 4, links={**link, "policies/b.yaml": "c.txt"}),
        Made(
            {**moved, "policies/c.txt": "{kind: group, id: g}"},
            START + 5,
            links={**link, "policies/b.yaml": "c.txt"},
        ),
    ]
    ids = written(repository, line(*commits))
    amy = history(walk("policies", "HEAD"), Question(target="amy@a.example"))
    assert [(one.begin, one.end) for one in amy.intervals] == [(START, START + 1)]
    bob = history(walk("policies", "HEAD"), Question(target="bob@a.example"))
    assert [(one.begin, one.end) for one in bob.intervals] == [(START + 1, None)]
    assert [one.commit for one in bob.skipped] == ids[2:5]
    group = history(walk("policies", "HEAD"), Question(target="group:g"))
    assert [one.commit for one in group.intervals] == [ids[5]]


def test_links_out_of_the_policies_are_followed_to_what_any_commit_makes_of_them(repository):
    account = "{kind: account, id: acme}\n"
    first = {"policies/a.yaml": account, "elsewhere/g.yaml": "{kind: group, id: one}\n"}
    second = {**first, "elsewhere/g.yaml": "{kind: group, id: two}\n"}
    third = {"policies/a.yaml": account}
    link = {"policies/g.yaml": "../elsewhere/g.yaml"}
    commits = [Made(files, START + n, links=link) for n, files in enumerate((first, second, third))]
    ids = written(repository, line(*commits))
    one = history(walk("policies", "HEAD"), Question(target="group:one"))
    assert [(i.begin, i.end) for i in one.intervals] == [(START, START + 1)]
    assert one.intervals[0].ended_by == ids[1]
    assert [skipped.commit for skipped in one.skipped] == [ids[2]]


def test_submodules_below_the_policies_are_read_as_they_were_pinned(repository, monkeypatch):
    inner = repository / "inner"
    pins = written(
        inner,
        line(
            Made({"g.yaml": "{kind: group, id: one}"}), Made({"g.yaml": "{kind: group, id: two}"})
        ),
    )
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "always")
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "config", "user.email", "olga@acme.example")
    git(repository, "config", "user.name", "Olga")
    git(repository, "submodule", "--quiet", "add", "-b", "main", "./inner", "policies/sub")
    (repository / "policies" / "a.yaml").write_text("{kind: account, id: acme}\n")
    ids = []
    for pin in (pins[0], pins[1]):
        git(repository / "policies" / "sub", "checkout", "--quiet", pin)
        git(repository, "add", "policies", ".gitmodules")
        git(repository, "commit", "--quiet", "--message", "Pin")
        ids.append(git(repository, "rev-parse", "HEAD").strip())
    git(repository, "rm", "--quiet", "--cached", "policies/sub")
    git(repository, "commit", "--quiet", "--message", "Take it out")
    one = history(walk("policies", "HEAD"), Question(target="group:one"))
    two = history(walk("policies", "HEAD"), Question(target="group:two"))
    assert [(i.commit, i.ended_by) for i in one.intervals] == [(ids[0], ids[1])]
    assert [i.commit for i in two.intervals] == [ids[1]]
    assert not two.exists
