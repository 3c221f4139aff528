"""R7: random tables of meeting events, over random histories, equal to a brute-force reading."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
from click.testing import CliRunner

from cli import main
from tests.histories import written_history
from tests.reference import timeline as reference
from tests.repositories import written

COLUMNS = ["meeting", "user", "touched_at", "event", "synced", "reason", "now_sync"]


def spelled(rng, seconds):
    """An instant, to the second or finer, with one offset or another."""
    offset = timezone(timedelta(minutes=rng.choice((0, 0, 60, -330, 840))))
    said = datetime.fromtimestamp(seconds, tz=UTC).astimezone(offset).isoformat()
    if said.endswith("+00:00"):
        return rng.choice((said, f"{said[:-6]}Z", f"{said[:-6]}z"))
    return rng.choice((said, said.replace("T", " "), said[:-3] + said[-2:]))


def random_events(rng, made, number):
    """Events at, around and between the commits, with their instant in seconds apart."""
    people = sorted({user for refset in made.sets if refset for user in refset.users})
    owners = [*people, "nobody@acme.example"]
    times = reference.instants(made.reference)
    owner_of = {f"m{n}": rng.choice(owners) for n in range(max(number // 3, 1))}
    found = []
    for _ in range(number):
        meeting = rng.choice(sorted(owner_of))
        seconds = rng.choice(times) + rng.choice((0, 0, -1, 1, -500, 3000))
        event = {
            "meeting": meeting,
            "user": owner_of[meeting],
            "event": rng.choice(("created", "updated")),
            "at": seconds,
        }
        if rng.random() < 0.5:
            event["by"] = rng.choice(("user", "system"))
        found += [event] * rng.choice((1, 1, 1, 2))
    rng.shuffle(found)
    return found


def table(rng, events, form):
    """The events as CSV or NDJSON, their instants spelled out."""
    rows = [{**event, "at": spelled(rng, event["at"])} for event in events]
    if form == "ndjson":
        return "".join(json.dumps(row) + "\n" for row in rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, ["by", "at", "meeting", "user", "event"])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_written(row):
    at = row["touched_at"]
    if at is not None:
        at = datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**row, "touched_at": at}


@pytest.mark.parametrize("seed", range(6))
def test_meetings_are_judged_as_by_brute_force(tmp_path, monkeypatch, seed):
    rng = Random(seed)
    made = written_history(rng, 25, users=(2, 6), groups=(1, 4))
    written(tmp_path / "r", made.commits)
    monkeypatch.chdir(tmp_path / "r")
    for number in (1, 30, 300):
        events = random_events(rng, made, number)
        expected = [as_written(row) for row in reference.meetings(made.reference, events)]
        form = rng.choice(("csv", "ndjson"))
        (tmp_path / f"events.{form}").write_text(table(rng, events, form), newline="")
        done = CliRunner().invoke(
            main, ["meetings", str(tmp_path / f"events.{form}"), "--format", "json"]
        )
        assert done.exit_code == 0, done.stderr
        found = json.loads(done.stdout)["meetings"]
        assert found == expected
        assert all(list(row) == COLUMNS for row in found)
