"""What can keep the work from being done.

What is wrong *with the policies* is a finding, not an exception. Each class here ends a
command with exit code 2, except where its docstring says otherwise; the command line
catches the root in one place.
"""

from __future__ import annotations

from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.findings import Finding


class CalsyncError(Exception):
    """The root: `message` says what, `hint` what to do about it."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SourceError(CalsyncError):
    """The policies cannot be read: no directory, no policy files, an unreadable file."""


class GitError(CalsyncError):
    """Git cannot answer: no repository, an unknown revision, missing history."""


class UnknownTargetError(CalsyncError):
    """The question names a user, group, account or toggle that the policies do not have."""


class QuestionError(CalsyncError):
    """The question itself cannot be asked: an ambiguous target, an impossible filter."""


class RefusedError(CalsyncError):
    """The answer is no: what was asked may not be done, or not without harm. Exit code 1."""

    exit_code = 1


class MissingExtraError(CalsyncError):
    """A package that only some commands need is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs `{package}`, which is not installed",
            hint=f"install it with: pip install 'calsync[{extra}]'",
        )
        self.package = package
        self.extra = extra


class InvalidPoliciesError(CalsyncError):
    """The command needs valid policies; `findings` says why these are not.

    `side` names them in a diff; `others` are the errors of the other side.
    """

    def __init__(self, findings: Sequence[Finding], *, side: str | None = None) -> None:
        where = f" on side {side}" if side else ""
        super().__init__(
            f"the policies{where} are not valid",
            hint="run `calsync validate` for every finding with its place",
        )
        self.findings = tuple(findings)
        self.side = side
        self.others: tuple[InvalidPoliciesError, ...] = ()
