"""Random histories of policy sets: edits, respellings, renames, merges, clocks, broken commits.

The files are those of a repository, the policies below `policies/`. Every first-parent commit
comes with the documents that it declares, None where its set is broken on purpose.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.generator import generate, mutate, scramble
from tests.reference.draws import chance
from tests.reference.model import load
from tests.repositories import START, Made

if TYPE_CHECKING:
    from random import Random

    from tests.reference.model import Entity, RefSet

TABLE = "tables/people.csv"
BROKEN = (
    "kind: account\n",
    "a: [",
    "kind: user\nid: lost@acme.example\naccount: nowhere\n",
    "kind: catalogue\ntoggles: {odd: {default: on, requires: [odd]}}\n",
    "kind: expectations\nexpectations: [{user: nobody@acme.example, state: on}]\n",
    "kind: guardrails\nguardrails: [{who: {groups: [none-has-it]}, must_be: on}]\n",
    "kind: directory\nsource: gone/*.csv\n",
    "kind: group\nid: lost\naccount: nowhere\n",
    "kind: roles\nroles: [{name: one}, {name: one}]\n",
    "kind: nonsense\n",
)


@dataclass
class Written:
    """Commits to write, which of them are first-parent history, and what those declare."""

    commits: list[Made] = field(default_factory=list)
    main: list[int] = field(default_factory=list)
    sets: list[RefSet | None] = field(default_factory=list)

    @property
    def reference(self) -> list[tuple[int, RefSet | None]]:
        """The first-parent history as the reference takes it."""
        times = [self.commits[number].time for number in self.main]
        return list(zip(times, self.sets, strict=True))


def written_history(rng: Random, length: int, **sizes: Any) -> Written:
    """A history of `length` first-parent commits; `sizes` are those of the first set."""
    made, documents, time = Written(), generate(rng, **sizes), START
    paths: dict[str, str] = {}
    for _ in range(length):
        time += rng.choice((0, 1, 60, 3_600, 86_400, -30, -7_200))
        for _ in range(rng.choice((0, 1, 1, 1, 2, 6))):
            documents = mutate(rng, documents)
        if chance(rng, 10) and paths:
            moved = rng.choice(sorted(key for key in paths if not key.startswith("directory")))
            paths[moved] = f"policies/moved/{rng.randrange(10**6)}.yaml"
        _add(rng, made, documents, paths, time)
    return made


def _add(
    rng: Random, made: Written, documents: list[Entity], paths: dict[str, str], time: int
) -> None:
    parents = [made.main[-1]] if made.main else []
    if parents and chance(rng, 15):
        side = [rng.choice(made.main)]
        files = {**made.commits[side[0]].files, "policies/side.yaml": rng.choice(BROKEN)}
        made.commits.append(Made(files, time + rng.randint(-99, 99), side))
        parents.append(len(made.commits) - 1)
    files, refset = _files(rng, documents, paths)
    files["README.md"] = str(rng.randrange(3))
    if chance(rng, 6):
        files, refset = {"README.md": "nothing yet"}, load([])
    elif chance(rng, 20):
        files["policies/broken.yaml"], refset = rng.choice(BROKEN), None
    made.commits.append(Made(files, time, parents))
    made.main.append(len(made.commits) - 1)
    made.sets.append(refset)


def _files(
    rng: Random, documents: list[Entity], paths: dict[str, str]
) -> tuple[dict[str, str], RefSet]:
    if chance(rng, 10):
        spelled = scramble(rng, documents)
        return {f"policies/{path}": text for path, text in spelled.items()}, load(documents)
    kept, rows, tables = documents, [], None
    if chance(rng, 30):
        kept, rows = _tabled(rng, documents)
        tables = {TABLE: rows}
    files: dict[str, str] = {}
    for document in kept:
        path = paths.setdefault(_key(document), f"policies/{_key(document)}.yaml")
        text = json.dumps(document, ensure_ascii=False) + "\n"
        files[path] = f"{files[path]}---\n{text}" if path in files else text
    if tables:
        files[f"policies/{TABLE}"] = _csv(rows)
    return files, load(kept, tables)


def _key(document: Entity) -> str:
    words = (document["kind"], document.get("account"), document.get("id"))
    return f"{document['kind']}-{json.dumps(words).encode().hex()[-40:]}"


def _tabled(rng: Random, documents: list[Entity]) -> tuple[list[Entity], list[Entity]]:
    """Move some users of one account into a table: the documents left, and its rows."""
    account = next(d["id"] for d in documents if d["kind"] == "account")
    kept, rows = [], []
    for document in documents:
        if document["kind"] == "user" and document["account"] == account and _fits(document):
            (rows if chance(rng, 70) else kept).append(document)
        else:
            kept.append(document)
    kept.append({"kind": "directory", "account": account, "source": TABLE})
    return kept, [_row(document) for document in rows]


def _fits(document: Entity) -> bool:
    """Tell whether a table can say all that a document says."""
    texts = (document["id"], *document.get("groups", []))
    noted = any("note" in setting for setting in document.get("toggles", {}).values())
    plain = all(";" not in text and text == text.strip() for text in texts)
    return plain and not noted and not {"name", "note"} & set(document)


def _row(document: Entity) -> Entity:
    kept = {key: document[key] for key in ("groups", "primary_group") if document.get(key)}
    if "calendars" in document:
        kept["calendars"] = document["calendars"]
    states = {key: setting["state"] for key, setting in document.get("toggles", {}).items()}
    return {"user": document["id"], **kept, **states}


def _csv(rows: list[Entity]) -> str:
    columns = list(dict.fromkeys(["user", *(column for row in rows for column in row)]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(column, row.get(column)) for column in columns])
    return out.getvalue()


def _cell(column: str, value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value) or ("none" if column == "calendars" else "")
    return "" if value is None else str(value)
