"""The short way to `explain` and `diff` understands words as click does, and leaves the rest."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import main
from engine.commands import plain, quick
from engine.review.story import _joined
from tests.repositories import Made, line, written
from tests.workplace import ROOT, Workplace

WORDS = [
    *("explain", "diff", "ann@acme.example", "group:legal", "HEAD~1", "a..b", "-", "--", ""),
    *("-p", "-psome", "--policies", "--policies=x", "-C", ".", "--color", "always", "-q"),
    *("--no-cache", "--toggle", "--tog", "--toggle=x", "--in", "acme", "--rev", "HEAD", "--at"),
    *("--format", "json", "text", "csv", "auto", "parquet", "xml", "-h", "--help"),
    *("--provenance", "--exit-code", "--guardrails", "--max-affected", "3", "--forbid", "enabled"),
    *("--version", "-o", "--output", "-ox"),
]
FREE = st.lists(st.sampled_from(WORDS), max_size=8)
PARTS = ["--toggle x", "--toggle y", "--no-cache", "--rev HEAD", "--provenance", "--exit-code"]
PARTS += ["--guardrails", "--format json", "--format csv", "HEAD", "HEAD~1", "a..b"]
PARTS += ["--format parquet", "-o x", "--output json=y", "--output z"]
SENSIBLE = st.tuples(
    st.sampled_from(["", "-C .", "-p some --no-cache", "--policies some"]),
    st.sampled_from(["explain", "diff"]),
    st.lists(st.sampled_from(PARTS), max_size=5),
).map(lambda found: " ".join((found[0], found[1], *found[2])).split())
ENVIRONMENTS = st.sampled_from([{}, {"CALSYNC_POLICIES": "elsewhere"}, {"CALSYNC_POLICIES": ""}])


def clicked(arguments: list[str], environment: dict[str, str]):
    """Return what click makes of the same words: the command, and what it is given."""
    before = os.environ.get("CALSYNC_POLICIES")
    os.environ.pop("CALSYNC_POLICIES", None)
    os.environ.update(environment)
    here = os.getcwd()
    try:
        with main.make_context("calsync", list(arguments)) as context:
            words = [*context._protected_args, *context.args]
            name, sub, rest = main.resolve_command(context, words)
            asked = sub.make_context(name, rest, parent=context).params
            given = context.params
    finally:
        os.chdir(here)
        os.environ.pop("CALSYNC_POLICIES", None)
        if before is not None:
            os.environ["CALSYNC_POLICIES"] = before
    return name, given, asked


@given(arguments=FREE | SENSIBLE, environment=ENVIRONMENTS)
def test_words_are_understood_as_click_understands_them(arguments, environment):
    words = plain.read(arguments, environment)
    if words is None:
        return
    name, given, asked = clicked(arguments, environment)
    assert words.command == name
    assert words.directory == given["directory"]
    assert words.policies == given["policies"]
    assert words.cache != given["no_cache"]
    assert (given["color"], given["quiet"], given["verbose"]) == ("auto", False, False)
    question = words.question
    assert asked.pop("at") is None
    assert asked.pop("no_cache") != question.cache
    said = question._asdict()
    del said["cache"]
    if name == "diff":
        said |= said.pop("how")._asdict()
    assert said == asked


@pytest.mark.parametrize(
    "words",
    [
        "explain ann@acme.example",
        "-C . -p policies explain ann@acme.example --format json",
        "explain --toggle x --rev HEAD group:legal --in acme --no-cache",
        "diff",
        "diff HEAD~1 HEAD",
        "-C . -p policies --no-cache diff --format csv a..b --exit-code --provenance",
        "diff HEAD --rev HEAD --toggle x --toggle y --guardrails --no-cache",
        "-p explain diff explain",
        "diff HEAD --format parquet --output rows.parquet",
        "diff HEAD -o file --output json=other",
    ],
)
def test_plain_words_are_understood(words):
    assert plain.read(words.split(), {}) is not None


@pytest.mark.parametrize(
    "words",
    [
        "",
        "validate",
        "explain",
        "explain a b",
        "explain -h",
        "-v explain a",
        "--color always explain a",
        "explain a --format xml",
        "explain a --at 2026-01-01",
        "-C nowhere explain a",
        "explain a --toggle x --toggle y",
        "explain a --toggle=x",
        "validate explain",
        "diff -h",
        "diff HEAD --format auto",
        "diff HEAD -ofile",
        "diff HEAD --output=file",
        "diff HEAD -o -",
        "diff HEAD --max-affected 3",
        "diff HEAD --forbid enabled",
        "diff HEAD --at 2026-01-01",
        "diff HEAD --format",
        "diff HEAD --format text --format json",
        "-q diff HEAD",
    ],
)
def test_other_words_are_left_to_click(words):
    assert plain.read(words.split(), {}) is None


@pytest.mark.parametrize("name", ["_CALSYNC_COMPLETE", "CALSYNC_DEBUG"])
def test_special_environments_are_left_to_click(name):
    assert plain.read(["explain", "a"], {name: "1"}) is None


def run(*words: str, whole: bool, at=ROOT, **environment: str) -> tuple[int, bytes, bytes]:
    """Run calsync by the short way, or by click alone."""
    program = [str(ROOT / "cli.py")] if not whole else ["-c", "from cli import main; main()"]
    done = subprocess.run(
        [sys.executable, *program, *words],
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        "explain alice@acme.example",
        "explain alice@acme.example --format json",
        "explain nobody@acme.example",
        "explain group:legal --toggle nonsense",
        "-p tests explain alice@acme.example",
        "-p nowhere explain alice@acme.example",
        "-C policies -p . explain account",
        "explain alice@acme.example --rev nonsense",
        "explain",
    ],
)
def test_both_ways_say_the_same(words):
    assert run(*words.split(), whole=False) == run(*words.split(), whole=True)


ACCOUNT = "kind: account\nid: acmé\n"
GROUP = """\
kind: group
id: legal
toggles: {bidirectional_calendar_sync: {state: enabled, locked: false}}
"""
PEOPLE = "kind: user\nid: ann@acme.example\nname: Ann Tö\ngroups: [legal]\n"
NEVER = """\
kind: guardrails
guardrails: [{name: on, who: all, toggle: bidirectional_calendar_sync, must_be: enabled}]
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository of three commits, the last one invalid, and a changed working tree."""
    folder = tmp_path_factory.mktemp("quick")
    files = {"a.yaml": ACCOUNT, "g.yaml": GROUP, "p.yaml": PEOPLE, "r.yaml": NEVER}
    start = {f"policies/{name}": text for name, text in files.items()}
    turned = {**start, "policies/g.yaml": GROUP.replace("enabled", "disabled")}
    broken = {**turned, "policies/g.yaml": "kind: [\n"}
    written(folder, line(Made(start), Made(turned), Made(broken)))
    Workplace(folder).write(start).write({"policies/p.yaml": PEOPLE + "note: here\n"})
    return folder


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("diff HEAD~2 HEAD~1", 0),
        ("diff HEAD~2 HEAD~1 --exit-code", 1),
        ("diff HEAD~2 HEAD~2 --exit-code", 0),
        ("diff HEAD~2..HEAD~1 --guardrails", 1),
        ("diff HEAD~1 HEAD~2 --guardrails --provenance", 0),
        *((f"diff HEAD~2 HEAD~1 --format {form}", 0) for form in plain._FORMS["diff"]),
        ("diff HEAD~2", 0),
        ("diff HEAD~1 --rev HEAD~2 --toggle calendar_and_contacts_integration", 0),
        ("--no-cache diff HEAD~2 HEAD~1", 0),
        ("diff HEAD~2 HEAD~1 --no-cache", 0),
        ("-p . -C policies diff HEAD~2 HEAD~1", 0),
        ("diff HEAD~2 HEAD~1 -o json=-", 2),
        ("diff HEAD~2 HEAD~1 -o none/there.txt", 2),
        ("diff HEAD~2 HEAD~1 -o sarif=x", 2),
        ("-p nowhere diff HEAD~2", 2),
        ("diff", 2),
        ("diff HEAD~1 HEAD", 2),
        ("diff nonsense", 2),
        ("diff HEAD~2 nonsense HEAD", 2),
        ("diff HEAD~2 HEAD~1 --toggle nonsense", 2),
        ("diff HEAD~2 --rev HEAD~1 --at 1980-01-01", 2),
        ("diff --format xml", 2),
    ],
)
def test_both_ways_say_the_same_of_what_differs(repository, tmp_path, words, code):
    caches = {"CALSYNC_CACHE": str(tmp_path / "one")}
    said = run(*words.split(), whole=True, at=repository, **caches)
    assert said[0] == code
    caches = {"CALSYNC_CACHE": str(tmp_path / "other")}
    for _ in range(2):
        assert run(*words.split(), whole=False, at=repository, **caches) == said


def test_both_ways_write_the_same_files(repository, tmp_path):
    for whole in (True, False):
        folder = tmp_path / str(whole)
        folder.mkdir()
        words = ("diff", "HEAD~2", "HEAD~1", "--format", "csv", "--output", f"{folder}/a", "-o")
        said = run(*words, f"json={folder}/b", whole=whole, at=repository)
        assert said == (0, b"", b"")
    one, other = (
        {file.name: file.read_bytes() for file in (tmp_path / str(whole)).iterdir()}
        for whole in (True, False)
    )
    assert sorted(one) == ["a", "b"]
    assert one == other


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1"},
        {"FORCE_COLOR": "1"},
        {"COLUMNS": "50"},
        {"PYTHONIOENCODING": "ascii"},
        {"CALSYNC_NO_CACHE": "1"},
        {"CALSYNC_POLICIES": "nowhere"},
        {"CALSYNC_DEBUG": "1"},
        {"PATH": ""},
    ],
    ids=lambda found: next(iter(found)),
)
def test_both_ways_heed_the_environment(repository, tmp_path, environment):
    words = ("diff", "HEAD~2", "HEAD~1")
    environment = {"CALSYNC_CACHE": str(tmp_path), **environment}
    said = run(*words, whole=True, at=repository, **environment)
    assert run(*words, whole=False, at=repository, **environment) == said


def test_a_reader_that_leaves_early_has_enough(repository):
    for whole in (False, True):
        program = [str(ROOT / "cli.py")] if not whole else ["-c", "from cli import main; main()"]
        words = ["diff", "HEAD~2", "HEAD~1", "--format", "html"]
        with subprocess.Popen(
            [sys.executable, *program, *words],
            cwd=repository,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ZeroDivisionError("x")])
def test_a_diff_that_fails_is_not_begun_again(monkeypatch, capsys, error):
    def failing(*_):
        raise error

    monkeypatch.setattr("engine.commands.differing.differed", failing)
    assert quick.answer(["diff", "HEAD", "HEAD"]) == 2
    assert capsys.readouterr().err.startswith("error: ")


@given(st.lists(st.text(st.sampled_from("ab~ '\"$@é.-/"), max_size=5), max_size=4))
def test_a_command_to_type_is_quoted_as_the_standard_library_quotes(words):
    assert _joined(words) == shlex.join(words)


def test_what_goes_wrong_on_the_short_way_is_said_by_click(monkeypatch):
    monkeypatch.setattr("engine.commands.asked.explained", lambda *_: 1 / 0)
    assert quick.answer(["explain", "alice@acme.example"]) is None


def test_an_interrupted_answer_ends_as_a_shell_says_it(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.commands.asked.explained", interrupted)
    assert quick.answer(["explain", "alice@acme.example"]) == 130
    assert isinstance(main, click.Group)


def test_who_waits_for_the_end_of_the_process_is_called():
    program = (
        "import atexit, sys; atexit.register(lambda: sys.stderr.write('the end'))\n"
        "from engine.commands.quick import main; main()"
    )
    words = ("explain", "alice@acme.example")
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stderr == b"the end"
    assert done.stdout


def test_files_that_were_spilled_are_removed_at_the_end(monkeypatch, tmp_path):
    pytest.importorskip("duckdb")
    from engine.read import duck

    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(os, "_exit", None)
    with duck.connect("a test") as connection:
        assert not duck.has_spilled()
        duck.limit(connection, "40MB")
        rows = "SELECT i || repeat('x', 40) FROM range(2000000) AS t(i)"
        connection.execute(f"CREATE TABLE many AS {rows}")
        assert duck.has_spilled()
        with pytest.raises(SystemExit, match="3"):
            quick._end(3)
    assert not duck.has_spilled()


def test_a_process_with_other_threads_ends_when_they_do():
    program = (
        "import threading, time, sys\n"
        "def last():\n    time.sleep(0.5)\n    sys.stderr.write('the end')\n"
        "threading.Thread(target=last).start()\n"
        "from engine.commands.quick import main; main()"
    )
    words = ("validate", "--format", "json")
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stderr == b"the end"
