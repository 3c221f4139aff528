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
ERRORS = [slug for slug, code in registry().items() if code.severity is Severity.ERROR]


def codes(slug, text):
    files = {"policies.yaml": text.encode()}
    if slug not in ALONE:
        files["account.yaml"] = BASE
    return {finding.code for finding in check(load(Memory(files)))}


@pytest.mark.parametrize("slug", [s for s in ERRORS if s not in TABLES])
def test_the_bad_example_of_an_error_has_it_and_the_good_one_has_none(slug):
    code = registry()[slug]
    assert codes(slug, code.bad) == {slug}
    assert codes(slug, code.good) == set()


@pytest.mark.parametrize("slug", registry())
def test_every_code_is_told_in_full(slug):
    code = registry()[slug]
    assert code.slug == slug
    assert code.title and not code.title.endswith(".")
    assert code.why.endswith(".")
    assert code.bad != code.good
