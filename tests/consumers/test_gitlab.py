"""The GitLab template and the starter's pipeline, run by gitlab-ci-local as GitLab runs jobs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.consumers.installed import ROOT, calsync, clean, module, program

WHO = ("-c", "user.name=Olga", "-c", "user.email=olga@acme.example")
RUNNER = "gitlab-ci-local/src/index.js"
TEMPLATE = ROOT / "ci" / "calsync.gitlab-ci.yml"


@pytest.fixture(params=["template", "starter"])
def project(request, tmp_path):
    """A project with the pipeline, and what runs its job."""
    who = {
        f"GIT_{role}_{key}": text
        for role in ("AUTHOR", "COMMITTER")
        for key, text in (("NAME", "Olga"), ("EMAIL", "olga@acme.example"))
    }
    words = ("--ci", "gitlab", "--start", "groups", "--account", "acme")
    made = calsync("init", "work", *words, cwd=tmp_path, HOME=str(tmp_path), **who)
    assert made.returncode == 0, made.stderr
    folder = tmp_path / "work"
    if request.param == "template":
        shutil.copy(TEMPLATE, folder / ".gitlab-ci.yml")
    subprocess.run(
        ["git", "remote", "add", "origin", "https://gitlab.example/acme/policies.git"],
        cwd=folder,
        check=True,
    )
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "calsync").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/cli.py" "$@"\n')
    (tools / "calsync").chmod(0o755)
    path = f"{tools}:{Path(program('rsync')).parent}:/usr/local/bin:/usr/bin:/bin"

    def run(*variables):
        return subprocess.run(
            [
                program("node"),
                str(module(RUNNER)),
                "--force-shell-executor",
                *("--home", str(tmp_path / "home")),
                *(word for pair in variables for word in ("--variable", pair)),
            ],
            cwd=folder,
            env=clean(PATH=path, HOME=str(tmp_path), **who),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return folder, run


@pytest.mark.slow
def test_the_pipeline_passes_and_leaves_its_reports(project):
    folder, run = project
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all valid" in done.stdout
    assert json.loads((folder / "gl-code-quality-report.json").read_text()) == []
    assert ET.parse(folder / "calsync-test.xml").getroot().get("failures") == "0"
    legal = folder / "policies" / "groups" / "legal.yaml"
    legal.write_text(legal.read_text().replace("litigation hold", "audit"))
    subprocess.run(["git", *WHO, "commit", "-qam", "Say why"], cwd=folder, check=True)
    assert run("CI_MERGE_REQUEST_DIFF_BASE_SHA=HEAD~1").returncode == 0
    assert "Nobody notices anything" in (folder / "calsync-diff.md").read_text()


@pytest.mark.slow
def test_a_mistake_fails_it_and_stands_in_the_code_quality_report(project):
    folder, run = project
    people = folder / "policies" / "people" / "people.yaml"
    people.write_text(people.read_text().replace("groups: [legal]", "groups: [legl]"))
    done = run()
    assert done.returncode == 1
    (issue,) = json.loads((folder / "gl-code-quality-report.json").read_text())
    assert (issue["check_name"], issue["location"]["path"]) == (
        "unknown-group",
        "policies/people/people.yaml",
    )
