"""The page's data is the comparison: every row, what was asked before and after, every cause."""

from __future__ import annotations

import json
import re
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.report.diff_html import embedded, render
from engine.report.diff_rows import table
from engine.report.screen import plain
from engine.report.stages import words
from engine.review.comparison import Outcome, compare
from engine.review.explanation import explain
from engine.review.phrases import standing
from engine.review.story import tell
from tests.property.test_diff_matches_reference import pair, tabled, written

DECIDES, APPLIES, OWN = 1, 2, 4


def rows_of(data):
    """Read the lists as the script of the page does."""
    for name, known, shape, *extras in data["people"]:
        account, before, after, views = data["shapes"][shape]
        for at, view in enumerate(views):
            move, action, old, new, shared = data["views"][view]
            own = extras[0][at] if extras else [0, 0, 0]
            toggle, *stages = data["moves"][move]
            yield {
                "account": data["accounts"][account][0],
                "user": name,
                "name": known or None,
                "toggle": data["toggles"][toggle][0],
                "action": ("changed", "added", "removed", "same")[action],
                "stages": [data["stages"][stage][0] for stage in stages],
                "sides": [side(data, old, own[1]), side(data, new, own[2])],
                "groups": [[data["groups"][g][0] for g in groups] for groups in (before, after)],
                "causes": own[0] or shared,
            }


def side(data, number, own):
    if number < 0:
        return None
    _, source, _, tiers = data["sides"][number]
    found = []
    for reason, text, note, place, flags in (data["tiers"][tier] for tier in tiers):
        if flags & OWN and own:
            place, note = own  # noqa: PLW2901 - as the page does
        where = f"{data['files'][place[0]]}:{place[1]}" if place else None
        found.append((reason, text, note or None, where, bool(flags & DECIDES)))
    return source, found


def expected_side(policies, user, toggle):
    explained = explain(policies, policies.users[user], policies.toggles[toggle])
    found = []
    for tier in explained.tiers:
        where = tier.location and plain(f"{tier.location.file}:{tier.location.line}")
        noted = tier.note and (tier.applies or tier.scope == "user")
        note = plain(tier.note) if noted else None
        found.append((tier.reason, plain(tier.text), note, where, tier.why == "decides"))
    return plain(explained.source), found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_lists_say_what_the_rows_say(seed):
    rng = Random(seed)
    old, new = (written(rng, *tabled(rng, documents)) for documents in pair(rng))
    found = compare(old, new)
    rows = table(found, tell(found), limit=10**6, provenance=True)
    data = json.loads(embedded(rows.content))
    told = {(row["user"], row["toggle"]): row for row in rows_of(data)}
    wanted = {(plain(row.user), row.toggle): row for row in (*found.rows, *found.provenance)}
    assert told.keys() == wanted.keys()
    quiet = {(plain(row.user), row.toggle) for row in found.provenance}
    for key, row in told.items():
        one = wanted[key]
        sides = [(old, one.old), (new, one.new)]
        assert row["account"] == plain(one.account)
        assert row["action"] == ("same" if key in quiet else one.action)
        assert row["causes"] == list(one.causes)
        assert row["stages"] == [words(d and Outcome.of(d)).label for _, d in sides]
        assert row["sides"] == [d and expected_side(s, one.user, one.toggle) for s, d in sides]
        groups = [s.users[one.user].groups if d else () for s, d in sides]
        assert [sorted(some) for some in row["groups"]] == [
            sorted(plain(group) for group in set(some)) for some in groups
        ]
        assert set(row["causes"]) <= {int(number) for number in data["changes"]}
    changed = [(row.toggle, row.old, row.new) for row in found.rows]
    assert sum(rows.moves.values()) == len(changed)
    counted = {(t.toggle, t.old, t.new): t.users for t in found.transitions}
    moved = {move: n for move, n in rows.moves.items() if move.old and move.new}
    assert moved == counted


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_a_page_is_one_file_with_its_numbers_right(seed):
    rng = Random(seed)
    old, new = (written(rng, side, []) for side in pair(rng))
    found = compare(old, new)
    text = render(found, tell(found), provenance=True)
    assert text == render(found, tell(found), provenance=True)
    assert text.count("</html>") == 1 and text.endswith("</html>\n")
    assert text.count("<script") == text.count("</script>") == 2
    assert not re.search(r"""(src|href)=(?!"(#|data:))""", text.split("<script")[0])
    assert f">{found.affected:,}</dd>" in text
    for outcome in {end for t in found.transitions for end in (t.old, t.new)}:
        assert words(outcome).text == standing(outcome)


def test_what_is_embedded_cannot_end_its_element():
    text = embedded({"</script>": ["<!--", "&", "\u2028\u2029", "\ud800"]})
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == {"</script>": ["<!--", "&", "\u2028\u2029", "\ud800"]}
