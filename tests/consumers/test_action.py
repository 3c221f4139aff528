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
        self.nonsense = False
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
                new = max(999, *service.comments) + 1
                name = new if self.command == "POST" else int(last)
                service.comments[name] = {"id": name, "body": body, "user": {"type": "Bot"}}
                self.answer(service.comments[name])

            do_POST = do_PATCH = do_PUT = take

            def answer(self, content):
                self.send_response(200)
                self.end_headers()
                if service.nonsense:
                    self.wfile.write(b"<html>Sign in")
                    return
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


def runner(workspace, shim, home, event, **inputs):
    """Return a runner that has calsync already."""
    one = Runner(workspace, home, event)
    one.environment["PATH"] = f"{shim}:{program('git').rpartition('/')[0]}:/bin"
    one.inputs = inputs
    return one


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


CHECK = ("Install calsync",)


def test_options_may_stand_on_several_lines(workspace, shim, tmp_path):
    base = git(workspace, "rev-parse", "HEAD")
    opened(workspace)
    lines = "--provenance\n--guardrails\n--max-affected 6\n"
    one = runner(workspace, shim, tmp_path, {"before": base}, **{"diff-options": lines})
    (done,) = one.run(skip=CHECK)
    assert done.returncode == 1
    assert "gate broken: --max-affected 6" in done.stderr
    assert "gate broken: --guardrails" in done.stderr


def test_a_folder_that_is_called_like_a_revision_is_not_compared(workspace, shim, tmp_path):
    """Who opens a pull request chooses the names of its folders, and could show another diff."""
    base = git(workspace, "rev-parse", "HEAD")
    opened(workspace)
    for name in ("HEAD", base, f"{base}..HEAD"):
        shutil.copytree(workspace / "policies", workspace / name)
    git(workspace, "add", ".")
    git(workspace, "commit", "-q", "-m", "Look here instead")
    one = runner(workspace, shim, tmp_path, {"before": base})
    one.run(skip=CHECK)
    assert "7 of 62 people affected" in one.summary


def test_who_mends_a_broken_branch_does_not_fail_for_what_was_before(workspace, shim, tmp_path):
    file = workspace / "policies" / "groups" / "legal.yaml"
    good = file.read_text()
    file.write_text(good.replace("locked: true", "locked: ture"))
    git(workspace, "commit", "-q", "-a", "-m", "Break it")
    base = git(workspace, "rev-parse", "HEAD")
    file.write_text(good)
    git(workspace, "commit", "-q", "-a", "-m", "Mend it")
    (done,) = runner(workspace, shim, tmp_path, {"before": base}).run(skip=CHECK)
    assert done.returncode == 0
    assert "::warning title=calsync::the policies before this change are not valid" in done.stdout
    gated = runner(workspace, shim, tmp_path, {"before": base}, authorize="true")
    (done,) = gated.run(skip=CHECK)
    assert done.returncode == 2
    assert "::error title=calsync::the policies before this change are not valid" in done.stdout


@pytest.mark.parametrize("base", ["f" * 40, "--upload-pack=touch pwned", "nowhere"])
def test_a_gate_that_cannot_be_asked_is_not_passed(workspace, shim, tmp_path, base):
    one = runner(workspace, shim, tmp_path, {}, base=base, **{"diff-options": "--guardrails"})
    (done,) = one.run(skip=CHECK)
    assert done.returncode == 2
    assert "::error title=calsync::the revision before is not to be had" in done.stdout
    assert not (workspace / "pwned").exists()


def test_the_first_policies_of_a_repository_are_compared_with_none(workspace, shim, tmp_path):
    git(workspace, "mv", "policies", "later")
    git(workspace, "commit", "-q", "-m", "No policies")
    base = git(workspace, "rev-parse", "HEAD")
    git(workspace, "mv", "later", "policies")
    git(workspace, "commit", "-q", "-m", "Policies")
    one = runner(workspace, shim, tmp_path, {"before": base})
    (done,) = one.run(skip=CHECK)
    assert done.returncode == 0, done.stderr
    assert "62" in one.summary


def test_a_base_may_be_a_branch_that_only_the_remote_has(workspace, shim, tmp_path):
    git(workspace, "branch", "release/1")
    opened(workspace)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{workspace}", str(shallow))
    one = runner(shallow, shim, tmp_path, {}, base="release/1")
    one.run(skip=CHECK)
    assert "7 of 62 people affected" in one.summary


def test_a_folder_with_spaces_below_a_working_directory(workspace, shim, tmp_path, service):
    base_folder = workspace / "a b" / "c"
    base_folder.mkdir(parents=True)
    git(workspace, "mv", "policies", "a b/c/my policies")
    git(workspace, "commit", "-q", "-m", "Move")
    base = git(workspace, "rev-parse", "HEAD")
    file = base_folder / "my policies" / "groups" / "legal.yaml"
    file.write_text(file.read_text().replace(", locked: true", ""))
    git(workspace, "commit", "-q", "-a", "-m", "Open Legal's lock")
    event = {"pull_request": {"number": 7, "base": {"sha": base}}}
    inputs = {"policies": "my policies", "working-directory": "a b/c", "comment": "true"}
    one = runner(workspace, shim, tmp_path, event, **inputs)
    one.environment["GITHUB_API_URL"] = service.address
    (done,) = one.run(skip=CHECK)
    assert "::notice file=a b/c/my policies/groups/legal.yaml,line=7," in done.stdout
    first = service.comments[1000]["body"].splitlines()[0]
    assert first == "<!-- calsync diff of a%20b/c/my%20policies -->"


def test_nothing_on_standard_error_is_a_command_of_the_runner(workspace, shim, tmp_path):
    inputs = {"policies": "no ##[add-mask]x\n::error::no"}
    (done,) = runner(workspace, shim, tmp_path, {}, **inputs).run(skip=CHECK)
    assert done.returncode == 2
    assert "## [add-mask]x" in done.stderr
    assert "##[" not in done.stderr
    assert not any(line.lstrip().startswith("::") for line in done.stderr.splitlines())


def test_two_sets_of_one_repository_have_a_comment_each(tmp_path, service):
    for folder in ("policies", "emea", "policies", "emea"):
        there = on_github(tmp_path, service) | {"CALSYNC_POLICIES": folder}
        assert comment(tmp_path, folder, **there).returncode == 0
    writes = [
        (method, path.rpartition("/")[2]) for method, path, _ in service.asked if method != "GET"
    ]
    assert writes == [
        ("POST", "comments"),
        ("POST", "comments"),
        ("PATCH", "1000"),
        ("PATCH", "1001"),
    ]
    assert service.comments[1001]["body"] == "<!-- calsync diff of emea -->\nemea"


def test_a_person_who_writes_our_mark_does_not_own_our_comment(tmp_path, service):
    service.comments[3]["body"] = "<!-- calsync diff -->\nall is well"
    service.comments[3]["user"] = {"type": "User"}
    there = on_github(tmp_path, service) | {"CALSYNC_TOKEN": "ghs_secret"}
    for text in ("first", "second"):
        assert comment(tmp_path, text, **there).returncode == 0
    assert service.comments[3]["body"].endswith("all is well")
    assert service.comments[1000]["body"].endswith("second")


def test_a_diff_that_is_too_long_leaves_no_older_one(tmp_path, service):
    for text in ("first", "x" * 70_000):
        done = comment(tmp_path, text, **on_github(tmp_path, service))
        assert done.returncode == 0
    assert "too long for a comment" in done.stdout
    assert service.comments[1000]["body"].endswith("It stands in the job's summary.")


def test_an_answer_that_is_none_fails_nothing(tmp_path, service):
    service.nonsense = True
    done = comment(tmp_path, "text", **on_github(tmp_path, service))
    assert (done.returncode, done.stderr) == (0, "")
    assert "::warning title=calsync::the service did not answer" in done.stdout


def test_a_module_in_the_repository_is_not_run_while_installing(workspace, tmp_path):
    """`python3 -m` looks for modules in the working directory first."""
    (workspace / "venv.py").write_text("open('pwned', 'w')\n")
    action = tmp_path / "action"
    action.mkdir()
    subprocess.run(
        ["bash", str(ROOT / "ci" / "install.sh")],
        cwd=workspace,
        env=clean(
            RUNNER_TEMP=str(tmp_path),
            GITHUB_ACTION_PATH=str(action),
            GITHUB_PATH=str(tmp_path / "p"),
        ),
        capture_output=True,
        check=False,
    )
    assert not (workspace / "pwned").exists()
