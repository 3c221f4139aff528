"""`--rev`: the policies of any git revision, from any kind of repository, touching nothing."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.workplace import ACCOUNT, Workplace

TOGGLE = "bidirectional_calendar_sync"
ANN = ["explain", "ann@x", "--format", "json"]
WHO = {f"GIT_{role}_{key}": "o@x" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | WHO


def git(folder, *words):
    done = subprocess.run(
        ["git", *words], cwd=folder, env=CLEAN, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def policies(state, folder="policies"):
    account = f"{ACCOUNT}toggles: {{{TOGGLE}: {state}}}\n"
    return {f"{folder}/acme.yaml": f"{account}---\nkind: user\nid: ann@x\n"}


def begun(place, folder="policies", *options):
    """Make two commits, on then off, and leave a third state, broken, in the working tree."""
    git(place.folder, "init", "-q", "-b", "main", *options)
    for state in ("on", "off"):
        place.write(policies(state, folder))
        git(place.folder, "add", "-A")
        git(place.folder, "commit", "-q", "-m", f"turn it {state}")
    git(place.folder, "tag", "-a", "v1", "-m", "one")
    return place.write({f"{folder}/acme.yaml": "kind: nothing\n"})


@pytest.fixture
def repo(place):
    return begun(place)


@pytest.mark.parametrize(
    ("rev", "state"),
    [
        ("HEAD", "disabled"),
        ("@", "disabled"),
        ("main", "disabled"),
        ("v1", "disabled"),
        ("HEAD~1", "enabled"),
        ("main^", "enabled"),
        ("HEAD@{1}", "enabled"),
        (":/turn it on", "enabled"),
        ("HEAD^{/turn it on}", "enabled"),
        ("v1^{commit}", "disabled"),
    ],
)
def test_any_revision_that_git_knows_will_do(repo, rev, state):
    answer = repo.calsync(*ANN, "--rev", rev)
    assert (answer.code, answer.json["state"]) == (0, state)


@pytest.mark.parametrize(
    "rev", ["nothing", "", "--help", "-x", "HEAD:policies", "HEAD~9", "main..HEAD", "a\nb", ":/zzz"]
)
def test_an_unknown_revision_is_exit_2(repo, rev):
    for command in (["validate"], ["evaluate"], ANN):
        answer = repo.calsync(*command, f"--rev={rev}")
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.startswith("error: unknown revision `")
        assert len(answer.err.splitlines()) == 2


def test_the_working_tree_the_index_and_the_refs_are_not_touched(repo):
    def seen():
        index = (repo.folder / ".git" / "index").stat()
        refs = git(repo.folder, "for-each-ref")
        return (
            git(repo.folder, "--no-optional-locks", "status", "--short"),
            refs,
            index.st_mtime_ns,
            index.st_ino,
        )

    before = seen()
    for command in (["validate"], ["evaluate"], ANN):
        assert repo.calsync(*command, "--rev", "HEAD~1").code == 0
    assert seen() == before


def test_the_directory_need_not_be_there_now(repo):
    shutil.rmtree(repo.folder / "policies")
    assert repo.calsync(*ANN, "--rev", "HEAD").code == 0
    assert repo.calsync("-p", "other", *ANN, "--rev", "HEAD").code == 2


def test_findings_of_a_revision_name_files_as_in_the_working_tree(repo):
    git(repo.folder, "commit", "-qam", "break it")
    (repo.folder / "inner").mkdir()
    for words, file in (([], "policies/acme.yaml"), (["-C", "inner"], "../policies/acme.yaml")):
        where = ["-p", "../policies"] if words else []
        answer = repo.calsync(*words, *where, "validate", "--rev", "HEAD", "--format", "json")
        [*_, one] = answer.json["diagnostics"]
        assert (answer.code, one["file"], one["code"]) == (1, file, "unknown-kind")


@pytest.mark.parametrize("folder", ["deep/er/policies", "pölicies x", "policies"])
def test_policies_may_stand_in_any_folder(place, folder):
    begun(place, folder)
    assert place.calsync("-p", folder, *ANN, "--rev", "HEAD~1").json["state"] == "enabled"
    assert place.calsync("-p", str(place.folder / folder), *ANN, "--rev", "main").code == 0
    assert place.calsync("-C", folder, "-p", ".", *ANN, "--rev", "main").code == 0


def test_policies_may_be_the_repository_itself(place):
    begun(place, ".")
    assert place.calsync("-p", ".", *ANN, "--rev", "HEAD~1").json["state"] == "enabled"


def test_a_repository_of_sha256_is_read(place):
    begun(place, "policies", "--object-format=sha256")
    assert place.calsync(*ANN, "--rev", "HEAD~1").json["state"] == "enabled"


def test_a_bare_repository_is_read(repo):
    git(repo.folder, "clone", "-q", "--bare", ".", "../bare.git")
    bare = Workplace(repo.folder.parent / "bare.git")
    assert bare.calsync(*ANN, "--rev", "HEAD~1").json["state"] == "enabled"


def test_a_linked_worktree_has_a_head_of_its_own(repo):
    git(repo.folder, "worktree", "add", "-q", "../linked", "HEAD~1")
    linked = Workplace(repo.folder.parent / "linked")
    assert linked.calsync(*ANN, "--rev", "HEAD").json["state"] == "enabled"
    assert linked.calsync(*ANN, "--rev", "main").json["state"] == "disabled"


def test_a_shallow_clone_says_that_it_is_one(repo):
    git(repo.folder, "clone", "-q", "--depth=1", f"file://{repo.folder}", "../shallow")
    shallow = Workplace(repo.folder.parent / "shallow")
    assert shallow.calsync(*ANN, "--rev", "HEAD").json["state"] == "disabled"
    answer = shallow.calsync(*ANN, "--rev", "HEAD~1")
    assert (answer.code, answer.out) == (2, "")
    assert "git fetch --unshallow" in answer.err


def test_a_hook_of_another_repository_does_not_mislead(repo):
    other = {"GIT_DIR": "nowhere/.git", "GIT_WORK_TREE": "nowhere", "GIT_INDEX_FILE": "nowhere"}
    assert repo.calsync(*ANN, "--rev", "HEAD", **other).code == 0


def test_outside_of_a_repository_it_is_said(place, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(place.folder.parent))
    place.write(policies("on"))
    answer = place.calsync(*ANN, "--rev", "HEAD")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: this is not a git repository")


def test_without_git_it_is_said(repo):
    answer = repo.calsync(*ANN, "--rev", "HEAD", PATH="")
    assert (answer.code, answer.out) == (2, "")
    assert "hint: install git" in answer.err


def test_a_repository_of_somebody_else_is_not_trusted(repo, monkeypatch):
    if os.getuid() != 0:
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    else:
        for path in [repo.folder, *repo.folder.rglob("*")]:
            os.chown(path, 4321, 4321)
    answer = repo.calsync(*ANN, "--rev", "HEAD", HOME="/nonexistent", SUDO_UID=None)
    assert (answer.code, answer.out) == (2, "")
    assert "safe.directory" in answer.err


def test_a_revision_without_policies_is_exit_2(repo):
    git(repo.folder, "rm", "-rq", "--cached", "policies")
    git(repo.folder, "commit", "-qm", "gone")
    answer = repo.calsync(*ANN, "--rev", "HEAD")
    assert (answer.code, answer.out) == (2, "")
    assert "no policy files" in answer.err


def test_odd_names_and_links_are_read_from_git_too(repo):
    repo.write({"policies/acme.yaml": f"{ACCOUNT}---\nkind: user\nid: ann@x\n"})
    repo.write({'policies/a\tb "c\n.yaml': "kind: user\nid: bob@x\n"})
    repo.write({"people.yaml": "kind: user\nid: cy@x\n"})
    (repo.folder / "policies" / "cy.yaml").symlink_to("../people.yaml")
    with open(os.fsencode(repo.folder) + b"/policies/\xff.yaml", "wb") as file:
        file.write(b"kind: user\nid: dee@x\n")
    git(repo.folder, "add", "-A")
    git(repo.folder, "commit", "-qm", "odd")
    now, then = (repo.calsync("evaluate", "--format", "csv", *rev) for rev in ([], ["--rev=HEAD"]))
    assert now == then
    assert [line.split(",")[1] for line in now.out.splitlines()[1:]] == [
        "ann@x",
        "bob@x",
        "cy@x",
        "dee@x",
    ]
