"""Random policy sets: canonical documents, other spellings of them, and small edits.

`generate` takes any `random.Random`; `policy_sets` feeds it one that Hypothesis shrinks: every
draw tends to the first or the fewest of what it may be. `scramble` and `mutate` take what
`generate` gives. Rows of the reference make most expectations pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.reference.decisions import decide
from tests.reference.draws import chance, pick
from tests.reference.edits import mutate
from tests.reference.model import TOGGLE, load
from tests.reference.spelling import scramble
from tests.reference.tidy import distinct, tidied, without_conflicts

if TYPE_CHECKING:
    from random import Random

    from tests.reference.model import Entity

__all__ = ["generate", "mutate", "policy_sets", "scramble"]

ACCOUNTS = ("acme", "Zeta", "007", "ünïcode GmbH", "null", "a: b # c", "😀")
# Composed and decomposed é are two ids; the two last sort otherwise by UTF-16 than by code point.
GROUPS = (
    *("legal", "engineering", "sales", "ops", "007", "on", "null", "~", "1e3", "0x1F", "true"),
    *("UPPER", "-", ".inf", "<<", "=", "2024-01-01", "with space", "it's", 'say "so"', "a: b"),
    *("a #b", "#top", "[x]", "{y: z}", "*star", "&amp", "!bang", "%pct", "@at", "back\\slash"),
    *("semi;colon", "|>?`", "\u00e9", "e\u0301", "\u03a9", "\uff5e", "\U0001f600"),
)
NAMES = ("amy", "bob", "cy", "Dee", "o'neil", "007", "on", "null", "ünï", '"q"', "#h", "a:b", "😀")
HOSTS = ("acme.example", "acme.example", "é.example", "ACME.example", "on", "x y")
OUTSIDERS = ("olga@acme.example", "gina@acme.example", "dana@acme.example")
CALENDARS = ("google", "office365", "exchange", "exchange_on_premises")
EXTRAS = ("meeting_summary", "calendar_free_busy", "auto_recording")
PRIVILEGES = ("AccountSetting:Edit", "Group:Edit", "User:Edit", "Role:Edit")
NOTES = ("litigation hold", "yes", "# not a comment", "why: 'because'", "two\nlines\n\n  more", "é")
STATES = ("disabled", "enabled")


def generate(
    rng: Random,
    *,
    accounts: tuple[int, int] = (1, 3),
    groups: tuple[int, int] = (0, 6),
    users: tuple[int, int] = (0, 15),
    resolution: str | None = None,
    conflicts: bool = True,
    toggles_extra: tuple[int, int] = (0, 2),
    roles: bool = True,
    expectations: bool = True,
    guardrails: bool = True,
) -> list[Entity]:
    """The canonical documents of a valid set; sizes are (least, most), groups per account.

    Without `conflicts` no user meets R4's lock conflict; a `resolution` holds for all accounts.
    """
    toggles = [TOGGLE, "calendar_and_contacts_integration"]
    toggles += EXTRAS[: rng.randint(*toggles_extra)]
    documents = _catalogue(rng, toggles)
    people = _people(rng, rng.randint(*users))
    everyone = (*people, *OUTSIDERS)
    members: dict[str, list[str]] = {}
    for account in _some(rng, ACCOUNTS, accounts):
        documents.append(_account(rng, account, toggles, resolution))
        members[account] = _some(rng, GROUPS, groups)
        size = len(members[account])
        priorities = pick(rng, range(1, size + 4), size, size)
        for group, priority in zip(members[account], priorities, strict=True):
            documents.append(_group(rng, (account, group), toggles, everyone, priority))
    for user in people:
        account = rng.choice(list(members))
        documents.append(_user(rng, user, account, members[account], toggles))
    if roles and chance(rng, 70):
        documents.append(_roles(rng, everyone))
    if not conflicts:
        documents = without_conflicts(documents)
    if expectations and people and chance(rng, 60):
        documents.append(_expectations(rng, documents))
    if guardrails and chance(rng, 60):
        documents.append(_guardrails(rng, documents, toggles))
    return documents


def policy_sets(**options: Any) -> st.SearchStrategy[list[Entity]]:
    """A strategy over what `generate` gives, small by default; takes the same options."""
    sizes = {"accounts": (1, 2), "groups": (0, 4), "users": (0, 5), "toggles_extra": (0, 1)}

    def drawn(rng: Random) -> list[Entity]:
        documents = generate(rng, **{**sizes, **options})
        # A draw per document lets a failing set shrink by leaving out any one of them.
        return tidied([d for d in documents if d["kind"] == "account" or chance(rng, 95)])

    return st.builds(drawn, st.randoms(use_true_random=False))


def _some(rng: Random, pool: tuple[str, ...] | list[str], sizes: tuple[int, int]) -> list[str]:
    """So many different ones of a pool, more often of its plain beginning than of the rest."""
    size = rng.randint(*sizes)
    return pick(rng, pool if chance(rng, 40) else pool[: max(size, 4)], size, size)


def _people(rng: Random, size: int) -> list[str]:
    found: list[str] = []
    while len(found) < size:
        name, host = rng.choice(NAMES), rng.choice(HOSTS)
        number = f".{len(found)}" if f"{name}@{host}" in found else ""
        found.append(f"{name}{number}@{host}")
    return found


def _catalogue(rng: Random, toggles: list[str]) -> list[Entity]:
    """One catalogue document where anything differs from the built-in one; no cycles."""
    order = toggles[1::-1]  # each may require those before it
    for toggle in toggles[2:]:
        order.insert(rng.randint(0, len(order)), toggle)
    entries: Entity = {}
    for place, toggle in enumerate(order):
        is_builtin = toggle in toggles[:2]
        entry: Entity = {}
        if not is_builtin or chance(rng, 20):
            entry["default"] = rng.choice(STATES)
        if chance(rng, 30):
            entry["requires"] = pick(rng, order[:place], 0, place)
        if chance(rng, 30):
            entry["supported_calendars"] = pick(rng, CALENDARS, 1, 4)
        if chance(rng, 20):
            entry["title"] = rng.choice(NOTES[:4])
        if chance(rng, 10):
            paths = {scope: ["Settings", "yes", toggle] for scope in ("account", "group", "user")}
            entry["portal"] = {"label": "Label: it", **paths}
        if entry:
            entries[toggle] = entry
    return [{"kind": "catalogue", "toggles": entries}] if entries else []


def _settings(rng: Random, toggles: list[str], percent: int, *, locks: bool) -> Entity:
    settings: Entity = {}
    for toggle in toggles:
        if chance(rng, percent):
            settings[toggle] = {"state": rng.choice(STATES)}
            if locks:
                settings[toggle]["locked"] = chance(rng, 45)
            if chance(rng, 10):
                settings[toggle]["note"] = rng.choice(NOTES)
    return {"toggles": settings} if settings else {}


def _labels(rng: Random) -> Entity:
    """Sometimes a name, sometimes a note."""
    labels = {}
    if chance(rng, 10):
        labels["name"] = rng.choice(NAMES)
    if chance(rng, 10):
        labels["note"] = rng.choice(NOTES)
    return labels


def _account(rng: Random, account: str, toggles: list[str], resolution: str | None) -> Entity:
    document = {"kind": "account", "id": account, **_labels(rng)}
    chosen = resolution or rng.choice(("primary_group", "group_priority"))
    if chosen != "primary_group" or chance(rng, 50):
        document["group_resolution"] = chosen
    settings = _settings(rng, toggles, 40, locks=True)
    for setting in settings.get("toggles", {}).values():
        setting["locked"] = setting["locked"] and chance(rng, 40)
    return {**document, **settings}


def _group(
    rng: Random,
    key: tuple[str, str],
    toggles: list[str],
    people: tuple[str, ...],
    priority: int,
) -> Entity:
    document = {"kind": "group", "id": key[1], "account": key[0], **_labels(rng)}
    document["priority"] = priority
    if chance(rng, 40):
        document["admins"] = pick(rng, people, 1, 2)
    return {**document, **_settings(rng, toggles, 50, locks=True)}


def _user(rng: Random, user: str, account: str, groups: list[str], toggles: list[str]) -> Entity:
    document = {"kind": "user", "id": user, "account": account, **_labels(rng)}
    joined = pick(rng, groups, 0, 4)
    if joined or chance(rng, 30):
        document["groups"] = joined
    if joined and chance(rng, 40):
        document["primary_group"] = rng.choice(joined)
    if chance(rng, 60):
        document["calendars"] = pick(rng, CALENDARS, 0, 2)
    return {**document, **_settings(rng, toggles, 35, locks=False)}


def _roles(rng: Random, people: tuple[str, ...]) -> Entity:
    entries = []
    for number in range(rng.randint(1, 3)):
        entry: Entity = {"name": f"Role {number}"} if chance(rng, 80) else {}
        entry["privileges"] = pick(rng, PRIVILEGES, 1, 2)
        entry["members"] = pick(rng, people, 1, 3)
        entries.append(entry)
    owners = {"owners": pick(rng, people, 1, 2)} if chance(rng, 70) else {}
    return {"kind": "roles", **owners, "roles": distinct("roles", entries)}


def _expectations(rng: Random, documents: list[Entity]) -> Entity:
    """Expectations of which each checked field is right three times in four."""
    refset = load(documents)
    entries = []
    for number in range(rng.randint(1, 4)):
        user, toggle = rng.choice(list(refset.users)), rng.choice(list(refset.catalogue))
        row = decide(refset, user, toggle)
        row["source"] = f"{row['source_scope']}:{row['source_id']}"
        wrong = {
            "state": rng.choice(STATES),
            "locked": chance(rng, 50),
            "reason": rng.choice(("user_choice", "default", "account_lock")),
            "source": f"user:{user}",
            "sync": chance(rng, 50),
            "sync_reason": rng.choice(("active", "no_calendar")),
        }
        entry: Entity = {"name": f"Expect {number}: {user}"} if chance(rng, 80) else {}
        entry["user"] = user
        if toggle != TOGGLE or chance(rng, 50):
            entry["toggle"] = toggle
        for field in pick(rng, wrong, 1, 4):
            right = row[field] is not None and not chance(rng, 25)
            entry[field] = row[field] if right else wrong[field]
        entries.append(entry)
    return {"kind": "expectations", "expectations": distinct("expectations", entries)}


def _guardrails(rng: Random, documents: list[Entity], toggles: list[str]) -> Entity:
    ids = {
        part: sorted({document["id"] for document in documents if document["kind"] == part[:-1]})
        for part in ("accounts", "groups", "users")
    }
    entries = []
    for number in range(rng.randint(1, 4)):
        entry: Entity = {"name": f"Guard {number}"} if chance(rng, 80) else {}
        parts = [part for part in ids if ids[part] and chance(rng, 60)]
        entry["who"] = {part: [rng.choice(ids[part])] for part in parts} or "all"
        toggle = rng.choice(toggles)
        if toggle != TOGGLE or chance(rng, 50):
            entry["toggle"] = toggle
        entry["must_be"] = rng.choice(STATES)
        if chance(rng, 60):
            entry["whatever_users_choose"] = chance(rng, 70)
        entries.append(entry)
    return {"kind": "guardrails", "guardrails": distinct("guardrails", entries)}
