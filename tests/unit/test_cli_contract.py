"""Exit codes, what goes to which stream, and where policies are looked for: SPEC §4."""

from __future__ import annotations

import json

import pytest

from cli import COMMANDS as ALL
from tests.workplace import ACCOUNT, ROOT

COMMANDS = (["explain", "ann@x"], ["evaluate"], ["evaluate", "--summary"])
KINDS = ("account", "group", "user", "users", "directory", "catalogue", "roles", "expectations")


@pytest.fixture
def acme(place):
    return place.write({"policies/acme.yaml": f"{ACCOUNT}---\nkind: user\nid: ann@x\n"})


@pytest.fixture
def broken(acme):
    return acme.write({"policies/legal.yaml": "kind: group\nid: 7\n"})


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["explian", "ann@x"],
        ["--nothing"],
        ["explain"],
        ["explain", "ann@x", "bob@x"],
        ["explain", "ann@x", "--format", "yaml"],
        ["explain", "ann@x", "--nothing"],
        ["evaluate", "--format", "xml"],
        ["evaluate", "--where", "state"],
        ["evaluate", "--where", "states=disabled"],
        ["evaluate", "--where", "state=off"],
        ["evaluate", "--where", "locked=maybe"],
        ["evaluate", "--toggle", "nothing"],
        ["evaluate", "--all-toggles", "--toggle", "bidirectional_calendar_sync"],
        ["evaluate", "--user", "nobody@x"],
        ["evaluate", "--group", "nothing"],
        ["evaluate", "--in", "nowhere"],
        ["evaluate", "--order", "upwards"],
        ["validate", "nowhere.yaml"],
        ["validate", "--explain", "nothing"],
        ["validate", "--format", "xml"],
        ["validate", "--rev", "HEAD"],
        ["validate", ""],
        ["validate", "policies", ""],
        ["test", "--min-coverage", "nan"],
        ["schema", "nothing"],
        ["--color", "sometimes", "validate"],
        ["-p", "nowhere", "validate"],
        ["-p", "", "validate"],
        ["validate", "--output", "no/such/folder/report.txt"],
        ["validate", "--output", "."],
        ["validate", "--output", ""],
    ],
    ids=" ".join,
)
def test_a_question_that_cannot_be_asked_is_exit_2(acme, words):
    answer = acme.calsync(*words)
    assert (answer.code, answer.out) == (2, "")
    assert "rror: " in answer.err


def test_a_missing_directory_of_c_is_exit_2(acme):
    answer = acme.process("calsync -C nowhere validate")
    assert (answer.code, answer.out) == (2, "")
    assert "`nowhere`" in answer.err or "'nowhere'" in answer.err


def test_a_misspelt_command_is_told_what_was_meant(acme):
    assert "Did you mean `explain`?" in acme.calsync("explian", "ann@x").err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_invalid_policies_are_exit_2_with_their_findings_on_standard_error(broken, words):
    answer = broken.calsync(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("policies/legal.yaml:2:5: [error] `id` must be text")
    assert "error: the policies are not valid" in answer.err


def test_validate_says_no_with_exit_1_on_standard_output(broken):
    answer = broken.calsync("validate")
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.endswith("1 error in 2 files, 3 documents\n")


def test_paths_limit_what_is_reported_and_not_what_is_read(broken):
    assert broken.calsync("validate", "policies/acme.yaml").code == 0
    assert broken.calsync("validate", "policies/legal.yaml").code == 1
    assert broken.calsync("validate", "policies").code == 1
    assert broken.calsync("validate", "policies/", ".").code == 1
    report = broken.calsync("validate", "policies/acme.yaml", "--format", "json").json
    assert (report["diagnostics"], report["summary"]["files"]) == ([], 2)


def test_a_lock_conflict_is_an_error_of_validate_and_does_not_keep_others_from_working(place):
    place.write(
        {
            f"policies/{name}": path.read_bytes()
            for path in (ROOT / "tests/sets/conflict").rglob("*.yaml")
            for name in [path.relative_to(ROOT / "tests/sets/conflict").as_posix()]
        }
    )
    assert place.calsync("validate").code == 1
    assert place.calsync("evaluate").code == 0


def test_strict_makes_warnings_errors(acme):
    acme.write({"policies/legal.yaml": "kind: group\nid: legal\n"})
    assert acme.calsync("validate").code == 0
    assert acme.calsync("validate", "--strict").code == 1


def test_policies_are_found_by_option_then_variable_then_name(acme):
    acme.write({"elsewhere/zeta.yaml": "kind: account\nid: zeta\n"})
    asked = ["explain", "account", "--format", "json"]
    elsewhere = {"CALSYNC_POLICIES": "elsewhere"}
    assert acme.calsync(*asked).json["account"] == "acme"
    assert acme.calsync(*asked, CALSYNC_POLICIES="").json["account"] == "acme"
    assert acme.calsync(*asked, **elsewhere).json["account"] == "zeta"
    assert acme.calsync("-p", "policies", *asked, **elsewhere).json["account"] == "acme"
    assert acme.calsync("--policies", "elsewhere", *asked).json["account"] == "zeta"
    absolute = str(acme.folder / "elsewhere")
    assert acme.calsync("-p", absolute, *asked).json["account"] == "zeta"


def test_c_is_as_if_started_there_for_all_paths(acme):
    acme.write({"inner/policies/zeta.yaml": "kind: account\nid: 7\n"})
    script = "calsync -C inner validate --format json --output report.json; cat inner/report.json"
    report = acme.process(script).json
    assert [one["file"] for one in report["diagnostics"]] == ["policies/zeta.yaml"]
    there = acme.process("cd inner; calsync -p ../policies validate policies/../../policies")
    assert there.code == 0


@pytest.mark.parametrize("kind", [*KINDS, "guardrails"])
def test_schema_prints_each_kind(place, kind):
    answer = place.calsync("schema", kind)
    assert answer.json == json.loads((ROOT / "schema" / f"{kind}.json").read_text("utf-8"))
    told = place.calsync("schema", "--help").out.partition("KIND is ")[2].partition(".")[0]
    assert kind in told.replace(",", "").split()


def test_schema_prints_the_bundle_of_all_and_writes_it(place):
    bundle = (ROOT / "schema" / "bundle.json").read_text("utf-8")
    assert place.calsync("schema").out == bundle
    assert place.calsync("schema", "--output", "calsync.schema.json").out == ""
    assert (place.folder / "calsync.schema.json").read_text("utf-8") == bundle


def test_every_command_says_what_it_does(place):
    overview = place.calsync("--help").out
    for command in ALL:
        assert command in overview
        told = place.calsync(command, "--help").out
        assert "Usage: " in told
        assert "\\b" not in told  # a mark for click, not for people
    assert place.calsync("--version").out.startswith("calsync, version ")


def test_a_result_replaces_what_a_link_leads_to_and_leaves_nothing_beside_it(acme):
    acme.write({"reports/old.json": "old"})
    link = acme.folder / "report.json"
    link.symlink_to("reports/old.json")
    assert acme.calsync("validate", "--format", "json", "--output", "report.json").code == 0
    assert link.is_symlink()
    assert json.loads(link.read_text("utf-8"))["diagnostics"] == []
    assert acme.calsync("validate", "--output", "").code == 2
    assert [path.name for path in acme.folder.rglob(".calsync-*")] == []


@pytest.mark.parametrize("kind", ["MemoryError", "OutOfMemoryException"])
def test_a_want_of_memory_is_told_in_words(acme, monkeypatch, kind):
    import duckdb

    error = MemoryError() if kind == "MemoryError" else duckdb.OutOfMemoryException("spill")

    def full(*_, **__):
        raise error

    monkeypatch.setattr("engine.commands.invocation.Invocation.load", full)
    answer = acme.calsync("validate")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: there is not enough memory for this\n")
