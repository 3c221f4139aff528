"""A history for the auditor: since when, who did it, and the line that did; the newest first."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from engine.counts import agree, count
from engine.history.instants import moment, spoken
from engine.model import Scope
from engine.report.declared_text import sentence
from engine.report.screen import Screen, cells, plain
from engine.review.explanation import on_or_off

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.history.intervals import Interval
    from engine.history.timeline import History
    from engine.history.walk import Skipped
    from engine.model import Decision

ASSUMPTION: Final = (
    "By the commits alone: this assumes that the portal followed each of them at its instant."
)
_INDENT: Final = "    "
_SHORT: Final = 10
_FLOW: Final = {
    "active": "events flow",
    "required_toggle_disabled": "no events flow: a switch that it needs is off",
    "no_calendar": "no events flow: no calendar is connected",
    "unsupported_calendar": "no events flow: none of the calendars is supported",
}
_FOLDED: Final = 5
"""So many runs of commits that were passed over are told one by one."""


def render(history: History, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    blocks: list[str] = []
    for toggle in history.toggles:
        intervals = [one for one in history.intervals if one.decision.toggle == toggle]
        if intervals or len(history.toggles) == 1:
            blocks.append(_headline(history, toggle, intervals, screen))
            blocks += _stretches(history, intervals, screen)
    blocks += _passed_over(history.skipped, screen)
    blocks.append(screen.paint(screen.wrap(ASSUMPTION), dim=True))
    return "\n\n".join(blocks) + "\n"


def whom(history: History) -> str:
    """Return what a person calls the target."""
    subject = history.subject
    known = f"{history.name} ({subject.id})" if history.name else subject.id
    return known if subject.scope is Scope.USER else f"the {subject.scope.value} {known}"


def _headline(history: History, toggle: str, intervals: Sequence[Interval], screen: Screen) -> str:
    return screen.paint(screen.wrap(plain(headline(history, toggle, intervals))), bold=True)


def headline(history: History, toggle: str, intervals: Sequence[Interval]) -> str:
    """Return the answer in one sentence: what stands since when, or stood until when."""
    title, who = history.titles.get(toggle, toggle), whom(history)
    if not intervals:
        return f"{title}: no decision for {who} in that time."
    last = intervals[-1]
    if last.end is None:
        return f"{title} is {_standing(history, last.decision, who)}."
    if history.exists:
        return f"{title} was {state(last.decision)} for {who} until {spoken(last.end)}."
    return f"{title} was {state(last.decision)} for {who}, gone since {spoken(last.end)}."


def _standing(history: History, decision: Decision, who: str) -> str:
    """Return what stands for whom since when, and since when the lock is as it is."""
    begun = history.since[decision.toggle]
    if begun.lock == begun.state:
        return f"{state(decision)} for {who} since {spoken(begun.state)}"
    lock = "locked" if decision.locked else "no longer locked"
    said = f"{state(decision._replace(locked=False))} for {who} since {spoken(begun.state)}"
    return f"{said}, and {lock} since {spoken(begun.lock)}"


def state(decision: Decision) -> str:
    """Return on or off, the lock, and whether events flow where the state does not tell."""
    said = on_or_off(decision.state) + (" and locked" if decision.locked else "")
    return (
        f"{said}, but no events flow,"
        if decision.state == "enabled" and decision.sync is False
        else said
    )


def _stretches(history: History, intervals: Sequence[Interval], screen: Screen) -> Iterator[str]:
    """Yield a block for each interval, the newest first, and one where target or toggle went."""
    for one in reversed(intervals):
        if one.gone:
            yield _ending(history, one, screen)
        yield _stretch(history, one, screen)


def _stretch(history: History, one: Interval, screen: Screen) -> str:
    decision = one.decision
    end = "now" if one.end is None else spoken(one.end)
    colour = "green" if decision.state == "enabled" and decision.sync is not False else "red"
    mark = screen.paint(screen.sign("●" if one.end is None else "○", "*"), colour)
    head = f"{spoken(one.begin)} {screen.sign('→', '->')} {end}:"
    said = short_state(decision)
    gap = " " if 2 + cells(head) + 1 + cells(said) <= screen.width else f"\n{_INDENT}"
    lines = [f"{mark} {head}{gap}{screen.paint(said, colour, bold=True)}"]
    lines.append(
        _folded(screen, f"decided by {source(history, decision)} ({decision.reason.value})")
    )
    lines += _commit(history, one.commit, one.begin, screen)
    causes = [plain(sentence(change, toggle=decision.toggle)) for change in one.changes]
    lines += [_folded(screen, f"because {cause}") for cause in causes]
    return "\n".join(lines)


def short_state(decision: Decision) -> str:
    """Return on or off, the lock, and whether events flow, in a few words."""
    said = on_or_off(decision.state) + (", locked" if decision.locked else "")
    if decision.sync is None:
        return said
    flows = _FLOW.get(str(decision.sync_reason), "no events flow")
    return f"{said}, {flows}" if decision.state == "enabled" else said


def source(history: History, decision: Decision) -> str:
    """Return what decided, as a person would say."""
    scope, subject = decision.source_scope, history.subject
    if scope is Scope.CATALOGUE:
        return "the product's default"
    if (scope, decision.source_id) == (subject.scope, subject.id):
        return "their own choice" if scope is Scope.USER else "its own setting"
    return plain(f"the {scope.value} {decision.source_id}")


def _commit(history: History, commit: str, instant: int, screen: Screen) -> list[str]:
    """Return two lines about a commit; the author's day, where it is another than the commit's."""
    about = history.about[commit]
    day = moment(about.date).strftime("%Y-%m-%d")
    written = "" if spoken(instant).startswith(day) else f", written on {day}"
    made = _folded(screen, f"commit {commit[:_SHORT]} by {plain(about.author)}{written}")
    subject = _folded(screen, plain(about.subject or "(no subject)"), deeper=True)
    return [made.replace(commit[:_SHORT], screen.paint(commit[:_SHORT], "yellow"), 1), subject]


def _ending(history: History, one: Interval, screen: Screen) -> str:
    who = whom(history) if one.gone == "target" else f"the toggle {one.decision.toggle}"
    head = screen.wrap(plain(f"- {spoken(one.end or 0)}: {who} is gone"), rest=_INDENT)
    return "\n".join([head, *_commit(history, str(one.ended_by), one.end or 0, screen)])


def _folded(screen: Screen, text: str, *, deeper: bool = False) -> str:
    indent = _INDENT + "  " * deeper
    return screen.wrap(text, first=indent, rest=indent + "  ")


def _passed_over(skipped: Sequence[Skipped], screen: Screen) -> Iterator[str]:
    """Yield a block about the commits without valid policies: they changed nothing."""
    if not skipped:
        return
    runs = [list(run) for _, run in groupby(skipped, key=lambda one: one.why)]
    commits = f"{count(len(skipped), 'commit')} without valid policies"
    were = agree(len(skipped), "was", "were")
    lines = [screen.wrap(f"{commits} {were} passed over and changed nothing:")]
    for run in runs[:_FOLDED]:
        names = run[0].commit[:_SHORT]
        more = f" and {len(run) - 1} more" if len(run) > 1 else ""
        lines.append(_folded(screen, plain(f"{names}{more}: {run[0].why}")))
    if len(runs) > _FOLDED:
        lines.append(
            f"{_INDENT}… and {sum(map(len, runs[_FOLDED:])):,} more (--format json has all)"
        )
    yield "\n".join(lines)
