"""The same policy set in other words: spellings, orders and splits that mean the same (R9).

Owns what may vary without a change of meaning (SPEC §2); how it is laid out is `emit`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.reference.draws import chance
from tests.reference.emit import Word, Writer

if TYPE_CHECKING:
    from random import Random

    from tests.reference.model import Entity

FOLDERS = ("", "", "groups/", "people/", "a/b/c/", "Team one/", "ünï/", "000/")
TRUE_WORDS = ("true", "on", "yes")
FALSE_WORDS = ("false", "off", "no")
# Lists whose order means nothing; `supported_calendars` keeps its own, which `targets` follow.
FREE_LISTS = {"admins", "owners", "members", "privileges", "requires", "calendars"}
LISTS_OF_ENTRIES = {"roles": "roles", "expectations": "expectations", "guardrails": "guardrails"}


def scramble(rng: Random, documents: list[Entity]) -> dict[str, str]:
    """Write a policy set as files (path to text) that mean the same.

    Takes canonical documents, as `generate` and `mutate` give them.
    """
    single = sum(document["kind"] == "account" for document in documents) == 1
    spelled = [_document(rng, part, single=single) for part in _split(rng, documents)]
    spelled = _users_in_lists(rng, spelled)
    rng.shuffle(spelled)
    files: dict[str, list[Any]] = {}
    for document in spelled:
        count = rng.randint(1, max(1, len(spelled) // 2))
        files.setdefault(_path(rng, rng.randrange(count)), []).append(document)
    texts = {path: _text(rng, parts) for path, parts in files.items()}
    if chance(rng, 20):
        texts[rng.choice((".drafts/x.yaml", "groups/.swap.yml", "NOTES.txt"))] = "kind: [\n"
    return texts


def _path(rng: Random, number: int) -> str:
    """A path; few numbers and fixed folders, so that documents share files."""
    return f"{rng.choice(FOLDERS)}f{number}.{rng.choice(('yaml', 'yml'))}"


def _text(rng: Random, documents: list[Any]) -> str:
    """One file of several documents, some of them empty, some files with CRLF."""
    text = "" if chance(rng, 50) else "---\n"
    for number, document in enumerate(documents):
        if number:
            text += rng.choice(("---\n", "---\n", "---\n", "...\n---\n", "---\n# empty\n---\n"))
        if chance(rng, 10):
            text += "# a comment before\n\n"
        text += Writer(rng).document(document)
    if chance(rng, 5):
        text += "---\n"
    return text.replace("\n", "\r\n") if chance(rng, 15) else text


def _split(rng: Random, documents: list[Entity]) -> list[Entity]:
    """Some documents of lists and maps as several documents of the same kind."""
    parts = []
    for document in documents:
        key = {"catalogue": "toggles", **LISTS_OF_ENTRIES}.get(document["kind"])
        if key is None or len(document[key]) < 2 or chance(rng, 50):
            parts.append(document)
            continue
        entries = list(document[key].items() if key == "toggles" else document[key])
        rng.shuffle(entries)
        middle = rng.randint(1, len(entries) - 1)
        parts += [
            {**document, key: dict(half) if key == "toggles" else half}
            for half in (entries[:middle], entries[middle:])
        ]
        parts[-1].pop("owners", None)
    return parts


def _users_in_lists(rng: Random, documents: list[Entity]) -> list[Entity]:
    """Some `user` documents as entries of `users` lists, `account` on the list or the entry."""
    kept: list[Entity] = []
    waiting: dict[tuple[str | None, int], list[Entity]] = {}
    for document in documents:
        if document["kind"] == "user" and chance(rng, 60):
            account = document.get("account")
            entry = {key: value for key, value in document.items() if key != "kind"}
            if account is not None and chance(rng, 80):
                del entry["account"]
            else:
                account = None
            waiting.setdefault((account, rng.randrange(2)), []).append(entry)
        else:
            kept.append(document)
    for (account, _), entries in waiting.items():
        where = {} if account is None else {"account": account}
        kept.append(_shuffled(rng, {"kind": "users", **where, "users": entries}))
    return kept


def _document(rng: Random, document: Entity, *, single: bool) -> Entity:
    kind = document["kind"]
    spelled = dict(document)
    if single and kind in ("group", "user", "directory") and chance(rng, 50):
        del spelled["account"]
    if kind in LISTS_OF_ENTRIES:
        entries = [_entry(rng, entry) for entry in document[kind]]
        rng.shuffle(entries)
        spelled[kind] = entries
    elif kind == "catalogue":
        toggles = {key: _entry(rng, entry) for key, entry in document["toggles"].items()}
        spelled["toggles"] = _shuffled(rng, toggles)
    elif "toggles" in document:
        settings = {
            toggle: _setting(rng, setting) for toggle, setting in document["toggles"].items()
        }
        spelled["toggles"] = _shuffled(rng, settings)
    if "primary_group" in document:
        spelled["groups"] = _reordered(rng, document["groups"])
    return _entry(rng, spelled)


def _entry(rng: Random, entry: Entity) -> Entity:
    """Respell the fields that documents and entries have in common, in another order."""
    spelled = dict(entry)
    for key, value in entry.items():
        if key in FREE_LISTS:
            spelled[key] = _reordered(rng, value)
        elif key in ("state", "must_be", "default"):
            spelled[key] = _state(rng, value)
        elif key == "locked":
            spelled[key] = _boolean_word(rng, value)
        elif key in ("sync", "whatever_users_choose"):
            spelled[key] = Word(rng.choice((str(value).lower(), str(value), str(value).upper())))
        elif key == "priority":
            spelled[key] = Word(rng.choice((str(value), str(value), f"0{value}", hex(value))))
        elif key in ("who", "portal") and isinstance(value, dict):
            spelled[key] = _shuffled(rng, value)
    if isinstance(entry.get("who"), dict):
        spelled["who"] = {key: _reordered(rng, ids) for key, ids in spelled["who"].items()}
    return _shuffled(rng, spelled)


def _setting(rng: Random, setting: Entity) -> Any:
    """A setting as a mapping, or as a bare state where that says it all."""
    state = _state(rng, setting["state"])
    if "note" not in setting and not setting.get("locked") and chance(rng, 40):
        return state
    spelled = {**setting, "state": state}
    if "locked" in setting:
        spelled["locked"] = _boolean_word(rng, setting["locked"])
        if not setting["locked"] and chance(rng, 60):
            del spelled["locked"]
    return _shuffled(rng, spelled)


def _state(rng: Random, state: str) -> Word:
    return _cased(rng, (state, *(TRUE_WORDS if state == "enabled" else FALSE_WORDS)))


def _boolean_word(rng: Random, value: Any) -> Word:
    return _cased(rng, TRUE_WORDS if value else FALSE_WORDS)


def _cased(rng: Random, words: tuple[str, ...]) -> Word:
    """One of the words, in any case, quoted or not."""
    word = rng.choice(words)
    word = rng.choice((word, word, word.capitalize(), word.upper(), word.swapcase().capitalize()))
    if chance(rng, 10):
        word = "".join(rng.choice((char.lower(), char.upper())) for char in word)
    return Word(rng.choice((word, word, f"'{word}'", f'"{word}"')))


def _reordered(rng: Random, values: list[Any]) -> list[Any]:
    return rng.sample(values, len(values))


def _shuffled(rng: Random, mapping: Entity) -> Entity:
    return {key: mapping[key] for key in _reordered(rng, list(mapping))}
