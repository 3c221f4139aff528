"""A composite action's steps, run one after the other as GitHub's runner does it.

Knows as much of the runner as `action.yml` needs: inputs with their defaults, expressions of
names joined by `||`, bash with the runner's own flags, and the files by which steps tell the
runner their outputs and paths.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from tests.consumers.installed import ROOT, clean

if TYPE_CHECKING:
    from pathlib import Path

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Runner:
    """A job's machine: its workspace, its event, and what the steps so far have left."""

    workspace: Path
    home: Path
    event: dict[str, Any]
    inputs: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    summary: str = ""

    def run(self, skip: tuple[str, ...] = ()) -> list[subprocess.CompletedProcess[str]]:
        """Run the action's steps, up to the first that fails."""
        action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        given = {k: v.get("default", "") for k, v in action["inputs"].items()} | self.inputs
        self.inputs = {key: self.filled(value) for key, value in given.items()}
        done = []
        for step in action["runs"]["steps"]:
            if step["name"] in skip:
                continue
            assert step["shell"] == "bash"
            done.append(self.step(step))
            if done[-1].returncode:
                break
        self.outputs["action"] = {
            key: self.filled(output["value"]) for key, output in action["outputs"].items()
        }
        return done

    def step(self, step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """Run one step by bash as the runner starts it."""
        files = {name: self.home / name for name in ("output", "path", "summary", "env", "event")}
        for name in ("output", "path", "summary", "env"):
            files[name].write_text("")
        files["event"].write_text(json.dumps(self.event))
        script = self.home / "script.sh"
        script.write_text(self.filled(step["run"]))
        environment = {
            **clean(),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_EVENT_PATH": str(files["event"]),
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_PATH": str(files["path"]),
            "GITHUB_ENV": str(files["env"]),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_REPOSITORY": "acme/policies",
            "RUNNER_TEMP": str(self.home / "temp"),
            **self.environment,
            **{key: self.filled(value) for key, value in step.get("env", {}).items()},
        }
        (self.home / "temp").mkdir(exist_ok=True)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace / self.filled(step.get("working-directory", ".")),
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        lines = files["output"].read_text().splitlines()
        self.outputs[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
        for folder in files["path"].read_text().splitlines():
            path = self.environment.get("PATH", os.environ["PATH"])
            self.environment["PATH"] = f"{folder}{os.pathsep}{path}"
        self.summary += files["summary"].read_text()
        return done

    def filled(self, text: str) -> str:
        """Replace the expressions of a text."""
        return EXPRESSION.sub(lambda match: self.value(match[1]), text)

    def value(self, expression: str) -> str:
        """Return the first of the names joined by `||` that is not empty."""
        context = {
            "inputs": self.inputs,
            "github": {"event": self.event, "token": "secret"},
            "steps": {key: {"outputs": value} for key, value in self.outputs.items()},
        }
        for name in expression.split("||"):
            found: Any = context
            for part in name.strip().split("."):
                found = found.get(part, "") if isinstance(found, dict) else ""
            if found:
                return str(found)
        return ""
