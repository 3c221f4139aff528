"""A comparison that reads what a change can matter to, where the old side's outline is known.

What a slice says of the people in it holds for the whole (see `engine.read.slices`); what counts
everybody is made up from what is known of the old side.
"""

from __future__ import annotations

from contextlib import suppress

from engine.errors import CalsyncError
from engine.findings import has_errors
from engine.read.cache import outlines
from engine.read.cache.trees import hashed
from engine.read.revisions import Revision
from engine.read.sides import find_sides, read_both
from engine.read.slices import slice_of
from engine.review.comparison import Label, compare
from engine.review.fields import keyed
from engine.review.targets import known_to_either
from engine.shapes import replace
from engine.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engine.model import PolicySet
    from engine.read.cache.outlines import Tally
    from engine.read.load import Loaded
    from engine.read.sides import Side
    from engine.read.slices import Slice
    from engine.review.comparison import Comparison
    from engine.review.guardrails import Verdict


def compare_sides(
    policies: str,
    words: Sequence[str],
    *,
    rev: str | None = None,
    toggles: Collection[str] = (),
    cache: bool = True,
) -> Comparison:
    """Compare the sides that the words of a command name: see `engine.read.sides.find_sides`.

    With `cache` as little is read as can be. Raises what finding, reading and asking for a toggle
    raise, and InvalidPoliciesError.
    """
    old, new = find_sides(policies, words, rev=rev)
    found = _of_slice(old, new, toggles) if cache else None
    if found is not None:
        return found
    sides = read_both(policies, old, new, kept=cache)
    sets = sides.valid()
    _known(*sets, toggles)
    found = compare(*sets, toggles=toggles or None, labels=_labels(old, new))
    if cache:
        with suppress(CalsyncError):  # the answer is there, whether the next is sooner or not
            _keep(old, sides.loaded_old)
    return found


def _known(old: PolicySet, new: PolicySet, toggles: Collection[str]) -> None:
    for key in toggles:
        known_to_either(old, new, key)


def _labels(old: Side, new: Side) -> tuple[Label, Label]:
    return Label(old.label, old.revision), Label(new.label, new.revision)


def _of_slice(old: Side, new: Side, toggles: Collection[str]) -> Comparison | None:
    """Compare two sides by a slice of them; None where they have to be read in full."""
    part = slice_of(old, new)
    if part is None or not _hold(part):
        return None
    _known(part.old, part.new, toggles)
    return replace(
        compare(part.old, part.new, toggles=toggles or None, labels=_labels(old, new)),
        users_old=part.users_old,
        users_new=part.users_new,
        users_both=part.users_both,
        guardrails=(),
    )


def _hold(part: Slice) -> bool:
    """Tell for sure that no guardrail is broken by the new side that the old side kept.

    Each counts single users, and whoever is not in the slice counts alike on both sides.
    """
    held = {
        name: one
        for name, one in keyed("guardrail", part.new).items()
        if name not in part.tallies or part.tallies[name].passed
    }
    if not held.keys() <= part.tallies.keys():
        return False
    if not held:
        return True
    from engine.review.guardrails import judge, within

    theirs = keyed("guardrail", part.old)
    before = judge(part.old, [theirs[name] for name in held])
    after = judge(part.new, list(held.values()))
    return all(
        within(verdict.guardrail, *_moved(part.tallies[name], was, verdict))
        for name, was, verdict in zip(held, before, after, strict=True)
    )


def _moved(whole: Tally, before: Verdict, after: Verdict) -> tuple[int, int, int]:
    """Return how many there are, and the fewest and most who satisfy it, on the new side."""
    return (
        whole.checked - before.checked + after.checked,
        whole.least - before.least + after.least,
        whole.most - before.most + after.most,
    )


# -- what is kept for the next time -------------------------------------------------------


def _keep(side: Side, loaded: Loaded) -> None:
    """Keep what slices need of an old side that was read in full, where it is a commit."""
    source = side.source
    if not isinstance(source, Revision) or has_errors(loaded.findings):
        return
    entries = loaded.entries
    parsed = loaded.parsed
    if entries is None or parsed is None or entries.of("directory") or not source.is_one_tree():
        return
    tree = source.repository.tree(source.revision)
    where = outlines.address(tree) if tree else None
    if where is None or outlines.has(where):
        return
    source.fetch(loaded.files)
    files = {
        source.label(path): outlines.File(path, source.blob(path), hashed(source.read(path)).hex())
        for path in loaded.files
    }
    outlines.keep(where, entries, files, parsed, _tallies(loaded.policies))


def _tallies(policies: PolicySet) -> dict[str, Tally]:
    known = keyed("guardrail", policies)
    if not known:
        return {}
    from engine.review.guardrails import judge

    verdicts = judge(policies, list(known.values()))
    return {
        name: outlines.Tally(one.checked, one.least, one.most, one.passed)
        for name, one in zip(known, verdicts, strict=True)
    }
