"""Warnings silenced by comments, and comments that silence nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.findings import Finding, Location, Severity, registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.read.comments import Ignore


def silence(warnings: Iterable[Finding], comments: Sequence[Ignore]) -> list[Finding]:
    """Return the warnings that no comment on their line silences, and those about comments.

    An error is never silenced.
    """
    if not comments:
        return list(warnings)
    wanted = {(c.file, c.line, code) for c in comments for code in c.codes}
    used: set[tuple[str, int, str]] = set()
    kept = []
    for warning in warnings:
        key = (warning.location.file, warning.location.line, warning.code)
        if key in wanted:
            used.add(key)
        else:
            kept.append(warning)
    for comment in comments:
        idle = [code for code in comment.codes if (comment.file, comment.line, code) not in used]
        if idle or not comment.codes:
            kept.append(_unused(comment, idle))
    return kept


def _unused(comment: Ignore, idle: Sequence[str]) -> Finding:
    named = ", ".join(f"`{code}`" for code in idle)
    message = f"this comment silences nothing: there is no {named} on its line"
    return Finding(
        code="unused-ignore",
        message=message if idle else "this comment silences nothing: it names no code",
        location=Location(comment.file, comment.line, comment.column),
        hint=_hint(comment, idle),
        about=("file", comment.file, *(idle or ("ignore",))),
    )


def _hint(comment: Ignore, idle: Sequence[str]) -> str:
    if not idle:
        return "write `# calsync: ignore[code] reason`"
    for code in idle:
        if code not in registry():
            from difflib import get_close_matches

            near = get_close_matches(code, registry(), n=1)
            return f"did you mean `{near[0]}`?" if near else f"there is no code `{code}`"
        if registry()[code].severity is Severity.ERROR:
            return f"`{code}` is an error, and errors cannot be silenced"
    return "remove it" if len(idle) == len(comment.codes) else f"remove {idle[0]} from it"
