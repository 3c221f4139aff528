"""The starting points of `init`: templates beside this file, filled in for one organisation.

Owns what a new repository holds. Writes nothing: a starting point is a mapping from path to
text, which the command writes where nothing is yet.
"""

from __future__ import annotations

import json
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Final

from engine.begin.spelling import cell, scalar
from engine.read.schemas import schema
from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

STARTS: Final = {
    "small": "a few people, each decides for themselves",
    "groups": "teams with their own setting, and one that is locked",
    "large": "everybody from tables, one export per site",
}
"""What one may begin with, in the order in which it is offered."""
SERVICES: Final = ("github", "gitlab", "none")
_PEOPLE: Final = ("ann", "ben", "cleo", "dora", "emil")


class _Text(Template):
    # A dollar means much in shell scripts, workflows and schemas; this sign means nothing there.
    delimiter = "§"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """For whom: the ids are taken as they are."""

    account: str
    name: str
    owner: str

    def words(self) -> dict[str, str]:
        """Return what stands for each word of a template."""
        domain = self.owner.partition("@")[2]
        people = {name: f"{name}@{domain}" for name in _PEOPLE}
        for name, address in people.items():
            if address == self.owner:
                people[name] = f"{name}.example@{domain}"
        own = {"account": self.account, "name": self.name, "owner": self.owner}
        return {**people, **own, "account_source": f"account:{self.account}"}


def starter(start: str, service: str, organisation: Organisation) -> dict[str, str]:
    """Return the files of a starting point: text by path, ordered by path."""
    words = organisation.words()
    found: dict[str, str] = {}
    for part in ("every", *([] if service == "none" else [service]), start):
        for path, text in _below(files("engine") / "begin" / "starters" / part, ""):
            spelled = {key: _spelled(path, word) for key, word in words.items()}
            found[path] = _Text(text).substitute(spelled)
    found[".calsync/schema.json"] = json.dumps(schema("bundle"), indent=2, ensure_ascii=False)
    found[".calsync/schema.json"] += "\n"
    return dict(sorted(found.items()))


def _below(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        # NOTE: a name that starts with a dot would be passed over by those who pack the wheel.
        name = path + entry.name.replace("dot-", ".", 1)
        if entry.is_dir():
            yield from _below(entry, f"{name}/")
        else:
            yield name, entry.read_text(encoding="utf-8")


def _spelled(path: str, word: str) -> str:
    if path.endswith(".csv"):
        return cell(word)
    return scalar(word) if path.startswith("policies/") else word
