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


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    """A server that knows the schema of all policy files by its settings, and their folder."""
    folder = tmp_path_factory.mktemp("configured")
    (folder / "policies").mkdir()
    bundle = (ROOT / "schema" / "bundle.json").as_uri()
    one = LanguageServer(folder, {"schemas": {bundle: ["policies/**/*.yaml"]}})
    yield one, folder / "policies"
    one.close()


def offered(configured, name, document):
    """Return what is offered at the sign | of a document that stands between two others."""
    server, folder = configured
    text = f"kind: account\nid: acme\n---\n{document}---\nkind: group\nid: last\n"
    before, _, after = text.partition("|")
    lines = before.split("\n")
    file = folder / f"{name}.yaml"
    server.open(file, before + after)
    found = server.at("completion", file, len(lines), len(lines[-1]) + 1)
    return {item["label"] for item in found["items"]}


KINDS = [
    "account", "group", "user", "users", "directory", "catalogue", "roles", "expectations",
    "guardrails",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kinds_keys_are_completed_in_the_midst_of_a_file(configured, kind):
    schema = json.loads((ROOT / "schema" / f"{kind}.json").read_text(encoding="utf-8"))
    keys = set(schema["properties"]) - {"kind"}
    found = offered(configured, kind, f"kind: {kind}\n|\n")
    others = {
        key
        for other in KINDS
        for key in json.loads((ROOT / "schema" / f"{other}.json").read_text())["properties"]
    } - keys
    snippets = {"users"} if kind == "user" else set()  # a list instead of one: offered on purpose
    assert keys <= found
    assert not found & others - snippets


SETTING = "toggles:\n  bidirectional_calendar_sync:"


@pytest.mark.parametrize(
    ("name", "document", "there", "not_there"),
    [
        (
            "guardrail",
            "kind: guardrails\nguardrails:\n  - name: x\n    |\n",
            {"who", "must_be", "must_sync", "at_most", "at_least", "locked", "toggle", "note",
             "whatever_users_choose"},
            {"state", "user"},
        ),
        ("demand", "kind: guardrails\nguardrails:\n  - must_sync: |\n", {"true", "false"}, {"on"}),
        ("word", f"kind: group\nid: g\n{SETTING} |\n", {"enabled", "disabled"}, {"true"}),
        ("mapping", f"kind: group\nid: g\n{SETTING}\n    state: enabled\n    |\n",
         {"locked", "note"}, {"state"}),
        ("own", f"kind: user\nid: a@b\n{SETTING}\n    state: enabled\n    |\n",
         {"note"}, {"locked"}),
        ("toggle", "kind: account\nid: a\ntoggles:\n  b|\n",
         {"bidirectional_calendar_sync", "calendar_and_contacts_integration"}, set()),
    ],
)  # fmt: skip
def test_what_may_stand_at_a_place_is_offered_there(configured, name, document, there, not_there):
    found = offered(configured, name, document)
    assert there <= found
    assert not found & not_there
