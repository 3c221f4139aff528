"""Without jsonschema-rs nothing is said differently: it only passes what is clean."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest
import yaml

from engine.read import schemas
from engine.read.load import load
from engine.read.source import Memory
from engine.review.check import check

CASES = Path(__file__).parents[1] / "cases" / "validate"


def files(path: Path) -> dict[str, bytes]:
    texts = yaml.safe_load(path.read_text(encoding="utf-8"))["files"]
    return {
        name: text.encode() if isinstance(text, str) else base64.b64decode(text["base64"])
        for name, text in texts.items()
    }


def found() -> dict[str, list]:
    schemas._fast.cache_clear()
    return {
        str(path): check(load(Memory(files(path)), empty_is_fine=True))
        for path in sorted(CASES.rglob("*.yaml"))
    }


def test_the_whole_corpus_is_judged_alike_with_and_without_jsonschema_rs(monkeypatch):
    pytest.importorskip("jsonschema_rs")
    with_it = found()
    assert schemas._fast("account") is not None
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    without_it = found()
    assert schemas._fast("account") is None
    schemas._fast.cache_clear()
    assert without_it == with_it
    assert len(with_it) > 500
