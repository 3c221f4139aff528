"""`calsync test`: expectations and guardrails, with coverage of the declared settings."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import click

from engine.commands.options import formats_option, rev_option, toggles_option
from engine.commands.outputs import (
    SERVICES,
    destinations,
    root,
    services,
    written,
)
from engine.commands.writing import write
from engine.counts import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.commands.invocation import Invocation
    from engine.report.annotations import Annotated
    from engine.review.testing import Tested

_FORMATS = ("text", "json", *SERVICES)


def _a_number(_: click.Context, __: click.Parameter, percent: float | None) -> float | None:
    """Refuse `nan`, which a range lets through since it is neither below nor above anything."""
    if percent is not None and isnan(percent):
        raise click.BadParameter("nan is no percentage")
    return percent


@click.command("test")
@click.option(
    "--filter",
    "filters",
    metavar="GLOB",
    multiple=True,
    help="Only expectations and guardrails whose name matches. Repeatable.",
)
@toggles_option("Only about this toggle. Repeatable.")
@click.option("--fail-on-empty", is_flag=True, help="Exit with 1 when there is nothing to test.")
@click.option(
    "--min-coverage",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    callback=_a_number,
    help="Exit with 1 when fewer of the declared settings decide for an expectation.",
)
@click.option(
    "--coverage-output",
    metavar="FILE",
    help="Write coverage by file and line: JSON where FILE ends in .json, else Cobertura XML.",
)
@rev_option
@formats_option(*_FORMATS)
@click.pass_context
def command(
    ctx: click.Context,
    filters: tuple[str, ...],
    toggles: tuple[str, ...],
    fail_on_empty: bool,
    min_coverage: float | None,
    coverage_output: str | None,
    rev: str | None,
    form: str,
    outputs: tuple[str, ...],
) -> None:
    """Check the expectations and guardrails of the policies.

    Exits with 1 when one of them fails. A guardrail with `whatever_users_choose` is proven over
    every combination of choices that the users could make.
    """
    from engine.review.targets import find_toggle
    from engine.review.testing import run

    invocation: Invocation = ctx.obj
    to = destinations(form, outputs, _FORMATS)
    policies = invocation.load(rev).valid()
    for key in toggles:
        find_toggle(policies, key)
    explained = {one.form for one in to} != {"json"}
    with invocation.timed("testing the policies"):
        tested = run(policies, filters=filters, toggles=toggles, explained=explained)
    written(_renderers(tested, invocation), to)
    if coverage_output:
        write([_coverage(tested, coverage_output)], coverage_output)
    gates = _gates(tested, fail_on_empty=fail_on_empty, min_coverage=min_coverage)
    for gate in gates:
        click.echo(f"error: {gate}", err=True)
    if gates or tested.failed:
        ctx.exit(1)


def _renderers(tested: Tested, invocation: Invocation) -> Mapping[str, Callable[[bool], str]]:
    def text(to_file: bool) -> str:
        from engine.report import tested_text

        well = invocation.quiet and not tested.failed
        return "" if well else tested_text.render(tested, invocation.screen(to_file=to_file))

    def json(_: bool) -> str:
        from engine.report import jsons

        return jsons.tested(tested)

    def junit(_: bool) -> str:
        from engine.report import junit

        return junit.tested(tested)

    def annotated() -> Annotated:
        from engine.report import tested_annotations

        return tested_annotations.annotated(tested, root=root())

    return {**services(annotated), "text": text, "json": json, "junit": junit}


def _coverage(tested: Tested, file: str) -> str:
    if file.endswith(".json"):
        from engine.report import jsons

        return jsons.coverage(tested.coverage)
    from engine.report import cobertura

    return cobertura.render(tested.coverage)


def _gates(tested: Tested, *, fail_on_empty: bool, min_coverage: float | None) -> list[str]:
    """Return the gates that are broken, in words."""
    broken = []
    if fail_on_empty and not tested.total:
        broken.append("there is nothing to test, and --fail-on-empty was given")
    coverage = tested.coverage
    if min_coverage is not None and not coverage.reaches(min_coverage):
        told = f"{coverage.covered:,} of {count(len(coverage.lines), 'setting')}"
        broken.append(f"coverage is {coverage.percent:g} % ({told}), less than {min_coverage:g} %")
    return broken
