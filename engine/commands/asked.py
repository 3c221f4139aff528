"""What `explain` is asked, apart from how the words were read, and its answer as text."""

from __future__ import annotations

from engine.model import SYNC_TOGGLE
from engine.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.commands.invocation import Invocation, Rev
    from engine.model import PolicySet


class Explain(NamedTuple):
    """The words behind `explain`. `account` is --in, `cache` is false under --no-cache."""

    target: str
    account: str | None = None
    toggle: str = SYNC_TOGGLE
    rev: Rev = None
    cache: bool = True
    form: str = "text"


def explained(invocation: Invocation, asked: Explain) -> str:
    """Return the answer; raise what keeps it from being given."""
    from engine.review.explanation import explain
    from engine.review.targets import find, find_toggle

    def text(policies: PolicySet) -> str:
        whom = find(policies, asked.target, account=asked.account)
        found = explain(policies, whom, find_toggle(policies, asked.toggle))
        if asked.form == "json":
            from engine.report import jsons

            return jsons.explanation(found)
        from engine.report import explain_text

        return explain_text.render(found, invocation.screen())

    return invocation.ask(text, asked.rev, cache=asked.cache)
