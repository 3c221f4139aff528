"""R8: whoever asks for whatever change gets the reference's verdict, reason, needs and holders.

The reference reads the sentences of R8 one by one over plain dicts; the engine reads the old
set's roles and the new set's locks. Some users stand in tables.
"""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.review.authority import authorize
from engine.review.changes import declared
from tests.property.test_diff_matches_reference import pair, tabled, written
from tests.reference import authority as reference
from tests.reference import changes as reference_changes
from tests.reference import model


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=150, deadline=None)
def test_every_verdict_is_that_of_r8_read_naively(seed):
    rng = Random(seed)
    documents = pair(rng)
    sides, refsets = [], []
    for one in documents:
        kept, rows = tabled(rng, one) if seed % 3 == 0 else (one, [])
        sides.append(written(rng, kept, rows))
        refsets.append(model.load(kept, {"tables/people.csv": rows}))
    old, new = sides
    changes = declared(old, new)
    expected = reference_changes.declared(*refsets)
    assert [c.id for c in changes] == [c["id"] for c in expected]
    actors = {*old.owners, *(m for role in old.roles for m in role.members), *new.owners}
    actors |= {admin for group in old.groups.values() for admin in group.admins}
    for actor in [*rng.sample(sorted(actors), min(3, len(actors))), "nobody@x.example"]:
        verdicts = authorize(old, new, changes, actor)
        for verdict, change in zip(verdicts, expected, strict=True):
            found = (
                verdict.allowed,
                verdict.because,
                list(verdict.needs),
                list(verdict.holders),
            )
            assert found == reference.verdict(*refsets, change, actor), change
            assert verdict.message
