"""`calsync validate`: every error and warning, with file, line, column, code and hint."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from engine.commands.options import formats_option, known, rev_option
from engine.commands.outputs import (
    SERVICES,
    destinations,
    root,
    services,
    written,
)
from engine.commands.writing import write
from engine.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.commands.invocation import Invocation
    from engine.findings import Finding, Location
    from engine.read.load import Loaded
    from engine.report.annotations import Annotated
    from engine.report.screen import Screen

_FORMATS = ("text", "json", *SERVICES)


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@rev_option
@formats_option(*_FORMATS)
@click.option(
    "--new-since", "since", metavar="REV", help="Report only what the policies at REV did not have."
)
@click.option("--strict", is_flag=True, help="Let warnings count as errors.")
@click.option(
    "--fix", is_flag=True, help="Take away settings that decide nothing, where that is safe."
)
@click.option(
    "--explain",
    "code",
    metavar="CODE",
    shell_complete=known("code"),
    help="Say what a finding code means, and stop.",
)
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    rev: str | None,
    form: str,
    since: str | None,
    strict: bool,
    fix: bool,
    code: str | None,
    outputs: tuple[str, ...],
) -> None:
    """Check the policies: every error and warning, with its place and a hint.

    PATHs limit what is reported, never what is read. Exits with 1 when errors are found.
    A comment `# calsync: ignore[CODE] reason` at the end of its line silences a warning.
    """
    if code is not None:
        write([_explained(code)], None)
        return
    from engine.review.check import check

    invocation: Invocation = ctx.obj
    to = destinations(form, outputs, _FORMATS)
    if fix and rev is not None:
        raise QuestionError("a revision cannot be fixed", hint="leave --rev or --fix out")

    def looked() -> tuple[Loaded, Sequence[Finding]]:
        loaded = invocation.load(rev)
        with invocation.timed("checking the policies"):
            found = check(loaded)
        if since is not None:
            found = _new(found, invocation, since)
        return loaded, _reported(found, paths, loaded)

    loaded, found = looked()
    while fix and _fixed(invocation, loaded, found):
        loaded, found = looked()

    def text(to_file: bool) -> str:
        well = invocation.quiet and not found
        return "" if well else _text(found, loaded, invocation.screen(to_file=to_file))

    def json(_: bool) -> str:
        from engine.report import jsons

        return jsons.findings(found, files=len(loaded.files), documents=loaded.documents)

    annotated = services(lambda: _annotated(found, loaded, strict=strict))
    written({"text": text, "json": json, **annotated}, to)
    if any(strict or finding.severity == "error" for finding in found):
        ctx.exit(1)


def _fixed(invocation: Invocation, loaded: Loaded, found: Sequence[Finding]) -> bool:
    """Fix what can be fixed safely, and tell whether anything was."""
    from engine.edit.fixes import fixes, write_fixes
    from engine.read.source import WorkingTree
    from engine.report.screen import plain

    made = fixes(loaded, found)
    write_fixes(WorkingTree(invocation.policies), made)
    for one in made.fixed:
        click.echo(plain(f"fixed {one.location}: {one.message} ({one.code})"), err=True)
    if not made.fixed:
        for finding, why in made.kept:
            click.echo(plain(f"not fixed {finding.location}: {why} ({finding.code})"), err=True)
    return bool(made.fixed)


def _text(found: Sequence[Finding], loaded: Loaded, screen: Screen) -> str:
    from engine.report import findings_text

    return findings_text.render(found, screen, excerpts(loaded)) + findings_text.summary(
        found, files=len(loaded.files), documents=loaded.documents, screen=screen
    )


def _annotated(found: Sequence[Finding], loaded: Loaded, *, strict: bool) -> Annotated:
    from engine.report import findings_text
    from engine.report.annotations import Annotated, of_findings, rules_of_findings
    from engine.report.screen import Screen

    said = findings_text.summary(
        found, files=len(loaded.files), documents=loaded.documents, screen=Screen()
    )
    return Annotated(
        command="validate",
        said=said.rstrip(),
        annotations=of_findings(found, excerpts(loaded), strict=strict),
        rules=rules_of_findings(),
        looked_at=[loaded.source.label(path) for path in loaded.files],
        root=root(),
    )


def _new(found: list[Finding], invocation: Invocation, since: str) -> list[Finding]:
    """Keep the findings that a revision did not have."""
    from engine.read.load import load
    from engine.review.baseline import new_since
    from engine.review.check import check

    earlier = load(invocation.source(since), empty_is_fine=True)
    return new_since(found, check(earlier, as_baseline=True))


def _reported(found: list[Finding], paths: Sequence[str], loaded: Loaded) -> list[Finding]:
    """Keep the findings in or below the paths; a path that names nothing is a wrong question."""
    if not paths:
        return found
    if "" in paths:
        raise QuestionError("a PATH is empty", hint="leave it out to have everything reported")
    wanted = [os.path.normpath(os.path.relpath(path)).replace(os.sep, "/") for path in paths]
    labels = {loaded.source.label(path) for path in loaded.source.files()}
    for path, given in zip(wanted, paths, strict=True):
        if path != "." and not any(_below(label, path) for label in labels):
            raise QuestionError(
                f"no policy file is at or below `{given}`",
                hint="PATHs are relative to the working directory",
            )
    return [f for f in found if any(_below(f.location.file, path) for path in wanted)]


def _below(label: str, path: str) -> bool:
    return path in {".", label} or label.startswith(f"{path}/")


def excerpts(loaded: Loaded) -> Callable[[Location], str | None]:
    """Return a function from a place to its source line."""
    import re

    paths = {loaded.source.label(path): path for path in loaded.source.files()}
    lines: dict[str, list[str]] = {}

    def excerpt(location: Location) -> str | None:
        if location.file not in paths or location.file.lower().endswith(".parquet"):
            return None  # a row of Parquet is no line of text
        if location.file not in lines:
            text = loaded.source.read(paths[location.file]).decode("utf-8-sig", "replace")
            lines[location.file] = re.split("\r\n|\r|\n", text)
        known = lines[location.file]
        return known[location.line - 1] if location.line <= len(known) else None

    return excerpt


def _explained(slug: str) -> str:
    from engine.findings import registry
    from engine.read.words import did_you_mean

    code = registry().get(slug)
    if code is None:
        known = list(registry())
        hint = did_you_mean(slug, known) or f"known codes: {', '.join(known)}"
        raise QuestionError(f"unknown code `{slug}`", hint=hint)
    blocks = (f"{code.slug} ({code.severity}): {code.title}", code.why)
    examples = (f"Instead of\n\n{_indented(code.bad)}", f"write\n\n{_indented(code.good)}")
    return "\n\n".join((*blocks, *examples)) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
