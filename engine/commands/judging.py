"""How two sets are to be compared, and the gates that end a comparison with 1."""

from __future__ import annotations

from engine.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.review.comparison import Comparison
    from engine.review.gates import Limit


class How(NamedTuple):
    """What the options of all commands that compare say."""

    toggles: tuple[str, ...] = ()
    provenance: bool = False
    exit_code: bool = False
    max_affected: Limit | None = None
    forbid: tuple[str, ...] = ()
    guardrails: bool = False


def judge(comparison: Comparison, how: How, *, differs: bool) -> int:
    """Say on standard error which gates are broken, and return the exit code."""
    if not (how.max_affected or how.forbid or how.guardrails):
        return int(how.exit_code and differs)
    from engine.commands.failures import say
    from engine.report.screen import plain
    from engine.review.gates import broken

    messages = broken(comparison, how.max_affected, how.forbid, guardrails=how.guardrails)
    for message in messages:
        say(plain(f"gate broken: {message}"))
    return int(bool(messages) or (how.exit_code and differs))
