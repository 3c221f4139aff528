"""`calsync meetings`: tables in and out, what each reason means, and bad tables."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest
from click.testing import CliRunner

from cli import main
from tests.repositories import START, Made, line, written

AMY, BOB, CY = (f"{name}@acme.example" for name in ("amy", "bob", "cy"))
SYNC = "bidirectional_calendar_sync"
HEAD = "meeting,user,event,at,by\n"
FIRST = "2023-11-14T22:13:20Z"  # START
SECOND = "2023-11-14T23:13:20Z"


def policies(amy, bob):
    users = [
        f"{{kind: user, id: {name}, toggles: {{{SYNC}: {word}}}}}"
        for name, word in ((AMY, amy), (BOB, bob))
    ]
    return {"policies/a.yaml": "\n---\n".join(["{kind: account, id: acme}", *users])}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Amy turns sync on, and Bob off, at the second commit."""
    commits = line(Made(policies("off", "on")), Made(policies("on", "off"), START + 3600))
    written(tmp_path, commits)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def calsync(*words):
    return CliRunner().invoke(main, ["meetings", *words])


def judged(folder, text, *words, name="e.csv"):
    (folder / name).write_text(text, encoding="utf-8", newline="")
    done = calsync(name, "--format", "json", *words)
    assert done.exit_code == 0, done.stderr
    return {
        row["meeting"]: (row["synced"], row["reason"], row["now_sync"])
        for row in json.loads(done.stdout)["meetings"]
    }


def refused(folder, text, name="e.csv"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = calsync(name)
    assert done.exit_code == 2, done.stdout
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    return done.stderr


EVENTS = f"""{HEAD}off,{AMY},created,{FIRST},user
at,{AMY},updated,{SECOND},
just-before,{AMY},updated,2023-11-14T23:13:19.999999Z,user
before-all,{AMY},created,2000-01-01T00:00:00Z,user
was-on,{BOB},created,{FIRST},user
system,{BOB},created,{FIRST},user
system,{BOB},updated,{SECOND},system
nobody,{CY},created,{SECOND},user
untouched,{AMY},created,{SECOND},system
"""


def test_each_reason_is_given_where_it_holds(folder):
    assert judged(folder, EVENTS) == {
        "off": (False, "not_touched_since_enabled", True),
        "at": (True, "synced", True),
        "just-before": (False, "not_touched_since_enabled", True),
        "before-all": (None, "no_policy_in_force", True),
        "was-on": (True, "synced_before_disabled", False),
        "system": (True, "synced_before_disabled", False),
        "nobody": (None, "unknown_user", None),
        "untouched": (None, "no_touch", True),
    }


def test_the_history_ends_at_the_revision_or_the_instant_that_is_asked(folder):
    old = judged(folder, EVENTS, "--rev", "main~1")
    assert old["at"] == (False, "toggle_disabled", False)
    assert judged(folder, EVENTS, "--at", FIRST) == old


def test_offsets_order_and_spelling_of_instants_do_not_matter(folder):
    rows = ("2023-11-15T00:13:20+01:00", "2023-11-14 18:13:20-0500", "20231114T231320Z")
    text = HEAD + "".join(f"m{n},{AMY},updated,{at},user\n" for n, at in enumerate(rows))
    late_first = f"x,{BOB},updated,{SECOND},user\nx,{BOB},created,{FIRST},user\n" * 2
    found = judged(folder, text + late_first)
    assert {found[f"m{n}"] for n in range(3)} == {(True, "synced", True)}
    assert found["x"] == (False, "toggle_disabled", False)


def test_csv_ndjson_and_parquet_in_are_the_same_table(folder):
    expected = judged(folder, EVENTS)
    rows = [{k: v for k, v in row.items() if v} for row in csv.DictReader(io.StringIO(EVENTS))]
    ndjson = "".join(json.dumps({**row, "more": [1]}) + "\n\n" for row in rows)
    assert judged(folder, ndjson, name="e.ndjson") == expected
    (folder / "e.csv.gz").write_bytes(gzip.compress(EVENTS.encode()))
    assert len(json.loads(calsync("e.csv.gz", "--format", "json").stdout)["meetings"]) == 8
    for number, at in enumerate(('"at"', '"at"::TIMESTAMPTZ')):
        columns = f'meeting, "user", event, {at} AS "at", "by"'
        query = f"SELECT {columns} FROM read_csv('e.csv', all_varchar = true)"
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'America/New_York'")
            connection.execute(f"COPY ({query}) TO 'e{number}.parquet' (FORMAT parquet)")
        done = calsync(f"e{number}.parquet", "--format", "json")
        found = json.loads(done.stdout)["meetings"]
        assert {row["meeting"]: row["reason"] for row in found} == {
            meeting: reason for meeting, (_, reason, _) in expected.items()
        }


def test_nanoseconds_in_utc_as_pandas_writes_them_are_instants(folder):
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        at = f"('{SECOND}'::TIMESTAMPTZ - INTERVAL '1 microsecond' * n)::TIMESTAMPTZ_NS"
        path = f"{folder}/ns.parquet"
        row = f"n::VARCHAR AS meeting, '{AMY}' AS \"user\", 'updated' AS event, {at} AS \"at\""
        try:
            connection.execute(
                f"COPY (SELECT {row} FROM range(2) AS t(n)) TO '{path}' (FORMAT parquet)"
            )
        except duckdb.CatalogException:
            pytest.skip("this DuckDB reads them as microseconds, and cannot write them")
    found = json.loads(calsync("ns.parquet", "--format", "json").stdout)["meetings"]
    assert [(row["touched_at"], row["synced"]) for row in found] == [
        (SECOND, True),
        ("2023-11-14T23:13:19.999999Z", False),
    ]


def test_an_update_before_1970_keeps_its_instant(folder):
    (folder / "e.csv").write_text(f"{HEAD}m,{AMY},updated,1969-12-31T23:59:59Z,user\n")
    (row,) = json.loads(calsync("e.csv", "--format", "json").stdout)["meetings"]
    assert (row["touched_at"], row["event"]) == ("1969-12-31T23:59:59Z", "updated")


def test_a_commit_of_a_clock_that_runs_far_ahead_holds_for_no_event(tmp_path, monkeypatch):
    commits = line(Made(policies("off", "on")), Made(policies("on", "off"), 2**63 - 1))
    written(tmp_path, commits)
    monkeypatch.chdir(tmp_path)
    found = judged(tmp_path, EVENTS)
    assert found["at"] == (False, "not_touched_since_enabled", True)


def test_other_columns_are_passed_over_whatever_they_are_called(folder):
    text = f"meeting,AT,x,x,,user,event,at\nm,1,2,3,4,{AMY},updated,{SECOND}\n"
    assert judged(folder, text) == {"m": (True, "synced", True)}


def test_every_format_out_has_the_same_rows_ordered_by_meeting(folder):
    judged(folder, EVENTS)
    rows = json.loads(calsync("e.csv", "--format", "json").stdout)["meetings"]
    assert [row["meeting"] for row in rows] == sorted(row["meeting"] for row in rows)
    lines = calsync("e.csv", "--format", "ndjson").stdout.splitlines()
    assert [json.loads(one) for one in lines] == rows
    for form in ("csv", "ndjson", "parquet", "json"):
        assert calsync("e.csv", "--format", form, "--output", f"o.{form}").exit_code == 0
    assert json.loads((folder / "o.json").read_text())["meetings"] == rows
    assert [json.loads(one) for one in (folder / "o.ndjson").read_text().splitlines()] == rows
    assert (folder / "o.csv").read_text() == calsync("e.csv", "--format", "csv").stdout
    with duckdb.connect() as connection:
        answer = connection.execute("SELECT * FROM 'o.parquet'")
        names = [column[0] for column in answer.description]
        assert [dict(zip(names, row, strict=True)) for row in answer.fetchall()] == rows
    assert not list(folder.glob(".calsync-*"))


def test_a_pipe_is_written_to_and_a_link_stays_one(folder):
    (folder / "e.csv").write_text(EVENTS)
    (folder / "link").symlink_to("real")
    os.mkfifo(folder / "pipe")
    for form in ("csv", "ndjson", "parquet"):
        with ThreadPoolExecutor() as reading:
            whole = reading.submit((folder / "pipe").read_bytes)
            assert calsync("e.csv", "--format", form, "--output", "pipe").exit_code == 0
            assert calsync("e.csv", "--format", form, "--output", "link").exit_code == 0
            assert whole.result(timeout=60) == (folder / "real").read_bytes() != b""
    assert (folder / "pipe").is_fifo()
    assert (folder / "link").is_symlink()
    assert calsync("e.csv", "--format", "parquet").stdout_bytes == (folder / "real").read_bytes()
    nowhere = calsync("e.csv", "--format", "csv", "--output", "gone/x.csv")
    assert nowhere.exit_code == 2
    assert nowhere.stderr == "error: cannot write `gone/x.csv`: No such file or directory\n"


def test_text_says_what_will_sync_at_its_next_update_and_the_assumption(folder):
    judged(folder, EVENTS)
    for words in (["--summary"], []):
        said = " ".join(calsync("e.csv", *words).stdout.split())
        assert "each will sync at its next update" in said
        assert "assumes that the portal followed" in said
        assert "8 meetings" in said


def test_a_summary_counts_in_every_format(folder):
    judged(folder, EVENTS)
    counted = json.loads(calsync("e.csv", "--summary", "--format", "json").stdout)["summary"]
    assert counted["meetings"] == 8
    assert counted["synced"] == {"false": 2, "null": 3, "true": 3}
    assert counted["reason"]["not_touched_since_enabled"] == 2
    text = calsync("e.csv", "--summary", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(int(row["meetings"]) for row in rows) == 8
    done = calsync("e.csv", "--summary", "--format", "parquet", "--output", "sum.parquet")
    assert (done.exit_code, done.stderr) == (0, "")
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM 'sum.parquet'").fetchall()
    words = {None: "", True: "true", False: "false"}
    assert [
        {"synced": words[synced], "reason": why, "now_sync": words[now], "meetings": str(number)}
        for synced, why, now, number in found
    ] == rows


def test_bad_rows_are_told_with_their_line_and_number(folder):
    good = f'"a\nb",{AMY},created,{FIRST},user\n'
    for row, what in (
        (f"m,{AMY},created,2024-01-01T00:00:00,user", "no ISO 8601 instant with an offset"),
        (f"m,{AMY},created,2024-01-01,user", "no ISO 8601 instant with an offset"),
        (f"m,{AMY},created,2024-02-30T00:00:00Z,user", "`2024-02-30T00:00:00Z`"),
        (f"m,{AMY},created,,user", "no ISO 8601 instant"),
        (f"m,{AMY},deleted,{FIRST},user", "`deleted`, neither created nor updated"),
        (f"m,{AMY},created,{FIRST},robot", "`robot`, neither user nor system"),
        (f",{AMY},created,{FIRST},user", "no meeting is named"),
        (f"m,,created,{FIRST},system", "no user is named"),
    ):
        said = refused(folder, f"{HEAD}{good}{row}\n")
        assert "e.csv:4: " in said
        assert what in said
    two = f"{HEAD}m,{AMY},x,{FIRST},user\nm,{AMY},y,{FIRST},user\n"
    assert "one of 2 bad rows" in refused(folder, two)
    lines = f'\n{{"meeting": "m", "user": "{AMY}", "event": "created"}}\n'
    assert "e.ndjson:2: " in refused(folder, lines, "e.ndjson")


def test_a_meeting_with_two_owners_is_a_wrong_question(folder):
    said = refused(folder, f"{HEAD}m,{AMY},created,{FIRST},user\nm,{BOB},updated,{FIRST},system\n")
    assert "the meeting `m` has two owners" in said


def test_tables_that_cannot_be_read_are_wrong_questions(folder):
    assert "has no column `at`" in refused(folder, "meeting,user,event\n")
    assert "did you mean `by`?" in refused(folder, "meeting,user,event,at,By\n")
    assert "twice" in refused(folder, "meeting,meeting,user,event,at\n")
    assert "has no header" in refused(folder, "")
    assert "not CSV" in refused(folder, b"\xff\xfe\x00")
    assert "not Parquet" in refused(folder, b"nothing", "e.parquet")
    assert "no JSON" in refused(folder, "{]\n", "e.ndjson")
    assert "e.csv:2" in refused(folder, f"{HEAD}m,{AMY}\n")
    assert "no table" in refused(folder, "x", "e.xlsx")
    assert "quotation marks" in refused(folder, f"{HEAD}m,{AMY},created,{FIRST},user,more\n")
    assert calsync("gone.csv").exit_code == 2
    assert judged(folder, HEAD) == {}


def test_the_first_line_that_is_no_object_is_named_with_what_is_wrong(folder):
    good = json.dumps({"meeting": "m", "user": AMY, "event": "created", "at": FIRST}).encode()
    for bad, what in (
        (b"{oops", "no JSON object"),
        (b"[1]", "no JSON object"),
        (good + good, "no JSON object"),
        (good.replace(b'"m"', b'"\xe9"'), "not in UTF-8"),
        (good.replace(b'"m"', b'"m", "meeting": "n"'), "`meeting` stands twice"),
    ):
        said = refused(folder, good + b"\n\n" + bad + b"\n" + good, "e.ndjson")
        assert "e.ndjson:3: " in said
        assert what in said
    assert "byte order mark" in refused(folder, b"\xef\xbb\xbf" + good, "e.ndjson")
    assert "gzip" in refused(folder, good, "e.ndjson.gz")


def test_timestamps_without_an_offset_are_refused_as_such(folder):
    for kind, what in (("TIMESTAMP", "do not say their offset"), ("DATE", "no instants")):
        with duckdb.connect() as connection:
            row = f"'m' AS meeting, 'a@b' AS \"user\", 'created' AS event, now()::{kind} AS \"at\""
            connection.execute(f"COPY (SELECT {row}) TO '{folder}/e.parquet' (FORMAT parquet)")
        assert what in calsync("e.parquet").stderr


def test_a_toggle_without_calendars_or_that_never_was_is_a_wrong_question(folder):
    judged(folder, EVENTS)
    plain = calsync("e.csv", "--toggle", "calendar_and_contacts_integration")
    assert plain.exit_code == 2
    assert "no calendars to reach" in plain.stderr
    assert "there never was a toggle" in calsync("e.csv", "--toggle", "sync").stderr


@pytest.mark.parametrize("memory", ["banana", "-1", "0GB"])
def test_what_is_no_amount_of_memory_is_refused_before_anything_is_read(memory):
    done = calsync("nowhere.csv", "--memory", memory)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: `{memory}` is no amount of memory\n")
