"""The hooks, run by the real pre-commit on a scratch repository."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.consumers.installed import ROOT, calsync, clean, program


@pytest.mark.slow
def test_the_manifest_is_valid():
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    subprocess.run([program("pre-commit"), "validate-manifest", manifest], check=True)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A policy repository, and a copy of this project as the repository of the hooks."""
    folder = tmp_path_factory.mktemp("hooks")
    hooks = folder / "calsync"
    hooks.mkdir()
    for name in ("cli.py", "engine", "schema", "pyproject.toml", ".pre-commit-hooks.yaml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, hooks / name)
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, hooks / name)
    environment = clean(
        HOME=str(folder),
        PRE_COMMIT_HOME=str(folder / "cache"),
        **{
            f"GIT_{r}_{k}": v
            for r in ("AUTHOR", "COMMITTER")
            for k, v in (("NAME", "Olga"), ("EMAIL", "olga@acme.example"))
        },
    )

    def run(*words, cwd):
        return subprocess.run(
            words, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )

    for words in ("init -q -b main .", "add .", "commit -q -m Hooks"):
        assert run("git", *words.split(), cwd=hooks).returncode == 0
    made = calsync("init", "policies-of-acme", "--account", "acme", cwd=folder, **environment)
    assert made.returncode == 0, made.stderr
    repository = folder / "policies-of-acme"
    commit = run("git", "rev-parse", "HEAD", cwd=hooks).stdout.strip()
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks}\n    rev: {commit}\n"
        "    hooks: [{id: calsync-validate}, {id: calsync-test}]\n"
    )
    return repository, run


@pytest.mark.slow
def test_a_commit_is_checked_by_the_hooks(scratch):
    repository, run = scratch
    tool = program("pre-commit")
    clean_run = run(tool, "run", "--all-files", cwd=repository)
    assert clean_run.returncode == 0, clean_run.stdout + clean_run.stderr
    assert clean_run.stdout.count("Passed") == 2
    assert run(tool, "install", cwd=repository).returncode == 0
    people = repository / "policies" / "people.yaml"
    people.write_text(people.read_text().replace("calendars: [google]", "calendars: [gogle]", 1))
    run("git", "add", ".", cwd=repository)
    refused = run("git", "commit", "-m", "A typo", cwd=repository)
    assert refused.returncode == 1
    assert "did you mean `google`?" in refused.stdout + refused.stderr
    people.write_text(people.read_text().replace("gogle", "google"))
    run("git", "add", ".", cwd=repository)
    taken = run("git", "commit", "-m", "No typo", cwd=repository)
    assert taken.returncode == 0, taken.stdout + taken.stderr
