"""The benchmarks ask what calsync answers, and fit what they say they fit."""

from __future__ import annotations

import pytest

from bench._peers import SYNC, facts, plain_python, policies
from bench.growth import slope
from engine.decide.decisions import decide


def test_what_the_peers_are_told_and_asked_is_what_calsync_decides():
    found, plain = policies(), plain_python()
    answers = [plain(facts(found, user)) for user in found.users.values()]
    assert answers == [decide(found, user, SYNC).sync for user in found.users.values()]
    assert set(answers) == {True, False}
    reasons = {decide(found, user, SYNC).reason for user in found.users.values()}
    assert {"primary_group_lock", "group_lock", "group_lock_conflict", "user_choice"} <= reasons


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_a_power_is_found_in_the_last_three_sizes(power):
    points = [(1.0, 7.0), *((10.0**n, 3.0 * 10 ** (n * power)) for n in (1, 2, 3))]
    assert slope(points) == pytest.approx(power)
