"""What `init` writes for services runs as the services run it: the workflow, and the hooks."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from tests.consumers.installed import ROOT, calsync, clean, program

WHO = {
    f"GIT_{role}_{key}": text
    for role in ("AUTHOR", "COMMITTER")
    for key, text in (("NAME", "Olga"), ("EMAIL", "olga@acme.example"))
}


@pytest.fixture
def repository(tmp_path):
    """A new repository, and an environment where `calsync` is this one."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, script in (
        ("calsync", f'exec "{sys.executable}" "{ROOT}/cli.py" "$@"'),
        ("pipx", f'echo "pipx $*" >> "{tmp_path}/asked"'),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    path = f"{tools}:/usr/local/bin:/usr/bin:/bin"
    environment = {**WHO, "HOME": str(tmp_path), "PATH": path}
    made = calsync("init", "acme", "--start", "groups", cwd=tmp_path, **environment)
    assert made.returncode == 0, made.stderr
    return tmp_path / "acme", environment


def job(repository, environment, **more):
    """Run the steps of the workflow's job by bash, as GitHub's runner starts it."""
    workflow = yaml.safe_load((repository / ".github/workflows/policies.yml").read_text())
    (one,) = workflow["jobs"].values()
    variables = {k: v for k, v in one["env"].items() if not v.startswith("$")}
    done = []
    for step in one["steps"]:
        if "run" in step:
            script = repository.parent / "step.sh"
            script.write_text(step["run"])
            done.append(
                subprocess.run(
                    ["bash", "--noprofile", "--norc", "-e", str(script)],
                    cwd=repository,
                    env=clean(**environment, GITHUB_ACTIONS="true", **variables, **more),
                    capture_output=True,
                    text=True,
                    check=False,
                )
            )
    return done


def test_the_workflow_passes_at_once_and_tells_a_change_in_the_summary(repository):
    folder, environment = repository
    summary = folder.parent / "summary.md"
    summary.touch()
    for base in ("", "0" * 40):
        steps = job(folder, environment, BASE=base, GITHUB_STEP_SUMMARY=str(summary))
        assert [step.returncode for step in steps] == [0, 0, 0], steps[-1].stderr
    assert summary.read_text() == ""
    assert (folder.parent / "asked").read_text().splitlines()[0] == "pipx install calsync"
    legal = folder / "policies" / "groups" / "legal.yaml"
    legal.write_text(legal.read_text().replace("litigation hold", "audit"))
    subprocess.run(
        ["git", "commit", "-qam", "Say why"], cwd=folder, env=clean(**environment), check=True
    )
    steps = job(folder, environment, BASE="HEAD~1", GITHUB_STEP_SUMMARY=str(summary))
    assert [step.returncode for step in steps] == [0, 0, 0], steps[-1].stderr
    assert "Nobody notices anything" in summary.read_text()


@pytest.mark.slow
def test_the_hooks_pass_at_once_and_stop_a_mistake(repository):
    folder, environment = repository
    cache = str(folder.parent / "cache")

    def hooks():
        return subprocess.run(
            [program("pre-commit"), "run", "--all-files"],
            cwd=folder,
            env=clean(**environment, PRE_COMMIT_HOME=cache),
            capture_output=True,
            text=True,
            check=False,
        )

    passed = hooks()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert passed.stdout.count("Passed") == 2
    legal = folder / "policies" / "groups" / "legal.yaml"
    legal.write_text(legal.read_text().replace(", locked: true", ""))
    failed = hooks()
    assert failed.returncode == 1
    assert "BROKEN Legal never syncs" in failed.stdout
