"""`test` for a terminal: files and counts, what failed and why, coverage, and the verdict."""

from __future__ import annotations

from heapq import nsmallest
from typing import TYPE_CHECKING, Final

from engine.counts import agree, count
from engine.model import Scope, State
from engine.report import explain_text
from engine.report.screen import Screen, plain
from engine.review.fields import title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.model import Guardrail
    from engine.review.coverage import Coverage
    from engine.review.guardrails import Breach
    from engine.review.mending import Mend
    from engine.review.testing import Checked, Failure, Guarded, Tested
from engine.shapes import replace

_SHOWN: Final = 5
"""How many people of one kind are named before the rest is counted."""


def render(tested: Tested, screen: Screen) -> str:
    """Return the text, ending in a newline."""
    blocks = [_files(tested, screen)] if tested.total else []
    blocks += [failure(checked, screen) for checked in tested.expectations if not checked.passed]
    blocks += [broken(one, screen) for one in tested.guardrails if not one.verdict.passed]
    blocks += [_coverage(tested.coverage, screen), _verdict(tested, screen)]
    return "\n\n".join(blocks) + "\n"


def _files(tested: Tested, screen: Screen) -> str:
    passed: dict[str, list[bool]] = {}
    for checked in tested.expectations:
        passed.setdefault(checked.place.file, []).append(checked.passed)
    for guarded in tested.guardrails:
        passed.setdefault(guarded.place.file, []).append(guarded.verdict.passed)
    width = min(max(len(file) for file in passed), max(screen.width - 26, 30))
    lines = []
    for file, results in sorted(passed.items()):
        good, bad = sum(results), len(results) - sum(results)
        mark = screen.sign("✗", "x") if bad else screen.sign("✓", "+")
        failed = f", {bad:,} failed" if bad else ""
        told = f"{mark} {plain(file):<{width}}  {good:>5,} passed{failed}"
        lines.append(screen.paint(told, "red" if bad else "green"))
    return "\n".join(lines)


# -- expectations ---------------------------------------------------------------------------


def failure(checked: Checked, screen: Screen) -> str:
    """Return a failed expectation: what was expected, what is, and every tier that was asked."""
    expectation = checked.expectation
    lines = [_headline("FAILED", title(expectation), screen), _at(checked.place, screen)]
    if expectation.name is not None:
        about = f"{expectation.user}, {expectation.toggle}:"
        lines.append(screen.wrap(plain(about), first="  "))
    wrong = [screen.wrap(plain(mismatch(one)), first="    ") for one in checked.failures]
    lines += [screen.paint(told, "red") for told in wrong]
    if checked.explained:
        inner = replace(screen, width=screen.width - 2)
        lines.append(_indented(explain_text.asked(checked.explained, inner)))
    return "\n".join(lines)


def mismatch(failure: Failure) -> str:
    """Return what was expected of a field, and what it is."""
    return f"{failure.field} must be {_word(failure.expected)}, and is {_word(failure.actual)}"


def _word(value: object) -> str:
    if value is None:
        return "nothing (it is no sync toggle)"
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- guardrails -----------------------------------------------------------------------------


def broken(guarded: Guarded, screen: Screen) -> str:
    """Return a broken guardrail: what it demands, who breaks it, and what would mend it."""
    verdict = guarded.verdict
    lines = [_headline("BROKEN", title(verdict.guardrail), screen), _at(guarded.place, screen)]
    lines.append(screen.wrap(plain(f"{demanded(guarded)}:"), first="  "))
    how = [screen.wrap(plain(t), first="    ", rest="      ") for t in breaches(guarded)]
    lines += [screen.paint(told, "red") for told in how]
    if guarded.mends:
        lines.append("  This would mend it:")
        lines += [
            screen.wrap(plain(mending(mend)), first="    ", rest="      ") for mend in guarded.mends
        ]
    return "\n".join(lines)


def demanded(guarded: Guarded) -> str:
    """Return in words what a guardrail demands, of whom, and how many that are."""
    rail = guarded.verdict.guardrail
    what = f"{rail.toggle} must be {rail.must_be.value}"
    what += {True: " and locked", False: " and unlocked", None: ""}[rail.locked]
    what += {True: ", and events must flow", False: ", and no events may flow", None: ""}[
        rail.must_sync
    ]
    what += ", whatever they choose" if rail.whatever_users_choose else ""
    bounds = _bounds(rail)
    if bounds:
        return f"{what}, for {bounds} of {_whom(guarded)}; {_satisfied(guarded)}"
    return f"{what}, for {_whom(guarded)}"


def _bounds(rail: Guardrail) -> str:
    bounds = (("at least", rail.at_least), ("at most", rail.at_most))
    return " and ".join(f"{word} {amount}" for word, amount in bounds if amount is not None)


def _satisfied(guarded: Guarded) -> str:
    least, most = guarded.verdict.least, guarded.verdict.most
    if least == most:
        return f"it holds for {least:,}"
    return f"by their choices it holds for {least:,} to {most:,}"


def _whom(guarded: Guarded) -> str:
    who, people = guarded.verdict.guardrail.who, count(guarded.verdict.checked, "user")
    if who.everybody:
        return agree(guarded.verdict.checked, "the one user", f"all {people}")
    named = (("account", who.accounts), ("group", who.groups), ("named user", who.users))
    told = " and ".join(
        f"{word} {ids[0]}" if len(ids) == 1 else count(len(ids), word) for word, ids in named if ids
    )
    return f"{told}, {people} in all" if who.accounts or who.groups else told


def breaches(guarded: Guarded) -> Iterator[str]:
    """Yield a sentence for each kind of breach, the most frequent first."""
    kinds: dict[tuple[str, str, str], list[Breach]] = {}
    for breach in guarded.verdict.breaches:
        kinds.setdefault(_how(breach, guarded.verdict.guardrail), []).append(breach)
    sizes = {how: sum(len(one.ids) for one in some) for how, some in kinds.items()}
    for how in sorted(kinds, key=lambda how: (-sizes[how], how)):
        one, many, rest = how
        yield f"{_people(kinds[how], sizes[how])} {agree(sizes[how], one, many)} {rest}"


def _people(some: Sequence[Breach], size: int) -> str:
    """Name the first few of many, by account and user."""
    users = ((breach.decision.account, user) for breach in some for user in breach.ids)
    named = ", ".join(user for _, user in nsmallest(_SHOWN, users))
    rest = size - _SHOWN
    return f"{named} and {rest:,} more" if rest > 0 else named


def _how(breach: Breach, rail: Guardrail) -> tuple[str, str, str]:
    """Say how people break it: the verb for one, the verb for many, and the rest."""
    decision = breach.decision
    if breach.choices:
        turned = (
            f"{'it' if key == rail.toggle else key} {_on(state)}"
            for key, state in sorted(breach.choices.items())
        )
        return "could", "could", f"turn {' and '.join(turned)}"
    told = _on(decision.state)
    told += ", locked" if decision.locked else ", not locked" if rail.locked else ""
    if rail.must_sync is not None and decision.state is State.ENABLED:
        told += ", and events flow" if decision.sync else ", but no events flow"
        told += f" ({decision.sync_reason or 'it is no sync toggle'})"
    elif decision.source_scope is Scope.USER:
        told += ", by their own choice"
    else:
        told += f", because of {decision.source_scope}:{decision.source_id}"
    return "is", "are", told


def _on(state: State) -> str:
    return "on" if state is State.ENABLED else "off"


def mending(mend: Mend) -> str:
    """Return a setting that would mend a guardrail, and what else it would alter."""
    verb = "lock" if mend.setting.locked else "set"
    told = f"{verb} {mend.toggle} {mend.setting.state} at {mend.scope}:{mend.id}"
    told += f" ({mend.place.file}:{mend.place.line})" if mend.place else ""
    if mend.others:
        return f"{told}; this alters it for {count(mend.others, 'other user')} as well"
    return told


# -- coverage and the end -------------------------------------------------------------------


def _coverage(coverage: Coverage, screen: Screen) -> str:
    total = len(coverage.lines)
    if not total:
        return "Coverage: nothing is declared at accounts and groups"
    share = f"{coverage.covered:,} of {count(total, 'setting')} ({coverage.percent:g} %)"
    decide = "decides" if 1 in {coverage.covered, total} else "decide"
    lines = [screen.wrap(f"Coverage: {share} {decide} for an expectation")]
    for line in coverage.lines:
        missing = [] if line.expectations else ["no expectation"]
        missing += [] if line.users else ["nobody now"]
        if missing:
            where = f"{line.place.file}:{line.place.line}"
            told = f"{where}: {line.toggle} of {line.scope} {line.id} decides for"
            lines.append(
                screen.wrap(plain(f"{told} {' and '.join(missing)}"), first="  ", rest="    ")
            )
    return "\n".join(lines)


def _verdict(tested: Tested, screen: Screen) -> str:
    if not tested.total:
        return screen.paint("nothing to test: no expectation and no guardrail", "yellow")
    kinds = (
        ("expectation", [checked.passed for checked in tested.expectations]),
        ("guardrail", [guarded.verdict.passed for guarded in tested.guardrails]),
    )
    if tested.failed:
        bad = (
            f"{len(results) - sum(results):,} of {count(len(results), word)}"
            for word, results in kinds
            if not all(results)
        )
        return screen.paint(f"{' and '.join(bad)} failed", "red", bold=True)
    good = (count(len(results), word) for word, results in kinds if results)
    hold = agree(tested.total, "it holds", "all hold")
    return screen.paint(f"{' and '.join(good)}: {hold}", "green", bold=True)


def _headline(word: str, name: str, screen: Screen) -> str:
    folded = screen.wrap(plain(name), first=f"{word} ")
    return screen.paint(folded[: len(word)], "red", bold=True) + screen.paint(
        folded[len(word) :], bold=True
    )


def _at(place: object, screen: Screen) -> str:
    return screen.paint(f"  {plain(str(place).rsplit(':', 1)[0])}", dim=True)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())
