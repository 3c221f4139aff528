"""The safe fixes of warnings: settings taken away that decide nothing, whatever users choose.

A fix is safe when no state, lock or sync of anybody is another one without the setting, over
every combination of choices, no expectation that was met is broken, and the same opposite
locks are met (`lock-conflict` is for somebody to settle). Each is judged with
those before it made: of two settings that are redundant because of each other, one stays.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.edit.carry import undisturbed
from engine.edit.place import place_of
from engine.edit.rewrite import with_setting
from engine.edit.write import replace_file
from engine.errors import CalsyncError, RefusedError
from engine.findings import has_errors
from engine.model import Scope
from engine.read.load import load
from engine.review.conflicts import locks_met
from engine.review.places import SettingKey, entity_at
from engine.review.population import Population
from engine.review.reach import alike, below, without
from engine.review.standing import answer
from engine.review.testing import is_met
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.findings import Finding
    from engine.model import PolicySet
    from engine.read.load import Loaded
    from engine.read.source import WorkingTree
    from engine.review.reach import Kin, ScopeKey

FIXABLE: Final = frozenset({"redundant-setting", "dead-setting", "shadowed-lock"})
"""The warnings whose setting may be taken away where that alters nothing."""


class Kept(NamedTuple):
    """A warning that was not fixed, and why."""

    finding: Finding
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """What fixing does: `files` hold the bytes before and after, by path."""

    fixed: tuple[Finding, ...]
    kept: tuple[Kept, ...]
    files: dict[str, tuple[bytes, bytes]]


def fixes(loaded: Loaded, found: Iterable[Finding]) -> Fixes:
    """Return the fixes of those findings that have a safe one, without writing anything."""
    fixer = _Fixer(loaded)
    for finding in found:
        if finding.code in FIXABLE:
            fixer.fix(finding)
    return Fixes(fixed=tuple(fixer.fixed), kept=tuple(fixer.kept), files=fixer.files)


class _Fixer:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.policies = loaded.policies
        self.people: dict[ScopeKey, list[Kin]] = below(Population(loaded.policies))
        self.fixed: list[Finding] = []
        self.kept: list[Kept] = []
        self.files: dict[str, tuple[bytes, bytes]] = {}

    def fix(self, finding: Finding) -> None:
        scope, account, name, toggle = finding.about
        key = SettingKey(Scope(scope), account, name, toggle)
        then = without(self.policies, key)
        if not self._is_same(key, then):
            self.kept.append(Kept(finding, "without it somebody's decision would be another"))
            return
        if not self._meets_the_same(key, then):
            self.kept.append(Kept(finding, "opposite locks meet there, and which is meant is open"))
            return
        if self._breaks(key, then):
            self.kept.append(Kept(finding, "an expectation checks what it says"))
            return
        entity = entity_at(self.loaded.policies, *key[:3])
        assert entity is not None  # noqa: S101 - a warning is about what is declared
        try:
            place = place_of(self.loaded, entity, toggle)
            now = self.files.get(place.path)
            before = now[0] if now else self.loaded.source.read(place.path)
            after = with_setting(now[1] if now else before, place, None)
        except RefusedError as error:
            self.kept.append(Kept(finding, error.message))
            return
        self.files[place.path] = (before, after)
        self.policies = then
        self.fixed.append(finding)

    def _is_same(self, key: SettingKey, then: PolicySet) -> bool:
        """Tell whether everybody below gets the same state and lock, whatever they choose.

        As in `engine.review.reach`: what decides without any choice shows all there can be.
        """
        return all(
            alike(
                answer(self.policies, one.user, key.toggle).setting,
                answer(then, one.user, key.toggle).setting,
            )
            for one in self.people.get(key[:3], ())
        )

    def _meets_the_same(self, key: SettingKey, then: PolicySet) -> bool:
        """Tell whether nobody meets other opposite locks without the setting, or no longer any.

        Their decision may be the same, but `lock-conflict` is an error, and not ours to settle.
        """
        return all(
            locks_met(self.policies, one.user, key.toggle) == locks_met(then, one.user, key.toggle)
            for one in self.people.get(key[:3], ())
        )

    def _breaks(self, key: SettingKey, then: PolicySet) -> bool:
        """Tell whether an expectation that is met would not be."""
        return any(
            is_met(self.policies, one) and not is_met(then, one)
            for one in self.policies.expectations
            if one.toggle == key.toggle
        )


def write_fixes(source: WorkingTree, made: Fixes) -> None:
    """Write the fixed files, each atomically; put all back where that does not end well.

    INVARIANT: a fix is safe with those before it made, and not by itself: all or none are kept.
    Raises RefusedError where another edit got in between or the set is not valid afterwards,
    SourceError where a file cannot be written.
    """
    written: list[str] = []
    with undisturbed():
        try:
            for path, (before, after) in sorted(made.files.items()):
                replace_file(os.path.join(source.root, path), before, after)
                written.append(path)
            if written and has_errors(load(source).findings):
                raise RefusedError("the policies would not be valid: every file is as it was")
        except CalsyncError:
            _restore(source, made, written)
            raise


def _restore(source: WorkingTree, made: Fixes, paths: Sequence[str]) -> None:
    for path in paths:
        before, after = made.files[path]
        with suppress(RefusedError):  # somebody has edited it again: theirs stays
            replace_file(os.path.join(source.root, path), after, before)
