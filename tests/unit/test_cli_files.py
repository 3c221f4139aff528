"""Odd things among the policies end in an exit code and a message that names them."""

from __future__ import annotations

import os

import pytest

from tests.workplace import ACCOUNT

FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab")
TABLE = "kind: directory\nsource: people.csv\n"


@pytest.fixture
def acme(place):
    return place.write({"policies/acme.yaml": ACCOUNT})


def refused(answer) -> str:
    """Return what is said by a command that could not be asked."""
    assert answer.code == 2
    assert answer.out == ""
    return answer.err.splitlines()[0]


@pytest.mark.parametrize("words", [["validate"], ["explain", "account"], ["evaluate"]], ids=str)
def test_a_directory_without_policy_files_is_named(place, words):
    (place.folder / "policies").mkdir()
    assert refused(place.calsync(*words)).startswith("error: there are no policy files")


@pytest.mark.parametrize("words", [["validate"], ["explain", "account"], ["evaluate"]], ids=str)
def test_a_missing_directory_is_named(place, words):
    assert refused(place.calsync(*words)) == "error: there is no policy directory `policies`"


def test_policies_that_are_a_file_are_no_directory(place):
    place.write({"policies": ACCOUNT})
    assert refused(place.calsync("validate")) == "error: `policies` is no directory"


def test_a_pipe_is_not_waited_for(acme):
    os.mkfifo(acme.folder / "policies" / "people.yaml")
    said = refused(acme.calsync("validate"))
    assert said == "error: `policies/people.yaml` is not a regular file"


def test_a_link_that_leads_nowhere_is_named(acme):
    (acme.folder / "policies" / "people.yaml").symlink_to("nobody.yaml")
    said = refused(acme.calsync("validate"))
    assert said == "error: cannot read `policies/people.yaml`: No such file or directory"


def test_a_link_to_itself_is_named(acme):
    (acme.folder / "policies" / "people.yaml").symlink_to("people.yaml")
    assert refused(acme.calsync("validate")).startswith("error: cannot read `policies/people.yaml`")


def test_a_link_to_a_policy_file_is_followed(acme):
    acme.write({"shared/legal.yaml": "kind: group\nid: 7\n"})
    (acme.folder / "policies" / "legal.yaml").symlink_to("../shared/legal.yaml")
    answer = acme.calsync("validate", "--format", "json")
    assert [one["file"] for one in answer.json["diagnostics"]] == ["policies/legal.yaml"]


def test_a_link_to_a_folder_is_not_followed(acme):
    (acme.folder / "policies" / "again").symlink_to(".")
    assert acme.calsync("validate").out == "1 file, 1 document: all valid\n"


def test_a_folder_may_be_named_as_a_policy_file_is(acme):
    acme.write({"policies/legal.yaml/ann.yml": "kind: user\nid: ann@acme.example\n"})
    assert acme.calsync("validate").out.startswith("2 files, 2 documents")


@pytest.mark.parametrize("form", FORMATS)
def test_a_name_that_is_not_utf_8_is_reported_in_every_format(acme, form):
    path = os.fsencode(acme.folder) + b"/policies/\xff\xfe.yaml"
    with open(path, "wb") as file:
        file.write(b"kind: group\nid: 7\n")
    assert acme.calsync("validate", "--format", form).code == 1
    assert acme.calsync("validate", "--format", form, "--output", "report").code == 1
    assert "udcff" in (acme.folder / "report").read_text() or form != "text"


def test_a_name_cannot_move_the_cursor(acme):
    acme.write({"policies/a\nb\x1b[2J.yaml": "kind: group\nid: 7\n"})
    assert acme.calsync("validate").out.splitlines()[0].startswith("policies/a\\nb\\x1b[2J.yaml:2")


def test_a_table_that_cannot_be_read_is_an_error_of_its_source(acme):
    acme.write({"policies/people.yaml": TABLE})
    table = acme.folder / "policies" / "people.csv"
    for make in (
        lambda: table.symlink_to("nobody.csv"),
        lambda: table.symlink_to("people.csv"),
        lambda: os.mkfifo(table),
        table.mkdir,
    ):
        make()
        answer = acme.calsync("validate", "--format", "json")
        [one] = answer.json["diagnostics"]
        assert (one["code"], one["line"], one["column"]) == ("directory-unreadable", 2, 9)
        assert answer.code == 1
        table.rmdir() if table.is_dir() else table.unlink()


def test_a_table_may_not_be_a_link_that_leads_outside(acme):
    acme.write({"policies/people.yaml": TABLE, "people.csv": "user\n"})
    (acme.folder / "policies" / "people.csv").symlink_to("../people.csv")
    [one] = acme.calsync("validate", "--format", "json").json["diagnostics"]
    assert one["code"] == "directory-unreadable"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("people.csv", True),
        ("./people.csv", True),
        ("folder/../people.csv", True),
        ("*.csv", True),
        ("**/*.csv", True),
        ("**/**/people.csv", True),
        ("folder/**/*.csv", True),
        ("[p]eople.csv", True),
        ("odd[1].csv", True),
        ("People.csv", False),
        ("folder/*.csv", False),
        ("folder/*/*.csv", True),
        ("*", False),
        (".hidden.csv", False),
        ("../policies/people.csv", False),
        ("a\\0b.csv", False),
        ("**/" * 30 + "nobody.csv", False),
    ],
)
def test_a_source_is_a_path_or_a_glob(acme, source, found):
    table = "user\nann@acme.example\n"
    names = ("people.csv", "folder/deeper/people.csv", ".hidden.csv", "odd[1].csv", ".git/a.csv")
    acme.write({"policies/directory.yaml": f'kind: directory\nsource: "{source}"\n'})
    for name in names:
        person = f"user\n{len(name)}@acme.example\n"
        acme.write({f"policies/{name}": table if name == "people.csv" else person})
    codes = [
        one["code"] for one in acme.calsync("validate", "--format", "json").json["diagnostics"]
    ]
    assert codes == ([] if found else ["directory-unreadable"])
