"""Laws of reading what is damaged: it never crashes, and what it says can be found in the files.

The shortcuts through clean files (libyaml's events in one loop, passing without a library,
jsonschema-rs) agree with the careful ways that they save.
"""

from __future__ import annotations

import json
import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import CalsyncError
from engine.read import passing, schemas, swift
from engine.read.load import load
from engine.read.source import Memory
from engine.report import findings_text, jsons
from engine.report.screen import Screen
from engine.review.check import check
from tests.generator import generate, scramble
from tests.mutations import bent, torn, written

SMALL = {"accounts": (1, 2), "groups": (0, 4), "users": (0, 5)}
SEEDS = st.integers(min_value=0, max_value=2**40)
NEVER = re.compile(r"Traceback|<class|NoneType|object at 0x|`None`|\n")


def bent_files(seed: int) -> dict[str, bytes]:
    """Return files in some spelling, one or two of them damaged."""
    rng = Random(seed)
    files = {
        name: text if isinstance(text, bytes) else text.encode()
        for name, text in scramble(rng, generate(rng, **SMALL)).items()
    }
    for name in rng.sample(sorted(files), min(len(files), rng.choice((1, 2)))):
        files[name] = bent(rng, files[name])
    return files


def torn_files(seed: int) -> dict[str, bytes]:
    """Return documents that are YAML, and perhaps nothing more."""
    rng = Random(seed)
    return written(torn(rng, generate(rng, **SMALL)))


def found_in(files: dict[str, bytes]) -> list:
    loaded = load(Memory(files, prefix="policies"), empty_is_fine=True)
    return check(loaded)


def exists(location, files: dict[str, bytes]) -> bool:
    """Tell whether a line of a file has the column, or ends before it."""
    text = files[location.file.removeprefix("policies/")].decode("utf-8-sig", "replace")
    lines = re.split("\r\n|\r|\n", text)
    return (
        1 <= location.line <= len(lines)
        and 1 <= location.column <= len(lines[location.line - 1]) + 1
    )


@pytest.mark.parametrize("damaged", [bent_files, torn_files])
@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_whatever_is_damaged_has_findings_that_can_be_found(damaged, seed):
    files = damaged(seed)
    try:
        loaded = load(Memory(files, prefix="policies"), empty_is_fine=True)
        found = check(loaded)
    except CalsyncError:
        return  # said in words, by an exit code
    keys = [(one.location, one.code) for one in found]
    assert keys == sorted(keys)
    assert len(set(found)) == len(found)
    for one in found:
        places = [one.location, *(related.location for related in one.related)]
        assert all(exists(place, files) for place in places), one
        assert not NEVER.search(f"{one.message}{one.hint}"), one
    report = json.loads(jsons.findings(found, files=len(files), documents=loaded.documents))
    errors = [one for one in report["diagnostics"] if one["severity"] == "error"]
    assert report["summary"]["errors"] == len(errors)
    assert findings_text.render(found, Screen(), lambda _: None).count("[error]") >= len(errors)


@pytest.mark.parametrize("damaged", [bent_files, torn_files])
@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_the_shortcuts_through_clean_files_change_no_finding(damaged, seed):
    files = damaged(seed)
    found = found_in(files)
    for left in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passing, "_left", [left])
            assert found_in(files) == found
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schemas, "_fast", lambda *_: None)
        patch.setattr(passing, "_left", [0])
        assert found_in(files) == found
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(swift, "documents", lambda *_: None)
        assert found_in(files) == found
