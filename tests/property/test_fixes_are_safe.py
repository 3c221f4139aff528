"""`validate --fix` alters nothing: no state, lock or sync of anybody, whatever they choose.

Every user is given every choice of every toggle, none included, before and after; what was
expected and met is met afterwards; and every file that is touched gets shorter.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.decisions import decide
from engine.edit.fixes import FIXABLE, fixes
from engine.model import Setting, State
from engine.read.load import load
from engine.read.source import Memory
from engine.review.check import check
from engine.review.testing import run
from tests.generator import generate, scramble


def choices(user, toggle):
    others = {key: setting for key, setting in user.settings.items() if key != toggle}
    yield user
    yield replace(user, settings=others)
    for state in State:
        yield replace(user, settings={**others, toggle: Setting(state)})


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=40, deadline=None)
def test_after_the_fixes_everybody_gets_what_they_got_whatever_they_choose(seed):
    rng = Random(seed)
    documents = generate(rng, groups=(1, 5), users=(1, 8), conflicts=False)
    contents = {path: text.encode() for path, text in scramble(rng, documents).items()}
    loaded = load(Memory(contents))
    found = check(loaded)
    made = fixes(loaded, found)
    fixable = sum(finding.code in FIXABLE for finding in found)
    assert len(made.fixed) + len(made.kept) == fixable
    after = {**contents, **{path: new for path, (_, new) in made.files.items()}}
    old, new = loaded.valid(), load(Memory(after)).valid()
    for user in old.users.values():
        for toggle in old.toggles:
            for one in choices(user, toggle):
                before, then = decide(old, one, toggle), decide(new, one, toggle)
                assert before[3:5] == then[3:5]
                assert before.sync == then.sync
    met = [checked.passed for checked in run(old, explained=False).expectations]
    still = [checked.passed for checked in run(new, explained=False).expectations]
    assert sum(still) >= sum(met)
    for path, (before, then) in made.files.items():
        assert contents[path] == before
        assert len(then) < len(before)
