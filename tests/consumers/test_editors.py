"""Editors: the real yaml-language-server completes, explains and checks policy files."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.consumers.installed import ROOT, calsync
from tests.consumers.language_server import LanguageServer

pytestmark = pytest.mark.slow
MODELINE = "# yaml-language-server: $schema=../schema/bundle.json\n"
SEVERAL = """\
kind: account
id: acme
toggles:
  bidirectional_calendar_sync: on
---
kind: group
id: legal
toggles:
  bidirectional_calendar_sync: {state: disabled, locked: ja}
---
kind: user
id: ann@acme.example
calenders: [google]
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """The example beside its schemas, as in a checkout."""
    folder = tmp_path_factory.mktemp("workspace")
    shutil.copytree(ROOT / "policies", folder / "policies")
    shutil.copytree(ROOT / "schema", folder / "schema")
    return folder


@pytest.fixture(scope="module")
def server(workspace):
    one = LanguageServer(workspace)
    yield one
    one.close()


def test_no_file_of_the_example_has_anything_to_say(server, workspace):
    files = sorted((workspace / "policies").rglob("*.yaml"))
    assert len(files) > 20
    assert {file.name: server.open(file) for file in files} == {file.name: [] for file in files}


def test_mistakes_are_underlined_in_each_document_of_a_file(server, workspace):
    file = workspace / "policies" / "several.yaml"
    found = server.open(file, MODELINE + SEVERAL.replace("---\n", f"---\n{MODELINE}"))
    places = {(d["range"]["start"]["line"], d["range"]["start"]["character"]) for d in found}
    assert places == {(10, 57), (15, 0)}
    assert any("calenders" in d["message"] for d in found)
    other = workspace / "policies" / "other.yaml"
    assert server.open(other, MODELINE + SEVERAL) == []  # a modeline counts for its document only


def test_the_kinds_are_completed_and_then_the_keys_of_the_kind(server, workspace):
    file = workspace / "policies" / "new.yaml"
    server.open(file, f"{MODELINE}kind: \n---\n{MODELINE}kind: group\nid: legal\n\n")
    kinds = {item["label"] for item in server.at("completion", file, 2, 7)["items"]}
    assert kinds == {
        "account", "group", "user", "users", "directory", "catalogue", "roles",
        "expectations", "guardrails",
    }  # fmt: skip
    keys = {item["label"] for item in server.at("completion", file, 7, 1)["items"]}
    assert {"priority", "admins", "toggles", "account", "name", "note"} <= keys
    assert not keys & {"groups", "calendars", "group_resolution", "users"}


def test_hovering_a_key_explains_it(server, workspace):
    file = workspace / "policies" / "groups" / "legal.yaml"
    server.open(file)
    said = server.at("hover", file, 5, 2)["contents"]["value"]
    schema = json.loads((ROOT / "schema" / "group.json").read_text(encoding="utf-8"))
    first = schema["properties"]["admins"]["description"].partition(".")[0]
    assert first in said.replace("\\", "")


def test_init_sets_editors_up_by_settings_and_by_modeline(tmp_path):
    made = calsync("init", "acme", "--account", "acme", "--no-git", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    folder = tmp_path / "acme"
    settings = json.loads((folder / ".vscode" / "settings.json").read_text())
    schemas = {(folder / path).as_uri(): globs for path, globs in settings["yaml.schemas"].items()}
    server = LanguageServer(folder, {"schemas": schemas})
    try:
        for file in sorted((folder / "policies").rglob("*.yaml")):
            assert server.open(file) == []
        without = folder / "policies" / "new.yaml"
        assert len(server.open(without, SEVERAL)) == 2
    finally:
        server.close()


def test_the_entry_for_schemastore_names_a_schema_and_files_that_there_are():
    entry = json.loads((ROOT / "schema" / "schemastore.json").read_text(encoding="utf-8"))
    assert set(entry) == {"name", "description", "fileMatch", "url"}
    bundle = json.loads((ROOT / "schema" / "bundle.json").read_text(encoding="utf-8"))
    assert entry["url"] == bundle["$id"]
    assert all(
        glob.startswith("**/") and glob.endswith((".yaml", ".yml")) for glob in entry["fileMatch"]
    )
