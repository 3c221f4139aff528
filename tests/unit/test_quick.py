"""The short way to `explain` understands what it understands as click does, and leaves the rest."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import main
from engine.commands import quick
from engine.commands.explain import command
from tests.workplace import ROOT

PLAIN = st.lists(
    st.sampled_from(
        [
            "explain",
            "ann@acme.example",
            "group:legal",
            "-",
            "--",
            "",
            "-p",
            "-psome",
            "--policies",
            "--policies=x",
            "-C",
            ".",
            "--color",
            "always",
            "--no-cache",
            "-q",
            "--toggle",
            "--tog",
            "--toggle=x",
            "--in",
            "acme",
            "--format",
            "json",
            "text",
            "xml",
            "--rev",
            "HEAD",
            "--at",
            "-h",
            "--help",
            "--version",
        ]
    ),
    max_size=8,
)
ENVIRONMENTS = st.sampled_from([{}, {"CALSYNC_POLICIES": "elsewhere"}, {"CALSYNC_POLICIES": ""}])


def clicked(arguments: list[str], environment: dict[str, str]):
    """Return what click makes of the same words, in the same shape."""
    before = os.environ.get("CALSYNC_POLICIES")
    os.environ.pop("CALSYNC_POLICIES", None)
    os.environ.update(environment)
    here = os.getcwd()
    try:
        with main.make_context("calsync", list(arguments)) as context:
            words = [*context._protected_args, *context.args]
            name, sub, rest = main.resolve_command(context, words)
            assert (name, sub) == ("explain", command)
            asked = sub.make_context("explain", rest, parent=context).params
            given = context.params
    finally:
        os.chdir(here)
        os.environ.pop("CALSYNC_POLICIES", None)
        if before is not None:
            os.environ["CALSYNC_POLICIES"] = before
    return given, asked


@given(arguments=PLAIN, environment=ENVIRONMENTS)
def test_words_are_understood_as_click_understands_them(arguments, environment):
    words = quick.read(arguments, environment)
    if words is None:
        return
    given, asked = clicked(arguments, environment)
    assert words.directory == given["directory"]
    assert words.policies == given["policies"]
    assert words.cache != given["no_cache"]
    assert (given["color"], given["quiet"], given["verbose"]) == ("auto", False, False)
    question = words.question
    assert question.target == asked["target"]
    assert question.account == asked["account"]
    assert question.toggle == asked["toggle"]
    assert question.rev == asked["rev"]
    assert question.form == asked["form"]
    assert question.cache != asked["no_cache"]
    assert asked["at"] is None


@pytest.mark.parametrize(
    "words",
    [
        "explain ann@acme.example",
        "-C . -p policies explain ann@acme.example --format json",
        "explain --toggle x --rev HEAD group:legal --in acme --no-cache",
    ],
)
def test_plain_words_are_understood(words):
    assert quick.read(words.split(), {}) is not None


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
    ],
)
def test_other_words_are_left_to_click(words):
    assert quick.read(words.split(), {}) is None


@pytest.mark.parametrize("name", ["_CALSYNC_COMPLETE", "CALSYNC_DEBUG"])
def test_special_environments_are_left_to_click(name):
    assert quick.read(["explain", "a"], {name: "1"}) is None


def run(*words: str, whole: bool) -> tuple[int, bytes, bytes]:
    """Run calsync by the short way, or by click alone."""
    program = [str(ROOT / "cli.py")] if not whole else ["-c", "from cli import main; main()"]
    done = subprocess.run(
        [sys.executable, *program, *words], cwd=ROOT, capture_output=True, check=False
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
