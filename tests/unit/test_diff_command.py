"""`calsync diff` on a three-line change to the example organisation: one story in every format.

`UPDATE_GOLDEN=1 pytest tests/unit/test_diff_command.py` writes the texts anew; read the difference.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import cmarkgfm
import duckdb
import pytest
from click.testing import CliRunner
from cmarkgfm.cmark import Options

from cli import main
from engine.commands import outputs, writing
from engine.errors import QuestionError
from engine.report.diff_csv import COLUMNS

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "diff"
SYNC = "bidirectional_calendar_sync"
THREE_LINES = (
    (
        "groups/engineering.yaml",
        f"{SYNC}: enabled",
        f"{SYNC}: {{state: disabled, locked: true, note: audit}}",
    ),
    (
        "people/finance.yaml",
        "name: Omar Farouk, groups: [finance]",
        "name: Omar Farouk, groups: [finance, legal]",
    ),
    (
        "groups/support.yaml",
        "calendar_and_contacts_integration: {state: disabled,",
        "calendar_and_contacts_integration: {state: enabled,",
    ),
)


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """The example organisation with three changed lines, beside a copy as it was."""
    for name in ("before", "policies"):
        shutil.copytree(ROOT / "policies", tmp_path / name)
    for path, old, new in THREE_LINES:
        edit(tmp_path / "policies" / path, old, new)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, path
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(*words, code=0):
    done = CliRunner().invoke(main, ["diff", *words])
    assert done.exit_code == code, done.output
    return done


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("three-lines.txt", ()),
        ("three-lines-provenance.txt", ("--provenance",)),
        ("three-lines.md", ("--format", "markdown")),
        ("three-lines.json", ("--format", "json")),
        ("three-lines.csv", ("--format", "csv", "--provenance")),
    ],
)
@pytest.mark.usefixtures("changed")
def test_the_story_is_as_it_was_read_and_approved(name, words):
    said = run("before", *words).stdout
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(said, encoding="utf-8", newline="")
    assert said == (GOLDEN / name).read_text(encoding="utf-8")


def test_text_fits_its_terminal(changed, monkeypatch):
    assert max(map(len, run("before").stdout.splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "200")
    wide = run("before").stdout
    assert wide.splitlines()[0].endswith("now locks it off.")
    name = "x" * 70 + "@acme.example"
    edit(
        changed / "policies" / "people" / "legal.yaml", "users:\n", f"users:\n  - {{id: {name}}}\n"
    )
    assert name in run("before").stdout


@pytest.mark.usefixtures("changed")
def test_every_format_tells_of_the_same_people():
    report = json.loads(run("before", "--format", "json").stdout)
    affected = {row["user"] for row in report["users"]}
    assert len(affected) == report["summary"]["affected"] == 22
    text, markdown = (run("before", "--format", form).stdout for form in ("text", "markdown"))
    for said in (text, markdown):
        assert "22 of 62 people affected" in said
    assert all(f"`{user}`" in markdown for user in affected)
    rows = list(csv.DictReader(io.StringIO(run("before", "--format", "csv").stdout)))
    assert [(row["user"], row["toggle"]) for row in rows] == [
        (row["user"], row["toggle"]) for row in report["users"]
    ]
    assert [row["causes"] for row in rows] == [
        ";".join(map(str, row["causes"])) for row in report["users"]
    ]


@pytest.mark.usefixtures("changed")
def test_parquet_holds_the_rows_of_the_csv_in_types():
    words = ("before", "--provenance", "--output", "csv=rows.csv", "--output", "rows.parquet")
    assert run(*words, "--format", "parquet").stdout == ""
    with duckdb.connect() as connection, Path("rows.csv").open(encoding="utf-8") as file:
        answer = connection.execute("SELECT * FROM 'rows.parquet'")
        kinds = {name: str(kind) for name, kind, *_ in answer.description}
        found = [dict(zip(kinds, row, strict=True)) for row in answer.fetchall()]
        rows = list(csv.DictReader(file))
    assert {kinds["old_locked"], kinds["new_sync"]} == {"BOOLEAN"}
    assert (kinds["causes"], kinds["guardrails"]) == ("INTEGER[]", "VARCHAR[]")
    assert [{name: in_csv(cell) for name, cell in row.items()} for row in found] == rows
    assert {row["action"] for row in found} == {"changed", "provenance"}
    assert any(len(row["guardrails"]) for row in found)
    assert run("before", "--format", "parquet").stdout_bytes.startswith(b"PAR1")


def in_csv(cell):
    if isinstance(cell, list):
        return ";".join(map(str, cell))
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell


@pytest.mark.usefixtures("changed")
def test_parquet_of_sides_that_are_alike_has_columns_and_no_rows():
    run("before", "before", "--format", "parquet", "--output", "rows.parquet")
    with duckdb.connect() as connection:
        answer = connection.execute("SELECT * FROM 'rows.parquet'")
        assert [name for name, *_ in answer.description] == list(COLUMNS)
        assert answer.fetchall() == []


@pytest.mark.usefixtures("changed")
def test_parquet_needs_duckdb_and_is_not_for_a_terminal(monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert "calsync[tables]" in run("before", "--format", "parquet", code=2).stderr
    with monkeypatch.context() as patch:
        patch.setattr(writing.sys, "stdout", SimpleNamespace(isatty=lambda: True))
        for output in ([], ["-"]):
            with pytest.raises(QuestionError, match="not for a terminal"):
                outputs.destinations("parquet", output, ["parquet"])
        assert outputs.destinations("parquet", ["a.parquet"], ["parquet"])


@pytest.mark.usefixtures("changed")
def test_provenance_is_listed_when_it_is_asked_for():
    plain, full = (
        json.loads(run("before", "--format", "json", *words).stdout)["provenance_only"]
        for words in ((), ("--provenance",))
    )
    assert plain == {"count": 1, "rows": None}
    assert [row["user"] for row in full["rows"]] == ["alice@acme.example"]


@pytest.mark.usefixtures("changed")
def test_a_toggle_limits_the_decisions_and_not_what_was_declared():
    words = ("before", "--format", "json", "--toggle", "external_free_busy")
    report = json.loads(run(*words).stdout)
    assert (report["users"], len(report["declared"])) == ([], 4)
    done = run("before", "--toggle", "external_free_buzy", code=2)
    assert "did you mean `external_free_busy`?" in done.stderr


def test_nothing_and_nothing_that_matters_are_told_apart(changed):
    shutil.rmtree(changed / "policies")
    shutil.copytree(changed / "before", changed / "policies")
    assert run("before", "--exit-code").stdout.startswith(
        "Nothing changes: both sides declare the same."
    )
    edit(changed / "policies/groups/legal.yaml", "name: Legal", "name: Legal affairs")
    done = run("before", "--exit-code", code=1)
    assert done.stdout.startswith(
        "Nobody notices anything: the one change in the files alters no decision."
    )
    assert done.stderr == ""


def test_who_comes_and_goes_is_told_apart_from_who_is_affected(changed):
    for side, users in (("before", "a b c"), ("policies", "c d")):
        shutil.rmtree(changed / side)
        (changed / side).mkdir()
        people = "".join(f"  - id: {user}@x\n" for user in users.split())
        text = f"kind: account\nid: x\n---\nkind: users\nusers:\n{people}"
        (changed / side / "all.yaml").write_text(text)
    text = run("before").stdout
    assert "1 person is new, with sync.\n2 people are gone, 2 with sync and 0 without.\n" in text
    assert "0 of 1 person affected, 3 changes in the files" in text


# -- gates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("allowed", ["22", "1000", "35.49%", "100%"])
@pytest.mark.usefixtures("changed")
def test_a_limit_that_is_kept_is_silent(allowed):
    assert run("before", "--max-affected", allowed).stderr == ""


@pytest.mark.parametrize("allowed", ["21", "0", "35.48%", "0%"])
@pytest.mark.usefixtures("changed")
def test_a_limit_that_is_broken_says_by_how_many(allowed):
    done = run("before", "--max-affected", allowed, code=1)
    assert done.stderr == (
        f"gate broken: --max-affected {allowed}: 22 users are affected, 35.5% of the 62 on both"
        " sides\n"
    )
    assert done.stdout == run("before").stdout


@pytest.mark.parametrize("allowed", ["-1", "many", "1e3", "101%", "2,5%", "%", ""])
@pytest.mark.usefixtures("changed")
def test_what_is_no_limit_is_a_wrong_question(allowed):
    assert "is no limit" in run("before", f"--max-affected={allowed}", code=2).stderr


@pytest.mark.usefixtures("changed")
def test_forbidden_outcomes_name_who_has_them_now():
    done = run("before", "--forbid", "locked", "--forbid", "enabled", "--forbid", "locked", code=1)
    said = (
        ("locked", 15, "`bob@acme.example`, `chen@acme.example`, `dana@acme.example` and 12"),
        ("enabled", 6, "`emeka@acme.example`, `finn@acme.example`, `noor@acme.example` and 3"),
    )
    assert done.stderr.splitlines() == [
        f"gate broken: --forbid {word}: {number} users are {word} now and not before: {who} more"
        for word, number, who in said
    ]
    run("before", "--forbid", "unlocked")


@pytest.mark.parametrize(("number", "rest"), [(1, ""), (3, ""), (4, " and 1 more")])
def test_three_are_named_and_only_more_are_counted(changed, number, rest):
    path = changed / "policies/people/legal.yaml"
    shutil.rmtree(changed / "policies")
    shutil.copytree(changed / "before", changed / "policies")
    names = [f"new{at}@acme.example" for at in range(number)]
    users = "".join(f"  - {{id: {name}, groups: [legal]}}\n" for name in names)
    edit(path, "users:\n", f"users:\n{users}")
    told = run("before", "--forbid", "locked", code=1).stderr
    named = ", ".join(f"`{name}`" for name in names[:3])
    assert told.endswith(f" locked now and not before: {named}{rest}\n")


def test_an_added_user_is_what_was_forbidden_and_a_removed_one_is_not(changed):
    path = changed / "policies/people/legal.yaml"
    shutil.rmtree(changed / "policies")
    shutil.copytree(changed / "before", changed / "policies")
    edit(path, "users:\n", "users:\n  - {id: new@acme.example, groups: [legal]}\n")
    assert "`new@acme.example`" in run("before", "--forbid", "disabled", code=1).stderr
    os.rename(changed / "policies", changed / "swap")
    os.rename(changed / "before", changed / "policies")
    os.rename(changed / "swap", changed / "before")
    run("before", "--forbid", "disabled", "--forbid", "locked")


# -- places and files ----------------------------------------------------------------------------


def test_an_invalid_side_ends_with_2_and_its_findings_on_standard_error(changed):
    edit(changed / "before/account.yaml", "id: acme", "id: [acme]")
    done = run("before", code=2)
    assert done.stdout == ""
    assert "before/account.yaml:4:5: [error]" in done.stderr
    assert "error: the policies on side old, `before`, are not valid" in done.stderr
    edit(changed / "policies/account.yaml", "id: acme", "id: [acme]")
    old, new = run("before", code=2).stderr.split("to see the lines\n\n")
    assert "before/account.yaml:4:5" in old
    assert "policies/account.yaml:4:5" in new
    assert "error: the policies on side new, `working tree`, are not valid" in new


def test_several_formats_in_one_run(changed):
    done = run("before", "-o", "json=out.json", "-o", "markdown=out.md")
    assert done.stdout == run("before").stdout
    assert json.loads((changed / "out.json").read_text())["summary"]["affected"] == 22
    assert (changed / "out.md").read_text().startswith("<!-- calsync diff -->\n### 10 people")


# -- comments for pull requests ------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    "a`b``c",
    "a|b\\|c",
    "@everyone #1 GH-1",
    "</details></code>",
    "![x](http://evil.example/x.png)",
    "www.evil.example *bold* _it_ ~~s~~",
    "\u202egnp.exe",
    "[x]: http://evil.example",
)


def rendered(markdown):
    options = Options.CMARK_OPT_UNSAFE
    return cmarkgfm.github_flavored_markdown_to_html(markdown, options=options)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup_in_a_comment(changed, name):
    for side, lock in (("before", "false"), ("policies", "true")):
        shutil.rmtree(changed / side)
        (changed / side).mkdir()
        documents = [
            {"kind": "account", "id": name},
            {"kind": "group", "id": name, "name": name, "toggles": {"t": {"state": "on"}}},
            {"kind": "user", "id": f"{name.strip('@')}@x", "name": name, "groups": [name]},
            {"kind": "catalogue", "toggles": {"t": {"title": name, "default": "off"}}},
        ]
        documents[1]["toggles"]["t"].update(locked=lock, note=f"{name} {lock}")
        text = "\n---\n".join(json.dumps(d, ensure_ascii=False) for d in documents)
        (changed / side / f"{side} `x`|<b>.yaml").write_text(text, encoding="utf-8")
    html = rendered(run("before", "--format", "markdown").stdout)
    tags = set(re.findall(r"<(/?\w+)", html))
    plain = {"h3", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert {tag.strip("/") for tag in tags} <= plain | {"details", "summary", "b", "sub"}
    assert html.count("<details>") == html.count("</details>") == 2
    assert "\u202e" not in html
    outside = re.sub(r"<code>.*?</code>", "", html)
    assert not re.search(r"@\w|#\d", outside)


def test_a_comment_stays_within_the_limit_and_says_what_it_left_out(changed):
    crowd = [f"person-{number:05d}-{'x' * 40}@acme.example" for number in range(5000)]
    for side, state in (("before", "on"), ("policies", "off")):
        shutil.rmtree(changed / side)
        (changed / side).mkdir()
        users = [{"id": user, "groups": [f"g{at % 50}"]} for at, user in enumerate(crowd)]
        documents = [
            {"kind": "account", "id": "x"},
            *({"kind": "group", "id": f"g{n}", "toggles": {SYNC: state}} for n in range(50)),
            {"kind": "users", "users": users},
        ]
        text = "\n---\n".join(json.dumps(d) for d in documents)
        (changed / side / "all.yaml").write_text(text)
    comment = run("before", "--format", "markdown").stdout
    assert len(comment.encode()) < 65_536
    assert "5,000 people lose sync" in comment
    assert comment.count("calsync diff before --format csv") >= 1
    listed = len(re.findall(r"^\| `person-", comment, re.MULTILINE))
    said = re.findall(r"… and ([\d,]+) more: |like these, for ([\d,]+) people", comment)
    left_out = sum(int("".join(number).replace(",", "")) for number in said)
    assert listed
    assert listed + left_out == 5000
