"""The intervals of a decision over a first-parent history (R7), and what began each of them."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from engine.decide.decisions import decide, decide_account, decide_group
from engine.errors import QuestionError, UnknownTargetError
from engine.history.instants import MICROSECONDS
from engine.history.intervals import Beginning, Interval, Since, since
from engine.history.log import about
from engine.history.subjects import chosen, groups_at, parts_of, subjects, word
from engine.history.walk import assembled
from engine.model import SYNC_TOGGLE, Scope
from engine.read.load import collector_at_rest
from engine.review.causes import provenance
from engine.review.targets import toggle_name
from engine.shapes import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engine.history.log import About, Commit
    from engine.history.subjects import Parts, Subject, Word
    from engine.history.walk import Context, Skipped, Step, Walk
    from engine.model import Decision, PolicySet


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The intervals of a target, by toggle and oldest first, and what was passed over.

    `target` is as given, `name` and `titles` what people call it and the toggles. `exists`
    tells whether the target is there now, `since` how long the toggles have stood as they do.
    `length` counts the commits that were looked at, `about` says who made those that began or
    ended an interval.
    """

    target: str
    subject: Subject
    name: str | None
    toggles: tuple[str, ...]
    titles: dict[str, str]
    intervals: tuple[Interval, ...]
    skipped: tuple[Skipped, ...]
    about: dict[str, About]
    revision: str
    exists: bool
    since: dict[str, Since]
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a history; `since` and `until` are in microseconds since 1970."""

    target: str
    account: str | None = None
    toggle: str = SYNC_TOGGLE
    all_toggles: bool = False
    since: int | None = None
    until: int | None = None
    last: bool = False

    def check(self) -> None:
        """Raise QuestionError for a stretch of time that ends before it begins."""
        if self.since is not None and self.until is not None and self.since > self.until:
            raise QuestionError("--until is before --since", hint="--since is the earlier one")


class _Open(NamedTuple):
    """An interval that has begun."""

    decision: Decision
    commit: Commit
    beginning: Beginning


@dataclass(slots=True, eq=False)
class _Track:
    """One subject as it is followed from step to step."""

    subject: Subject
    parts: Parts | None = None
    context: Context | None = None
    name: str | None = None
    open: dict[str, _Open] = field(default_factory=dict)
    closed: list[Interval] = field(default_factory=list)

    def follow(self, step: Step, asked: str | None) -> None:
        """Take over a valid set in which the subject exists; `asked` limits to one toggle."""
        before, after = self.parts, parts_of(self.subject, step.state)
        if before and self.context is step.new and before.is_same(after):
            return
        policies = assembled(step.new, after.entries, after.rows)
        self.name = _name(policies, self.subject) or self.name
        toggles = [t for t in policies.toggles if asked in {None, t}]
        self._end([t for t in self.open if t not in toggles], step.commit, gone="toggle")
        beginning = Beginning(
            subject=self.subject,
            step=step,
            before=before,
            after=after,
            half_way=_half_way(before, after, step),
        )
        for toggle in toggles:
            decision = _decision(policies, self.subject, toggle)
            standing = self.open.get(toggle)
            if standing is None or provenance(standing.decision) != provenance(decision):
                self._end([toggle], step.commit)
                self.open[toggle] = _Open(decision, step.commit, beginning)
        self.parts, self.context = after, step.new

    def leave(self, commit: Commit) -> None:
        """Note that the subject is not there any more."""
        self.parts = None
        self._end(list(self.open), commit, gone="target")

    def _end(self, toggles: Sequence[str], commit: Commit, gone: str | None = None) -> None:
        for begun in (self.open.pop(toggle) for toggle in toggles if toggle in self.open):
            self.closed.append(_interval(begun, commit, gone))

    def intervals(self) -> list[Interval]:
        """Return all intervals by toggle, the oldest first."""
        found = [*self.closed, *(_interval(begun) for begun in self.open.values())]
        return sorted(found, key=_toggle)  # stable: in order of ending


def _toggle(one: Interval) -> str:
    return one.decision.toggle


def _interval(begun: _Open, ended: Commit | None = None, gone: str | None = None) -> Interval:
    return Interval(
        decision=begun.decision,
        begin=begun.commit.instant,
        end=ended.instant if ended else None,
        commit=begun.commit.id,
        ended_by=ended.id if ended else None,
        gone=gone,
        beginning=begun.beginning,
    )


def _half_way(before: Parts | None, after: Parts, step: Step) -> Parts:
    """Return the groups of either membership, in either account: a half-way set may mix them."""
    accounts = {after.account, before.account if before else after.account}
    groups = dict.fromkeys((*after.groups, *(before.groups if before else ())))
    return after._replace(entries=groups_at(step.state, accounts, groups), rows=())


def _decision(policies: PolicySet, subject: Subject, toggle: str) -> Decision:
    if subject.scope is Scope.USER:
        return decide(policies, policies.users[subject.id], toggle)
    if subject.scope is Scope.GROUP:
        group = policies.groups[str(subject.account), subject.id]
        return decide_group(policies, group, toggle)
    return decide_account(policies, subject.id, toggle)


def _name(policies: PolicySet, subject: Subject) -> str | None:
    if subject.scope is Scope.USER:
        return policies.users[subject.id].name
    if subject.scope is Scope.GROUP:
        return policies.groups[str(subject.account), subject.id].name
    return policies.accounts[subject.id].name


def history(walk: Walk, question: Question) -> History:
    """Answer a question about a history.

    Raises UnknownTargetError for a target or a toggle that never was, QuestionError for a
    target that means several things.
    """
    with collector_at_rest():
        return _history(walk, question)


def _history(walk: Walk, question: Question) -> History:
    asked = word(question.target, question.account)
    wanted = None if question.all_toggles else question.toggle
    tracks: dict[Subject, _Track] = {}
    there: list[Subject] = []
    titles: dict[str, str] = {}
    step: Step | None = None
    for step in walk.steps():
        there = list(subjects(asked, step.state))
        for subject in there:
            tracks.setdefault(subject, _Track(subject)).follow(step, wanted)
        for subject in [s for s, track in tracks.items() if track.parts and s not in there]:
            tracks[subject].leave(step.commit)
        if step.new is not step.old or not titles:
            titles.update((key, toggle_name(toggle)) for key, toggle in step.new.toggles.items())
    if step is None:
        raise QuestionError("no commit of this history has valid policies", hint=_why(walk.skipped))
    if wanted is not None and wanted not in titles:
        raise unknown_toggle(wanted, titles)
    track = tracks[chosen(asked, tracks, there, step.state)]
    _refuse_elsewhere(asked, track)
    return _answer(walk, question, track, titles, exists=track.subject in there)


def _refuse_elsewhere(asked: Word, track: _Track) -> None:
    """Raise UnknownTargetError for a user who is, or was last, in another account than --in."""
    found = track.intervals()
    home = max(found, key=lambda one: one.begin).decision.account if found else asked.account
    if asked.scope is Scope.USER and asked.account not in {None, home}:
        message = f"the user `{asked.id}` is in the account `{home}`, not `{asked.account}`"
        raise UnknownTargetError(message)


def _answer(
    walk: Walk, question: Question, track: _Track, titles: dict[str, str], *, exists: bool
) -> History:
    every = track.intervals()
    found = [one for one in every if one.overlaps(question.since, question.until)]
    if question.last:
        found = list({one.decision.toggle: one for one in found}.values())
    commits = dict.fromkeys(
        name for one in found for name in (one.commit, one.ended_by) if name is not None
    )
    return History(
        target=question.target,
        subject=track.subject,
        name=track.name,
        toggles=tuple(sorted(titles)) if question.all_toggles else (question.toggle,),
        titles=titles,
        intervals=tuple(found),
        skipped=tuple(one for one in walk.skipped if _is_asked(one, question)),
        about=about(walk.repository, list(commits)),
        revision=walk.revision,
        exists=exists,
        since={key: since(list(of)) for key, of in groupby(every, key=_toggle)},
        length=walk.length,
    )


def _is_asked(skipped: Skipped, question: Question) -> bool:
    instant = skipped.instant * MICROSECONDS
    early = question.since is not None and instant < question.since
    return not early and (question.until is None or instant <= question.until)


def unknown_toggle(key: str, known: Collection[str]) -> UnknownTargetError:
    """Say that a toggle never was, and which one is near."""
    near = get_close_matches(key, known, n=1)
    listed = ", ".join(f"`{one}`" for one in sorted(known)[:10])
    hint = f"did you mean `{near[0]}`?" if near else f"known: {listed}"
    return UnknownTargetError(f"there never was a toggle `{key}`", hint=hint)


def _why(skipped: Sequence[Skipped]) -> str:
    return f"the last one is not: {skipped[-1].why}" if skipped else "name another one with --rev"
