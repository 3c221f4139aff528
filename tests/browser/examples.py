"""Comparisons that are opened in a browser."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from engine.read.load import load
from engine.read.source import Memory
from engine.report.diff_html import render
from engine.review.comparison import Label, compare
from engine.review.story import tell

ROOT = Path(__file__).parents[2]
SYNC = "bidirectional_calendar_sync"
LABELS = (Label("HEAD", "fedc" * 10), Label("working tree"))


def compared(old, new):
    """Compare two sets given as text by file."""
    sets = (
        load(Memory({name: text.encode() for name, text in files.items()}), empty_is_fine=True)
        for files in (old, new)
    )
    return replace(compare(*(loaded.valid() for loaded in sets)), labels=LABELS)


def files():
    """The example organisation."""
    folder = ROOT / "policies"
    return {
        f"policies/{file.relative_to(folder)}": file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*.yaml"))
    }


@cache
def example():
    """Legal's hold is lifted, Engineering is held, a person comes, one goes, one is renamed."""
    old, new = files(), files()

    def write(name, before, after):
        assert before in new[name]
        new[name] = new[name].replace(before, after)

    hold = "{state: disabled, locked: true, note: litigation hold}"
    write("policies/groups/legal.yaml", hold, "disabled")
    write("policies/groups/engineering.yaml", "enabled", "{state: disabled, locked: true}")
    write("policies/groups/support.yaml", "disabled, note", "enabled, note")
    new["policies/people/new.yaml"] = (
        "kind: user\nid: nina@acme.example\nname: Nina Neu\ngroups: [sales]\n"
    )
    new["policies/tests/expectations.yaml"] = "kind: expectations\nexpectations: []\n"
    return compared(old, new)


@cache
def idle():
    """The longest words for a state, on both sides and beside three toggles."""
    old, new = files(), files()
    for side, state in ((old, "enabled"), (new, "disabled")):
        side["policies/account.yaml"] = side["policies/account.yaml"].replace(
            "external_free_busy:          {state: disabled", f"external_free_busy: {{state: {state}"
        )
    named = "calendar_and_contacts_integration: {state: disabled, locked: true}"
    for side, locked in ((old, "sales"), (new, "engineering")):
        file = f"policies/groups/{locked}.yaml"
        side[file] = side[file].rstrip() + f"\n  {named}\n"
    return compared(old, new)


HOSTILE = (
    "</script><script>document.title='hacked'</script>",
    "<img src=x onerror=\"document.title='hacked'\">",
    "\"><svg onload=document.title='hacked'>",
    "' onmouseover='document.title=1",
    "{{ 7*7 }}{% raw %}",
    "<!--<script>",
    "]]>&lt;&amp;",
    "\u202egnp.exe\u2066",
    "__proto__",
    "constructor",
    "a\u2028b",
    "x" * 200,
    "\u05d0\u05d1\u05d2 (\u05d3)",
    "\U0001f469\u200d\U0001f4bb",
)


@cache
def hostile():
    """Every id, name, note, file and toggle wants to be more than text."""

    def written(one):
        return json.dumps(one, ensure_ascii=False).replace("\u2028", "\\u2028")

    def said(state, lock):
        toggles = {SYNC: {"state": state, "locked": lock, "note": HOSTILE[0]}}
        found = [{"kind": "account", "id": HOSTILE[0], "name": HOSTILE[1], "toggles": toggles}]
        catalogue = {
            key: {"default": "enabled" if lock else "disabled", "title": key} for key in HOSTILE
        }
        found.append({"kind": "catalogue", "toggles": catalogue})
        for at, name in enumerate(HOSTILE):
            own = {SYNC: {"state": "enabled", "note": HOSTILE[at - 1]}}
            found.append({"kind": "group", "id": name, "name": HOSTILE[at - 1]})
            found.append(
                {"kind": "user", "id": f"{name}@x", "name": name, "groups": [name], "toggles": own}
            )
        who = {"who": "all", "must_be": "enabled", "name": HOSTILE[1], "note": HOSTILE[2]}
        found.append({"kind": "guardrails", "guardrails": [who]})
        return {f"{HOSTILE[1]}.yaml": "\n---\n".join(map(written, found))}

    return compared(said("enabled", lock=False), said("disabled", lock=True))


@cache
def many(people=50_000):
    """An account's lock for very many, from a table; every fiftieth had chosen."""

    def said(setting):
        rows = ["user,groups,primary_group,calendars,bidirectional_calendar_sync"]
        for at in range(people):
            team = f"team-{at % 40:02}"
            calendars = ("google", "office365", "", "none")[at % 4]
            choice = "enabled" if at % 50 == 3 else ""
            legal = ";legal" if at % 97 == 0 else ""
            rows.append(f"person{at:05}@acme.example,{team}{legal},{team},{calendars},{choice}")
        groups = (f"---\nkind: group\nid: team-{at:02}\nname: Team {at}\n" for at in range(40))
        return {
            "account.yaml": f"kind: account\nid: acme\ntoggles: {{{SYNC}: {setting}}}\n",
            "groups.yaml": "kind: group\nid: legal\nname: Legal\n" + "".join(groups),
            "people.yaml": "kind: directory\nsource: people.csv\n",
            "people.csv": "\n".join(rows) + "\n",
        }

    return compared(said("on"), said("{state: off, locked: true}"))


@cache
def page(name):
    """The page of one of these, as text."""
    made = {"example": example, "hostile": hostile, "idle": idle, "many": many}
    comparison = made[name]()
    return render(comparison, tell(comparison))
