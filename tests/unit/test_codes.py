"""The registry of codes: complete, and its examples are true."""

from __future__ import annotations

import pytest

from engine.findings import Severity, registry
from engine.read.load import load
from engine.read.source import Memory
from engine.review.check import check

BASE = b"kind: account\nid: acme\n"
TABLES = {"directory-column", "directory-row", "directory-unreadable"}
ALONE = {"no-account", "shadowed-lock"}
WARNINGS = {s for s, code in registry().items() if code.severity is Severity.WARNING}
SHOWN = [slug for slug in registry() if slug not in TABLES]


def codes(slug, text):
    files = {"policies.yaml": text.encode()}
    if slug not in ALONE:
        files["account.yaml"] = BASE
    return {finding.code for finding in check(load(Memory(files)))}


@pytest.mark.parametrize("slug", SHOWN)
def test_the_bad_example_of_a_code_has_it_alone_and_the_good_one_has_none(slug):
    code = registry()[slug]
    beside = WARNINGS if slug not in WARNINGS else set()  # an error's example is as short as can be
    assert codes(slug, code.bad) - beside == {slug}
    assert codes(slug, code.good) - beside == set()


@pytest.mark.parametrize("slug", registry())
def test_every_code_is_told_in_full(slug):
    code = registry()[slug]
    assert code.slug == slug
    assert code.title and not code.title.endswith(".")
    assert code.why.endswith(".")
    assert code.bad != code.good
