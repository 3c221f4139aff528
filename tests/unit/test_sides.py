"""The sides of a comparison, on real repositories: what names them, what reading them touches."""

from __future__ import annotations

import os
import subprocess
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from engine.errors import GitError, InvalidPoliciesError, QuestionError, SourceError
from engine.read import parse as parsing
from engine.read import tables
from engine.read.sides import WORKING_TREE, find_sides, read_sides
from engine.review.changes import declared
from engine.review.comparison import compare

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = "kind: account\nid: acme\n"
TOGGLE = "bidirectional_calendar_sync"


class Repo:
    """A scratch repository; the working directory is its top."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *words: str) -> str:
        environment = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{role}_{key}": text
                for role in ("AUTHOR", "COMMITTER")
                for key, text in (("NAME", "Olga"), ("EMAIL", "olga@acme.example"))
            },
        }
        command = ["git", "-c", "protocol.file.allow=always", *words]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, check=True, text=True
        )
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        full = self.folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(dedent(text), encoding="utf-8")

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            self.write(f"policies/{name}.yaml", text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "A commit")
        return self.git("rev-parse", "HEAD")


def make(folder: Path, *options: str) -> Repo:
    folder.mkdir(parents=True, exist_ok=True)
    repo = Repo(folder)
    repo.git("init", "-q", "-b", "main", *options)
    return repo


@pytest.fixture
def repo(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    found = make(tmp_path / "repo")
    monkeypatch.chdir(found.folder)
    return found


def group(state, name="legal"):
    return f"kind: group\nid: {name}\ntoggles:\n  {TOGGLE}: {state}\n"


def changes(*words, policies="policies", rev=None):
    """The changes between the sides that the words name, each in a few words."""
    old, new = read_sides(policies, words, rev=rev).valid()
    return [(c.action, c.kind, c.scope_id, c.field) for c in declared(old, new)]


NEW_GROUP = [("added", "group", "legal", None)]
SETTING = [("changed", "group", "legal", "setting")]


# -- which sides ---------------------------------------------------------------------------------


def test_without_words_head_is_compared_with_the_working_tree(repo):
    repo.commit(account=ACCOUNT)
    repo.write("policies/legal.yaml", group("on"))
    old, new = find_sides("policies", ())
    assert (old.label, old.revision) == ("HEAD", repo.git("rev-parse", "HEAD"))
    assert (new.label, new.revision) == (WORKING_TREE, None)
    assert changes() == NEW_GROUP


def test_old_alone_is_compared_with_the_working_tree_and_two_with_each_other(repo):
    first = repo.commit(account=ACCOUNT)
    repo.commit(legal=group("on"))
    repo.write("policies/legal.yaml", group("off"))
    assert changes(first) == NEW_GROUP
    assert changes(first, "main") == NEW_GROUP
    assert changes("HEAD") == SETTING
    assert changes("main", first) == [("removed", "group", "legal", None)]


def test_a_linked_policy_directory_is_followed_without_a_working_tree_too(repo, monkeypatch):
    repo.write("config/real/account.yaml", ACCOUNT)
    repo.folder.joinpath("policies").symlink_to("config/real")
    first = repo.commit()
    repo.write("config/real/legal.yaml", group("on"))
    repo.commit()
    assert changes(first, "main") == NEW_GROUP
    repo.git("clone", "-q", "--bare", ".", "../bare")
    monkeypatch.chdir(repo.folder.parent / "bare")
    assert changes(first, "main") == NEW_GROUP
    assert changes(first, "main", policies="nowhere") == []


def test_the_empty_tree_is_an_empty_side_and_another_tree_no_revision(repo):
    empty = repo.git("hash-object", "-t", "tree", os.devnull)
    repo.commit(account=ACCOUNT, legal=group("on"))
    assert len(changes(empty, "HEAD")) == len(changes(f"{empty}..HEAD")) == 2
    assert changes(empty) == changes(empty, "policies")
    with pytest.raises(GitError, match="unknown revision"):
        changes("HEAD^{tree}", "HEAD")


def test_two_dots_are_both_sides_and_an_end_left_out_is_head(repo):
    first = repo.commit(account=ACCOUNT)
    repo.commit(legal=group("on"))
    assert changes(f"{first}..main") == NEW_GROUP
    assert changes(f"{first}..") == NEW_GROUP
    assert changes(f"..{first}") == [("removed", "group", "legal", None)]


def test_three_dots_start_where_the_branches_went_their_ways(repo):
    base = repo.commit(account=ACCOUNT)
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit(legal=group("on"))
    repo.git("checkout", "-q", "main")
    repo.commit(sales=group("on", "sales"))
    assert changes("main...topic") == NEW_GROUP
    assert len(changes("main..topic")) == 2
    old, _ = find_sides("policies", ("main...topic",))
    assert (old.label, old.revision) == ("merge base of main and topic", base)


def test_branches_without_a_common_ancestor_have_no_merge_base(repo):
    repo.commit(account=ACCOUNT)
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit(account=f"{ACCOUNT}name: Another\n")
    with pytest.raises(GitError, match="`main` and `other` have no common ancestor"):
        changes("main...other")


def test_an_existing_directory_is_a_side_even_where_a_branch_has_its_name(repo, tmp_path):
    repo.commit(account=ACCOUNT)
    repo.git("branch", "other")
    repo.write("other/account.yaml", ACCOUNT)
    repo.write("other/legal.yaml", group("on"))
    assert changes("other") == [("removed", "group", "legal", None)]
    assert changes("HEAD", "other") == NEW_GROUP
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "a.yaml").write_text(ACCOUNT)
    assert changes(str(outside), "other") == NEW_GROUP


def test_two_directories_need_no_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("a", ACCOUNT), ("b", f"{ACCOUNT}---\n{group('on')}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "all.yaml").write_text(text)
    assert changes("a", "b") == NEW_GROUP
    assert changes("a", policies="b") == NEW_GROUP
    with pytest.raises(GitError, match="not a git repository") as caught:
        changes(policies="a")
    assert "two directories" in caught.value.hint


def test_rev_stands_for_the_working_tree(repo):
    first = repo.commit(account=ACCOUNT)
    second = repo.commit(legal=group("on"))
    repo.write("policies/legal.yaml", "not: [policies")
    assert changes(first, rev=second) == NEW_GROUP
    with pytest.raises(QuestionError, match="both sides are named"):
        changes(first, second, rev=second)


@pytest.mark.parametrize("words", [("a", "b", "c"), ("main..main", "main")])
def test_words_that_do_not_go_together_are_a_wrong_question(repo, words):
    repo.commit(account=ACCOUNT)
    with pytest.raises(QuestionError):
        changes(*words)


@pytest.mark.parametrize("word", ["nothing-here", "../nothing", "-x", "main:policies"])
def test_a_side_that_is_neither_directory_nor_revision_is_named(repo, word):
    repo.commit(account=ACCOUNT)
    with pytest.raises(GitError) as caught:
        changes(word)
    assert f"`{word}`" in caught.value.message


# -- sides without policies ----------------------------------------------------------------------


def test_a_side_without_policies_is_empty(repo):
    repo.write("README.md", "nothing yet\n")
    first = repo.commit()
    repo.commit(account=ACCOUNT)
    assert changes(first, "HEAD") == [("added", "account", "acme", None)]
    assert changes("HEAD", first) == [("removed", "account", "acme", None)]


def test_a_head_without_a_commit_yet_is_empty(repo):
    repo.write("policies/account.yaml", ACCOUNT)
    assert changes() == [("added", "account", "acme", None)]
    assert find_sides("policies", ("HEAD",))[0].revision is None
    with pytest.raises(GitError, match="unknown revision `main`"):
        changes("main")


def test_a_policy_directory_that_is_gone_is_an_empty_side_but_not_on_both(repo):
    repo.commit(account=ACCOUNT)
    (repo.folder / "policies" / "account.yaml").unlink()
    (repo.folder / "policies").rmdir()
    assert changes() == [("removed", "account", "acme", None)]
    with pytest.raises(SourceError, match="no policy directory `polices` on either side"):
        changes(policies="polices")


# -- invalid sides -------------------------------------------------------------------------------


def test_invalid_sides_are_named_with_their_findings(repo):
    first = repo.commit(account="kind: account\n")
    repo.write("policies/account.yaml", ACCOUNT + "colour: red\n")
    with pytest.raises(InvalidPoliciesError) as caught:
        changes()
    (other,) = caught.value.others
    assert caught.value.message == "the policies on side old, `HEAD`, are not valid"
    assert [finding.message for finding in caught.value.findings] == ["the key `id` is missing"]
    assert other.message == f"the policies on side new, `{WORKING_TREE}`, are not valid"
    assert str(other.findings[0].location) == "policies/account.yaml:3:1"
    assert caught.value.hint == f"run `calsync validate --rev {first[:12]}` to see the lines"


def test_a_lock_conflict_is_no_obstacle(repo):
    people = "kind: user\nid: u@x\ngroups: [main, a, b]\n---\nkind: group\nid: main\n"
    locks = [group(f"{{state: {s}, locked: true}}", n) for s, n in (("on", "a"), ("off", "b"))]
    repo.commit(account=ACCOUNT, people="\n---\n".join([people, *locks]))
    assert changes() == []


# -- shapes of repositories ----------------------------------------------------------------------


def test_policies_need_not_be_at_the_root_of_the_repository(repo, monkeypatch):
    repo.write("config/calsync/policies/account.yaml", ACCOUNT)
    repo.commit(account="kind: nonsense\n")
    repo.write("config/calsync/policies/legal.yaml", group("on"))
    assert changes(policies="config/calsync/policies") == NEW_GROUP
    monkeypatch.chdir(repo.folder / "config")
    assert changes(policies="calsync/policies") == NEW_GROUP
    old, new = read_sides("calsync/policies", ()).valid()
    (change,) = declared(old, new)
    assert str(change.new_location) == "calsync/policies/legal.yaml:2:5"
    monkeypatch.chdir(repo.folder / "config" / "calsync" / "policies")
    assert changes(policies=".") == NEW_GROUP


def test_the_whole_repository_may_be_the_policy_directory(repo):
    repo.write("account.yaml", ACCOUNT)
    repo.commit()
    repo.write("legal.yaml", group("on"))
    assert changes(policies=".") == NEW_GROUP


def test_a_linked_worktree_is_compared_with_its_own_head(repo, tmp_path, monkeypatch):
    repo.commit(account=ACCOUNT)
    repo.git("worktree", "add", "-q", "-b", "topic", str(tmp_path / "linked"))
    monkeypatch.chdir(tmp_path / "linked")
    linked = Repo(tmp_path / "linked")
    linked.commit(legal=group("on"))
    linked.write("policies/legal.yaml", group("off"))
    assert changes() == SETTING
    assert changes("main..topic") == NEW_GROUP


def test_a_bare_clone_compares_revisions_and_has_no_working_tree(repo, tmp_path, monkeypatch):
    first = repo.commit(account=ACCOUNT)
    repo.commit(legal=group("on"))
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    monkeypatch.chdir(tmp_path / "bare.git")
    assert changes(f"{first}..main") == NEW_GROUP
    for words in ((), (first,)):
        with pytest.raises(GitError, match="no working tree") as caught:
            changes(*words)
        assert "two revisions" in caught.value.hint


def test_a_shallow_clone_says_what_to_fetch(repo, tmp_path, monkeypatch):
    first = repo.commit(account=ACCOUNT)
    repo.commit(legal=group("on"))
    repo.git("branch", "old", first)
    clone = ["clone", "-q", "--depth", "1", "--no-single-branch", f"file://{repo.folder}"]
    repo.git(*clone, str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    assert changes() == []
    for words in (("HEAD~1",), ("origin/old...main",)):
        with pytest.raises(GitError) as caught:
            changes(*words)
        assert "git fetch --unshallow" in caught.value.hint


def test_inside_a_submodule_its_own_history_counts(repo, tmp_path):
    inner = make(tmp_path / "inner")
    inner.commit(account=ACCOUNT)
    repo.git("submodule", "add", "-q", str(inner.folder), "team")
    repo.git("commit", "-q", "-m", "Add the submodule")
    repo.write("team/policies/legal.yaml", group("on"))
    assert changes(policies="team/policies") == NEW_GROUP


def test_the_files_of_a_submodule_below_the_policies_are_read_at_its_commit(repo, tmp_path):
    inner = make(tmp_path / "inner")
    inner.write("legal.yaml", group("on"))
    inner.commit()
    repo.commit(account=ACCOUNT)
    repo.git("submodule", "add", "-q", str(inner.folder), "policies/legal")
    pinned = repo.commit()
    assert changes("HEAD~1..HEAD") == NEW_GROUP
    assert changes() == []
    repo.write("policies/legal/legal.yaml", group("off"))
    assert changes() == SETTING
    repo.git("submodule", "deinit", "-q", "-f", "policies/legal")
    with pytest.raises(GitError, match="the submodule `policies/legal`") as caught:
        changes(pinned)
    assert "git submodule update --init" in caught.value.hint


def test_a_repository_that_git_does_not_trust_is_explained(repo, monkeypatch):
    repo.commit(account=ACCOUNT)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(GitError, match="does not trust the repository") as caught:
        changes("HEAD")
    assert f"safe.directory '{repo.folder}'" in caught.value.hint


def test_the_words_that_git_leaves_to_its_hooks_do_not_mislead(repo, monkeypatch):
    repo.commit(account=ACCOUNT)
    repo.write("policies/legal.yaml", group("on"))
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert changes() == NEW_GROUP


@pytest.mark.usefixtures("repo")
def test_repositories_of_sha256_objects_share_contents_too(tmp_path, monkeypatch):
    other = make(tmp_path / "wide", "--object-format=sha256")
    monkeypatch.chdir(other.folder)
    other.commit(account=ACCOUNT, legal=group("on"))
    other.write("policies/legal.yaml", group("off"))
    parsed = parsed_files(monkeypatch)
    assert changes() == SETTING
    assert len(parsed) == 3


def test_symbolic_links_lead_where_they_would_in_a_checkout(repo):
    repo.write("policies/parts/legal.txt", group("on"))
    repo.write("elsewhere/sales.txt", group("on", "sales"))
    (repo.folder / "policies/legal.yaml").symlink_to("parts/legal.txt")
    (repo.folder / "policies/sales.yaml").symlink_to("../elsewhere/sales.txt")
    repo.commit(account=ACCOUNT)
    assert changes() == []
    (repo.folder / "policies/sales.yaml").unlink()
    (repo.folder / "policies/sales.yaml").symlink_to("nowhere")
    lost = repo.commit()
    repo.git("reset", "-q", "--hard", "HEAD~1")
    with pytest.raises(SourceError, match=r"`policies/sales\.yaml`: the link leads to no file"):
        changes(lost)


def test_paths_in_any_script_are_read(repo):
    repo.write("policies/équipe 😀/a b.yaml", group("on"))
    repo.commit(account=ACCOUNT)
    repo.write("policies/équipe 😀/a b.yaml", group("off"))
    assert changes() == SETTING


# -- what is read, and what is left alone --------------------------------------------------------


def parsed_files(monkeypatch):
    """The files that are parsed from now on."""
    found: list[str] = []

    def noted(data, file, pieces=None):
        found.append(file)
        return parse(data, file, pieces)

    parse = parsing.parse
    monkeypatch.setattr(parsing, "parse", noted)
    return found


def test_only_what_differs_is_parsed_for_the_second_side(repo, monkeypatch):
    names = [f"g{number}" for number in range(20)]
    repo.commit(account=ACCOUNT, **{name: group("on", name) for name in names})
    repo.commit(g7=group("off", "g7"))
    repo.write("policies/g8.yaml", group("off", "g8"))
    parsed = parsed_files(monkeypatch)
    assert [c[2] for c in changes()] == ["g8"]
    assert len(parsed) == 21 + 1
    parsed.clear()
    assert [c[2] for c in changes("HEAD~1..HEAD")] == ["g7"]
    assert len(parsed) == 21 + 1
    assert parsed[-1] == "policies/g7.yaml"


def test_what_moved_is_neither_parsed_again_nor_a_change_and_has_its_new_place(repo, monkeypatch):
    repo.commit(account=ACCOUNT, legal=group("on"))
    repo.git("mv", "policies/legal.yaml", "policies/moved.yaml")
    parsed = parsed_files(monkeypatch)
    assert changes() == []
    assert len(parsed) == 2
    sides = read_sides("policies", ())
    places = [
        str(side.policies.groups["acme", "legal"].origin.locate())
        for side in (sides.loaded_old, sides.loaded_new)
    ]
    assert places == ["policies/legal.yaml:1:1", "policies/moved.yaml:1:1"]


def test_a_mistake_that_moved_has_its_place_on_each_side(repo):
    broken = f"{group('on')}colour: red\n---\n{group('on')}"
    repo.commit(account=ACCOUNT, legal=broken)
    repo.git("mv", "policies/legal.yaml", "policies/moved.yaml")
    with pytest.raises(InvalidPoliciesError) as caught:
        changes()
    first, second = (error.findings for error in (caught.value, *caught.value.others))
    assert {f.location.file for f in first} == {"policies/legal.yaml"}
    assert {f.location.file for f in second} == {"policies/moved.yaml"}
    assert {r.location.file for f in second for r in f.related} == {"policies/moved.yaml"}


def test_nothing_of_the_repository_is_touched(repo):
    repo.commit(account=ACCOUNT)
    repo.commit(legal=group("on"))
    repo.write("policies/sales.yaml", group("on", "sales"))
    before = snapshot(repo.folder)
    changes()
    changes("HEAD~1...HEAD")
    assert snapshot(repo.folder) == before


def snapshot(folder):
    """Every file with its contents and times, those of `.git` included."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_large_tables_are_compared_as_small_ones_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "user,groups,calendars\n" + "".join(f"u{n}@x,legal,google\n" for n in range(9))
    for side, state in (("a", "on"), ("b", "{state: off, locked: true}")):
        (tmp_path / side).mkdir()
        text = f"{ACCOUNT}---\n{group(state)}---\nkind: directory\nsource: p.csv\n"
        (tmp_path / side / "all.yaml").write_text(text)
        (tmp_path / side / "p.csv").write_text(rows.replace("u8", "v8") if side == "b" else rows)

    def compared():
        return compare(*read_sides("b", ("a", "b")).valid())

    small = compared()
    monkeypatch.setattr(tables, "SMALL_BYTES", 0)
    large = compared()
    assert list(large.rows) == list(small.rows)
    assert large.declared == small.declared
    assert (large.affected, len(large.rows)) == (8, 12)
