"""Small hand-written sets for the tests of the reference."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from tests.reference.model import TOGGLE, RefSet, load
from tests.reference.yaml_core import load_all

CONTACTS = "calendar_and_contacts_integration"
AMY = "amy@a"
ON, OFF = "{state: on, locked: true}", "{state: off, locked: true}"
G, H, J = "id: g, {}", "id: h, {}", "id: j, {}"
FIRST, SECOND = "id: g, priority: 1, {}", "id: h, priority: 2, {}"


def parsed(text: str, tables: Any = None) -> RefSet:
    """The set that a YAML text declares, with B and C for the two built-in toggles' keys."""
    text = dedent(text).replace("B:", f"{TOGGLE}:").replace("C:", f"{CONTACTS}:")
    return load(load_all(text), tables)


def one(
    account: str = "", groups: str = "", user: str = "", *, by: str = "primary_group"
) -> RefSet:
    """Account a, groups as flow mappings one a line, and Amy; each with `key: value` pairs."""
    documents = [f"{{kind: account, id: a, group_resolution: {by}, {account}}}"]
    documents += [f"{{kind: group, {group.strip()}}}" for group in groups.splitlines()]
    return parsed("\n---\n".join([*documents, f"{{kind: user, id: {AMY}, {user}}}"]))


def b(state: str) -> str:
    """The mapping that declares the main toggle so."""
    return f"toggles: {{B: {state}}}"
