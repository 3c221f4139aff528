"""The parts of a statement over a population that do not depend on who runs it.

Writes DuckDB's SQL as text, and nothing that could not be translated for another database.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.literals import NO_CALENDAR, name, text
from engine.model import Decision, Reason, Scope, State, SyncReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.model import User
    from engine.population.asked import Asked

SUMMARY: Final = "toggle, state, locked, reason, sync_reason"
"""The columns that a summary counts by."""
Counted: TypeAlias = "tuple[str, str, bool, str, str | None, int]"
"""The columns of a summary, and how many users."""


def filtered(people: str, asked: Asked, account: str) -> str:
    """Return the relation of those of an account's people who are asked for."""
    wanted = []
    if asked.users:
        wanted.append(f'"user" IN ({", ".join(map(text, asked.users))})')
    if asked.members:
        own = ", ".join(text(group) for owner, group in asked.members if owner == account)
        among = f"list_filter(groups, lambda g: g::VARCHAR IN ({own}))"
        wanted.append(f"array_length({among}) > 0" if own else "false")
    return f"SELECT * FROM ({people}) WHERE {' AND '.join(wanted)}" if wanted else people


def whole(selects: Sequence[str], asked: Asked, *, ordered: bool) -> str:
    """Return the statement of all parts: those rows that the conditions let through, in order."""
    rows = " UNION ALL ".join(f"({one})" for one in selects)
    conditions = [
        f"coalesce({name(Decision._fields[at])}::VARCHAR, '')"
        f" IN ({', '.join(map(text, sorted(values)))})"
        for at, values in asked.conditions.items()
    ]
    if conditions:
        rows = f"SELECT * FROM ({rows}) WHERE {' AND '.join(conditions)}"
    if ordered and asked.sorted:
        rows = f'SELECT * FROM ({rows}) ORDER BY account, "user", toggle'
    return rows


def counted(rows: str, users: str = 'count("user")') -> str:
    """Return the statement that counts rows by what a summary shows.

    `users` is how many a number of alike rows stand for.
    """
    words = ", ".join(
        column if column == "locked" else f"{column}::VARCHAR AS {column}"
        for column in SUMMARY.split(", ")
    )
    each = f"SELECT {SUMMARY}, {users} AS users FROM ({rows}) GROUP BY ALL"
    return f"SELECT {words}, users FROM ({each})"


def people_of(counts: Iterable[Counted], asked: Asked) -> int | None:
    """Return how many distinct users were counted, None where that has to be asked.

    Each user has one row of a toggle, unless conditions leave it out.
    """
    users: Counter[str] = Counter()
    for toggle, *_, number in counts:
        users[toggle] += number
    if len(users) < 2 or not asked.conditions:
        return max(users.values(), default=0)
    return None


def people(rows: str) -> str:
    """Return the statement that counts the distinct users of rows."""
    return f'SELECT count(DISTINCT "user") FROM ({rows})'


def row_of(user: User, toggles: Sequence[str]) -> dict[str, Any]:
    """Return a user that is a value as a row of the relation that `decide.sql` reads."""
    own = {key: one.state is State.ENABLED for key, one in user.settings.items()}
    return {
        "account": user.account,
        "user": user.id,
        "groups": user.groups or None,
        "primary_group": user.primary_group,
        "calendars": (NO_CALENDAR,) if user.calendars == () else user.calendars,
        **{f"t{number}": own.get(key) for number, key in enumerate(toggles)},
    }


def decision(row: Sequence[Any]) -> Decision:
    """Return a row of a statement as a decision."""
    account, user, toggle, state, locked, reason, scope, source, sync, why = row
    return Decision(
        account,
        user,
        toggle,
        State(state),
        locked,
        Reason(reason),
        Scope(scope),
        source,
        sync,
        SyncReason(why) if why is not None else None,
    )
