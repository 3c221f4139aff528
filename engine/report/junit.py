"""JUnit XML: what CI services show as tests. Built by junitparser, which only this format needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from engine.errors import MissingExtraError
from engine.report import tested_text
from engine.report.screen import Screen, plain
from engine.review.fields import title

try:
    from junitparser import Attr, Failure, JUnitXml, TestCase, TestSuite
except ImportError as error:
    raise MissingExtraError("junitparser", "reports", "JUnit output") from error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.report.annotations import Annotated, Annotation
    from engine.review.testing import Checked, Guarded, Tested

_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SCREEN: Final = Screen(width=100, piped=True)


class _Case(TestCase):
    """A case that knows its place, as GitLab and others read it."""

    file = Attr("file")
    line = Attr("line")


def tested(found: Tested) -> str:
    """Render a test run: a suite a file, a case an expectation or guardrail."""
    suites: dict[str, list[TestCase]] = {}
    for checked in found.expectations:
        suites.setdefault(checked.place.file, []).append(_expectation(checked))
    for guarded in found.guardrails:
        suites.setdefault(guarded.place.file, []).append(_guardrail(guarded))
    return document("calsync test", suites.items())


def render(report: Annotated) -> str:
    """Render annotations: a suite a file, a case an annotation; a file without failure passes."""
    suites: dict[str, list[TestCase]] = {report.path(file): [] for file in report.looked_at}
    for one in report.annotations:
        file = report.path(one.location.file)
        suites.setdefault(file, []).append(_annotation(one, file))
    for file, cases in suites.items():
        if all(made.is_passed for made in cases):
            cases.insert(0, case(f"calsync {report.command}", file, 1))
    return document(f"calsync {report.command}", suites.items())


def document(name: str, suites: Iterable[tuple[str, list[TestCase]]]) -> str:
    """Return the document of suites, each a name and its cases, in the order of their names."""
    whole = JUnitXml(name)
    for file, cases in sorted(suites, key=lambda suite: suite[0]):
        suite = TestSuite(fit(file))
        suite.add_testcases(cases)
        whole.add_testsuite(suite)
    whole.update_statistics()  # type: ignore[no-untyped-call]  # junitparser has no type here
    text: bytes = whole.tostring()  # type: ignore[no-untyped-call]  # junitparser has no type here
    root = ET.fromstring(text)  # noqa: S314 - it was built here
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def case(name: str, file: str, line: int) -> TestCase:
    """Return a case that passed, with the place that it is about."""
    made = _Case(fit(plain(name)), classname=fit(file))
    made.file, made.line = fit(file), str(line)
    return made


def fit(text: str) -> str:
    """Return text that XML can hold."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def _annotation(one: Annotation, file: str) -> TestCase:
    made = case(f"{one.rule}: {one.message}", file, one.location.line)
    lines = [f"{one.location}: [{one.level}] {one.message} ({one.rule})"]
    lines += [f"  {other.location}: {other.message}" for other in one.related]
    lines += [f"  hint: {one.hint}"] if one.hint else []
    text = "\n".join(map(plain, lines))
    if one.fails:
        _fail(made, one.message, one.rule, text)
    else:
        made.system_out = fit(text)
    return made


def _expectation(checked: Checked) -> TestCase:
    made = case(title(checked.expectation), checked.place.file, checked.place.line)
    if not checked.passed:
        wrong = "; ".join(tested_text.mismatch(failure) for failure in checked.failures)
        _fail(made, wrong, "expectation", tested_text.failure(checked, _SCREEN))
    return made


def _guardrail(guarded: Guarded) -> TestCase:
    made = case(title(guarded.verdict.guardrail), guarded.place.file, guarded.place.line)
    if not guarded.verdict.passed:
        told = tested_text.broken(guarded, _SCREEN)
        first = next(tested_text.breaches(guarded), tested_text.demanded(guarded))
        _fail(made, first, "guardrail", told)
    return made


def _fail(made: TestCase, message: str, kind: str, text: str) -> None:
    failure = Failure(fit(plain(message)), kind)
    failure.text = fit(text)
    made.result = [failure]
