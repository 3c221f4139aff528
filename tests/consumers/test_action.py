"""The GitHub Action: each of its scripts, run as the runner runs it, on the example."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.consumers.actions import Runner
from tests.consumers.installed import ROOT, clean, program

WHO = ("-c", "user.name=Olga", "-c", "user.email=olga@acme.example")


def git(folder, *words):
    done = subprocess.run(
        ["git", *WHO, *words], cwd=folder, env=clean(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def workspace(tmp_path):
    """A checkout of the example, with one commit, and one that opens Legal's lock."""
    folder = tmp_path / "work"
    shutil.copytree(ROOT / "policies", folder / "policies")
    shutil.copytree(ROOT / "schema", folder / "schema")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")
    return folder


@pytest.fixture
def shim(tmp_path):
    """A folder for the PATH where `calsync` is this one."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "calsync").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/cli.py" "$@"\n')
    (tools / "calsync").chmod(0o755)
    return tools


class Service:
    """A stand-in for the service's comments, on this machine only; it has one page of others'."""

    def __init__(self, *, refuses=False):
        others = [{"id": n, "body": "LGTM <!-- calsync diff -->"} for n in range(1, 131)]
        self.comments = {one["id"]: one for one in others}
        self.asked = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                service.asked.append(("GET", self.path, dict(self.headers)))
                query = dict(pair.split("=") for pair in self.path.partition("?")[2].split("&"))
                size, page = int(query["per_page"]), int(query["page"])
                self.answer([*service.comments.values()][(page - 1) * size : page * size])

            def take(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
                service.asked.append((self.command, self.path, dict(self.headers)))
                if refuses:
                    self.send_error(403)
                    return
                last = self.path.rpartition("/")[2]
                name = 1000 if self.command == "POST" else int(last)
                service.comments[name] = {"id": name, "body": body}
                self.answer(service.comments[name])

            do_POST = do_PATCH = do_PUT = take

            def answer(self, content):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service():
    one = Service()
    yield one
    one.close()


def comment(folder, text, **environment):
    (folder / "diff.md").write_text(text)
    return subprocess.run(
        [sys.executable, str(ROOT / "ci" / "comment.py"), "diff.md"],
        cwd=folder,
        env=clean(**environment),
        capture_output=True,
        text=True,
        check=False,
    )


def on_github(folder, service):
    (folder / "event.json").write_text('{"pull_request": {"number": 7}}')
    return {
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "acme/policies",
        "GITHUB_API_URL": service.address,
        "CALSYNC_TOKEN": "secret",
    }


def test_one_comment_is_kept_up_to_date(tmp_path, service):
    for text in ("first", "second", "third"):
        done = comment(tmp_path, text, **on_github(tmp_path, service))
        assert done.returncode == 0, done.stderr
    assert len(service.comments) == 131
    assert service.comments[1000]["body"] == "<!-- calsync diff -->\nthird"
    writes = [(method, path) for method, path, _ in service.asked if method != "GET"]
    assert writes == [
        ("POST", "/repos/acme/policies/issues/7/comments"),
        ("PATCH", "/repos/acme/policies/issues/comments/1000"),
        ("PATCH", "/repos/acme/policies/issues/comments/1000"),
    ]
    assert {headers["Authorization"] for _, _, headers in service.asked} == {"Bearer secret"}


def test_gitlabs_merge_request_gets_one_note(tmp_path, service):
    environment = {
        "CI_MERGE_REQUEST_IID": "7",
        "CI_API_V4_URL": service.address,
        "CI_PROJECT_ID": "42",
        "CALSYNC_TOKEN": "secret",
    }
    for text in ("first", "second"):
        assert comment(tmp_path, text, **environment).returncode == 0
    writes = [(method, path) for method, path, _ in service.asked if method != "GET"]
    notes = "/projects/42/merge_requests/7/notes"
    assert writes == [("POST", notes), ("PUT", f"{notes}/1000")]


def test_without_the_right_to_comment_the_check_does_not_fail(tmp_path):
    service = Service(refuses=True)
    done = comment(tmp_path, "text", **on_github(tmp_path, service))
    service.close()
    assert done.returncode == 0
    assert done.stdout.startswith("::warning title=calsync::the diff could not be put")


def test_without_a_pull_request_nothing_is_asked(tmp_path, service):
    environment = on_github(tmp_path, service)
    (tmp_path / "event.json").write_text('{"before": "abc"}')
    assert comment(tmp_path, "text", **environment).returncode == 0
    assert service.asked == []


def test_a_broken_set_fails_the_action_with_annotations_and_sarif(workspace, shim, tmp_path):
    file = workspace / "policies" / "groups" / "legal.yaml"
    file.write_text(file.read_text().replace("locked: true", "locked: ture"))
    runner = Runner(workspace, tmp_path, {"before": "0" * 40})
    runner.environment["PATH"] = f"{shim}:{program('git').rpartition('/')[0]}:/bin"
    (done,) = runner.run(skip=("Install calsync",))
    assert done.returncode == 1
    assert "::error file=policies/groups/legal.yaml,line=7,col=" in done.stdout
    sarif = json.loads(Path(runner.outputs["action"]["sarif"]).read_text())
    assert sarif["runs"][0]["results"][0]["ruleId"] == "schema"


def test_options_of_the_caller_are_words_and_never_code(workspace, shim, tmp_path):
    runner = Runner(workspace, tmp_path, {"before": "0" * 40})
    runner.environment["PATH"] = f"{shim}:{program('git').rpartition('/')[0]}:/bin"
    runner.inputs = {
        "policies": "policies$(touch pwned)",
        "diff-options": "; touch pwned",
        "base": "$(touch pwned)",
    }
    runner.run(skip=("Install calsync",))
    assert not (workspace / "pwned").exists()


@pytest.mark.slow
def test_the_whole_action_runs_on_the_example(workspace, tmp_path, service):
    """Installed for real from this checkout; the pull request opens Legal's lock."""
    base = git(workspace, "rev-parse", "HEAD")
    opened(workspace)
    event = {"pull_request": {"number": 7, "base": {"sha": base}}}
    runner = Runner(workspace, tmp_path, event)
    runner.environment["GITHUB_API_URL"] = service.address
    steps = runner.run()
    assert [step.returncode for step in steps] == [0, 1], steps[-1].stdout + steps[-1].stderr
    assert "calsync, version" in steps[0].stdout
    assert "title=redundant-setting::" in steps[1].stdout
    assert "::error file=policies/tests/guardrails.yaml,line=6," in steps[1].stdout
    assert "7 of 62 people affected" in runner.summary
    comment = service.comments[1000]["body"]
    assert comment == f"<!-- calsync diff -->\n{runner.summary}"
    assert Path(runner.outputs["action"]["diff"]).read_text() == runner.summary


def opened(workspace):
    """Commit a change that opens Legal's lock."""
    file = workspace / "policies" / "groups" / "legal.yaml"
    file.write_text(file.read_text().replace(", locked: true", ""))
    git(workspace, "commit", "-q", "-a", "-m", "Open Legal's lock")


def test_a_broken_gate_fails_the_action(workspace, shim, tmp_path):
    base = git(workspace, "rev-parse", "HEAD")
    opened(workspace)
    runner = Runner(workspace, tmp_path, {"before": base})
    runner.environment["PATH"] = f"{shim}:{program('git').rpartition('/')[0]}:/bin"
    runner.inputs = {"diff-options": "--max-affected 6", "authorize": "true"}
    (done,) = runner.run(skip=("Install calsync",))
    assert done.returncode == 1
    assert "gate broken: --max-affected 6" in done.stderr
    assert "::group::calsync authorize" in done.stdout


def test_a_base_that_a_shallow_clone_lacks_is_fetched(workspace, shim, tmp_path):
    base = git(workspace, "rev-parse", "HEAD")
    opened(workspace)
    git(workspace, "config", "uploadpack.allowAnySHA1InWant", "true")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{workspace}", str(shallow))
    runner = Runner(shallow, tmp_path, {"before": base})
    runner.environment["PATH"] = f"{shim}:{program('git').rpartition('/')[0]}:/bin"
    runner.run(skip=("Install calsync",))
    assert "7 of 62 people affected" in runner.summary


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", "engine/begin/starters/github/dot-github/workflows/policies.yml"),
        ("gitlab-ci", "ci/calsync.gitlab-ci.yml"),
        ("gitlab-ci", "engine/begin/starters/gitlab/dot-gitlab-ci.yml"),
    ],
)
def test_the_services_own_schemas_take_our_files(schema, file):
    done = subprocess.run(
        [program("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(ROOT / file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
