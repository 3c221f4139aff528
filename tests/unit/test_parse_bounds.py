"""A policy file has a largest size: more people than it holds belong into tables."""

from __future__ import annotations

import re

import pytest

from engine.read import parse as module


def test_a_file_past_the_largest_size_is_not_parsed(monkeypatch):
    monkeypatch.setattr(module, "FILE_SIZE", 30)
    assert module.parse(b"kind: account\nid: acme\n", "acme.yaml").readable
    parsed = module.parse(b"kind: account\nid: acme\n" * 2, "acme.yaml")
    [one] = parsed.findings
    assert (one.code, tuple(one.location)) == ("yaml-unsafe", ("acme.yaml", 1, 1))
    assert not parsed.readable
    assert parsed.documents == []


@pytest.mark.parametrize("size", [4000, 4001, 50_000])
def test_a_number_of_any_length_is_read(size):
    parsed = module.parse(b"kind: group\nid: g\npriority: " + b"9" * size, "g.yaml")
    [document] = parsed.documents
    assert document.value["priority"] > 0


def test_every_character_is_passed_or_refused_as_the_contract_says():
    passed = {0x9, 0xA, 0xD, *range(0x20, 0x7F), *range(0xA0, 0x2028), *range(0x202A, 0xD800)}
    passed |= {*range(0xE000, 0xFEFF), *range(0xFF00, 0xFFFE), *range(0x10000, 0x110000)}
    for code in range(0x110000):
        assert (re.search(module._UNPRINTABLE, chr(code)) is None) == (code in passed), hex(code)
