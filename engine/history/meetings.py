"""Which meetings reached the calendars (R7): an as-of join of last touches and timelines.

DuckDB does it, from the file to the file: no event, and no meeting, is ever a value in Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.errors import QuestionError, SourceError
from engine.history.events import IS_WRONG, Events, first_wrong, opened, unreadable
from engine.history.profiles import Timelines, timelines
from engine.literals import text
from engine.model import SyncReason
from engine.read import duck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.history.walk import Walk

COLUMNS: Final = ("meeting", "user", "touched_at", "event", "synced", "reason", "now_sync")
_COPY: Final = {
    "parquet": "FORMAT parquet",
    "csv": "FORMAT csv, HEADER true",
    "ndjson": "FORMAT json",
}
_BAD: Final = 9_223_372_036_854_775_807
"""What marks a meeting with a bad row: later than any touch."""


class Meetings:
    """The meetings of a table, judged: as rows, as a file, or counted."""

    def __init__(self, path: str, walk: Walk, toggle: str, *, memory: str | None = None) -> None:
        self.connection = duck.connect("meetings")
        import duckdb

        if memory:
            duck.limit(self.connection, memory)
        self.connection.execute("SET TimeZone = 'UTC'")
        events = opened(self.connection, path)
        try:
            self._touch(events)
        except duckdb.OutOfMemoryException as error:
            raise SourceError(f"`{path}` needs more memory", hint="raise --memory") from error
        except duckdb.Error as error:
            raise unreadable(events, error) from error
        query = 'SELECT DISTINCT "user" FROM touches'
        owners = [owner for (owner,) in self.connection.execute(query).fetchall()]
        self._take(timelines(walk, owners, toggle))

    def _touch(self, events: Events) -> None:
        """Find the last touch of each meeting; raise QuestionError for a bad table.

        A touch is one number, twice its microseconds, and one more for an update: of two at one
        instant the update is the later.
        """
        key = "instant * 2 + (event = 'updated')::BIGINT"
        touch = f"max(CASE WHEN {IS_WRONG} THEN {_BAD} WHEN \"by\" = 'user' THEN {key} END)"
        self.connection.execute(
            'CREATE TEMP TABLE touches AS SELECT meeting, min("user") AS "user",'
            f' max("user") AS other, {touch} AS touch'
            f" FROM (SELECT *, {events.instant} AS instant FROM {events.relation})"
            " GROUP BY meeting"
        )
        if self._rows(f"SELECT 1 FROM touches WHERE touch = {_BAD} LIMIT 1"):
            raise first_wrong(self.connection, events)
        two = self._rows(
            'SELECT meeting, "user", other, count(*) OVER () FROM touches'
            ' WHERE "user" <> other ORDER BY meeting LIMIT 1'
        )
        if two:
            meeting, one, other, total = two[0]
            more = "" if total == 1 else f" (one of {total:,} such meetings)"
            message = f"the meeting `{meeting}` has two owners, `{one}` and `{other}`{more}"
            raise QuestionError(message, hint="`user` is the owner, one for each meeting")

    def _take(self, found: Timelines) -> None:
        """Put the timelines beside the touches, people as numbers."""
        spans, turns, now = found.spans, found.turns, found.now
        self._fill("spans", ("person VARCHAR", "since BIGINT", "timeline BIGINT"), spans)
        self._fill("turns", ("timeline BIGINT", "since BIGINT", "said VARCHAR"), turns)
        flags = [None if said is None else said is SyncReason.ACTIVE for said in now.values()]
        self._fill("present", ("person VARCHAR", "now_sync BOOLEAN"), (list(now), flags))
        begin = "NULL" if found.begin is None else str(found.begin)
        self.connection.execute(f"CREATE TEMP MACRO begin_of_policy() AS {begin}::BIGINT")

    def _fill(self, table: str, columns: tuple[str, ...], values: tuple[list[Any], ...]) -> None:
        picked = ", ".join(
            f"unnest(${at}::{column.split()[1]}[]) AS {column.split()[0]}"
            for at, column in enumerate(columns, 1)
        )
        self.connection.execute(f"CREATE TEMP TABLE {table} AS SELECT {picked}", list(values))

    # -- results ------------------------------------------------------------------------

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows, ordered by meeting; see COLUMNS."""
        answer = self.connection.execute(f"{_JUDGED} ORDER BY meeting")
        while batch := answer.fetchmany(4096):
            yield from batch

    def write(self, path: str, form: str) -> None:
        """Write the rows to a file; it appears only when it is whole."""
        import duckdb

        def copy(part: str) -> None:
            query = f"COPY ({_JUDGED} ORDER BY meeting) TO {text(part)} ({_COPY[form]})"
            self.connection.execute(query).fetchall()

        try:
            duck.put(path, copy)
        except duckdb.OutOfMemoryException as error:
            raise SourceError(f"`{path}` needs more memory", hint="raise --memory") from error
        except duckdb.IOException as error:
            raise SourceError(f"cannot write `{path}`: {error}".splitlines()[0]) from error

    def summary(self) -> list[tuple[bool | None, str, bool | None, int]]:
        """Return synced, reason, now_sync and the number of meetings of each kind."""
        query = (
            f"SELECT synced, reason, now_sync, count(*) FROM ({_JUDGED}) GROUP BY ALL ORDER BY ALL"
        )
        return self._rows(query)

    def _rows(self, query: str) -> list[Any]:
        return self.connection.execute(query).fetchall()


_AT: Final = "make_timestamp(touched)"
_WRITTEN: Final = (
    f"CASE WHEN touched % 1000000 = 0 THEN strftime({_AT}, '%Y-%m-%dT%H:%M:%SZ')"
    f" ELSE rtrim(strftime({_AT}, '%Y-%m-%dT%H:%M:%S.%f'), '0') || 'Z' END"
)
_JUDGED: Final = f"""
WITH located AS (
    SELECT touches.*, touch >> 1 AS touched, spans.timeline
    FROM touches ASOF LEFT JOIN spans
    ON touches."user" = spans.person AND touches.touch >> 1 >= spans.since
), told AS (
    SELECT located.*, turns.said FROM located ASOF LEFT JOIN turns
    ON located.timeline = turns.timeline AND located.touched >= turns.since
), known AS (
    SELECT told.*, present.now_sync, CASE
        WHEN touch IS NULL THEN 'no_touch'
        WHEN begin_of_policy() IS NULL OR touched < begin_of_policy() THEN 'no_policy_in_force'
        WHEN timeline IS NULL THEN 'unknown_user'
        WHEN said IS NULL THEN 'no_policy_in_force'
        WHEN said = 'active' THEN if(now_sync IS FALSE, 'synced_before_disabled', 'synced')
        ELSE if(now_sync IS TRUE, 'not_touched_since_enabled', said) END AS reason
    FROM told LEFT JOIN present ON told."user" = present.person
)
SELECT meeting, "user", {_WRITTEN} AS touched_at,
    CASE WHEN touch IS NULL THEN NULL WHEN touch & 1 = 1 THEN 'updated' ELSE 'created' END AS event,
    CASE WHEN reason IN ('synced', 'synced_before_disabled') THEN true
        WHEN reason IN ('no_touch', 'no_policy_in_force', 'unknown_user') THEN NULL
        ELSE false END AS synced,
    reason, now_sync
FROM known"""
