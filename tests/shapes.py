"""Users of random sets, moved from YAML into tables of every shape that a table may have."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import duckdb

from tests.reference.draws import chance
from tests.reference.spelling import scramble

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.reference.model import Entity

FIXED = ("user", "groups", "primary_group", "calendars")
STATES = {
    "enabled": ("enabled", "on", "ON", "true", "Yes"),
    "disabled": ("disabled", "off", "Off", "FALSE", "no"),
}


def write_set(rng: Random, documents: list[Entity], folder: Path) -> None:
    """Write a set below a folder: some users in YAML, the others in tables of one shape each."""
    users = [one for one in documents if one["kind"] == "user"]
    rest = [one for one in documents if one["kind"] != "user"]
    accounts = sorted({one["id"] for one in documents if one["kind"] == "account"})
    toggles = sorted(toggle_keys(documents))
    for number, account in enumerate(accounts):
        own = [one for one in users if one.get("account", accounts[0]) == account]
        staying = [one for one in own if chance(rng, 20)]
        moving = [one for one in own if one not in staying]
        rest += staying
        if moving:
            # relative to its file, which stands at the top, as a flow mapping in JSON's spelling
            directory = {"kind": "directory", "account": account, "source": f"t{number}/**/*.*"}
            top = folder / f"directory{number}.yaml"
            folder.mkdir(exist_ok=True)
            top.write_text(json.dumps(directory, ensure_ascii=False), encoding="utf-8")
            half = len(moving) // 2
            for part, rows in enumerate((moving[:half], moving[half:])):
                write_table(rng, rows, toggles, folder / f"t{number}" / f"part{part}")
    for path, text in scramble(rng, rest).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")


def toggle_keys(documents: list[Entity]) -> set[str]:
    found = {"bidirectional_calendar_sync", "calendar_and_contacts_integration"}
    return found.union(*(one["toggles"] for one in documents if one["kind"] == "catalogue"))


def write_table(rng: Random, users: list[Entity], toggles: list[str], path: Path) -> None:
    """Write a table in a shape that can hold these users: CSV, or Parquet of lists or of text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    as_text = not any(odd_for_text(group) for user in users for group in user.get("groups", ()))
    shape = rng.choice(("csv", "text", "lists") if as_text else ("lists",))
    rows = [row(rng, user, lists=shape == "lists") for user in users]
    columns = [c for c in (*FIXED, *toggles) if c == "user" or any(r.get(c) for r in rows)]
    rng.shuffle(columns)
    if shape == "csv":
        write_csv(rng, rows, columns, path.with_suffix(".csv"))
    else:
        write_parquet(rows, columns, path.with_suffix(".parquet"), lists=shape == "lists")


def odd_for_text(group: str) -> bool:
    return ";" in group or group != group.strip()


def row(rng: Random, user: Entity, *, lists: bool) -> dict[str, Any]:
    """A user as a table's row; what is absent is null, empty, or left out of a list of nothing."""
    found: dict[str, Any] = {"user": user["id"], "primary_group": user.get("primary_group")}
    for key in ("groups", "calendars"):
        entries = list(user.get(key) or ())
        if key == "calendars" and user.get(key) == []:
            entries = ["none"]
        if entries and entries != ["none"] and chance(rng, 20):
            entries.append(rng.choice(entries))  # doubled in a list
        if lists:
            found[key] = entries or rng.choice((None, []))
            if entries and chance(rng, 10):
                found[key] = [*entries, *rng.choice(([None], [""]))]
        else:
            between = rng.choice((";", " ; ", ";;")) if chance(rng, 30) else ";"
            found[key] = between.join(entries)
    for key, written in user.get("toggles", {}).items():
        state = written["state"] if isinstance(written, dict) else written
        found[key] = rng.choice(STATES[state])
    return found


def write_csv(rng: Random, rows: list[dict[str, Any]], columns: list[str], path: Path) -> None:
    end, mark = rng.choice(("\n", "\r\n")), "utf-8-sig" if chance(rng, 20) else "utf-8"
    with path.open("w", encoding=mark, newline="") as file:
        writer = csv.writer(file, lineterminator=end, quoting=rng.choice((0, 1)))
        writer.writerow(columns)
        writer.writerows([[one.get(column) or "" for column in columns] for one in rows])


def write_parquet(
    rows: list[dict[str, Any]], columns: list[str], path: Path, *, lists: bool
) -> None:
    many = "VARCHAR[]" if lists else "VARCHAR"
    kinds = {c: many if c in {"groups", "calendars"} else "VARCHAR" for c in columns}
    staged = path.with_suffix(".json")
    lines = [json.dumps({c: one.get(c) for c in columns}) for one in rows]
    staged.write_text("\n".join(lines), encoding="utf-8")
    with duckdb.connect() as connection:
        typed = ", ".join(f"{quoted(c)}: '{kind}'" for c, kind in kinds.items())
        connection.execute(
            f"COPY (SELECT * FROM read_json('{staged}', format = 'newline_delimited',"
            f" columns = {{{typed}}})) TO '{path}' (FORMAT parquet)"
        )
    staged.unlink()


def quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
