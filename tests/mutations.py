"""Damage: valid policy files, with bytes, words, lines, keys and values changed at random."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.reference.model import Entity

_BYTES = (
    *(b"\n", b"\r", b"\r\n", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x85"),
    *(
        b"---\n",
        b"...\n",
        b"- ",
        b": ",
        b"? ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"'",
        b'"',
        b"#",
        b"|",
        b">",
    ),
    *(
        b"&a ",
        b"*a",
        b"!t ",
        b"<<: ",
        b"%YAML 1.2\n",
        b"@",
        b"`",
        b"\\",
        b'"\\u0000"',
        b'"\\ud800"',
    ),
    *(
        b"null",
        b"on",
        b"1",
        b"1.0",
        b".inf",
        b".nan",
        b"0x1",
        b"1e400",
        b"9" * 30,
        b"kind: ",
        b"id: ",
    ),
    *(
        b"users: ",
        b"state: ",
        b"locked: ",
        b"account: ",
        b"[]",
        b"{}",
        b"a@b",
        "😀e\u0301".encode(),
    ),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 1.5, float("inf"), 10**30, "", " ", "x", "a@b", "@", "on", "Off", "~"),
    *(
        "7",
        "all",
        "a\tb",
        "x" * 255,
        "e\u0301",
        "😀",
        "legal",
        "group:legal",
        "account_lock",
        "50%",
    ),
    *([], {}, [[]], ["a", "a"], [None], [1, 1.0, True], {"a": 1}, {"state": None}, {"": ""}),
    *({"state": "on", "locked": "maybe"}, {"locked": True}, {"users": ["a@b"], "groups": None}),
    *("account", "group", "users", "catalogue", "roles", "expectations", "group_priority"),
)
_KEYS = (
    *("kind", "id", "account", "name", "toggles", "groups", "primary_group", "calendars", "users"),
    *("admins", "priority", "group_resolution", "state", "locked", "default", "requires", "source"),
    *("supported_calendars", "portal", "owners", "roles", "privileges", "who", "must_be", "user"),
    *("toggle", "sync", "accounts", "Kind", "usr", "x", "", "bidirectional_calendar_sync"),
)


def bent(rng: Random, data: bytes) -> bytes:
    """Return a file's bytes with a few places changed."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((1, 2, 20)))
        lines = data.split(b"\n")
        line = rng.randrange(len(lines))
        data = rng.choice(
            (
                data[:at] + rng.choice(_BYTES) + data[at:],
                data[:at] + rng.choice(_BYTES) + data[end:],
                data[:at] + bytes([rng.randrange(256)]) + data[end:],
                data[:at] + data[end:],
                data[:at],
                b"\n".join(lines[:line] + lines[line + 1 :]),
                b"\n".join([*lines, lines[line]]),
                _reworded(rng, data),
            )
        )
    return data


def _reworded(rng: Random, data: bytes) -> bytes:
    words = list(re.finditer(rb"[^\s,\[\]{}]+", data))
    if not words:
        return data
    one, other = rng.choice(words), rng.choice(words)
    return data[: one.start()] + other[0] + data[one.end() :]


def torn(rng: Random, documents: list[Entity]) -> list[Any]:
    """Return documents with a few keys and values changed."""
    whole: list[Any] = copy.deepcopy(documents)
    for _ in range(rng.choice((1, 1, 2, 4))):
        paths = [path for path in _paths(whole) if path]
        if not paths:
            break
        *above, step = rng.choice(paths)
        parent = _at(whole, above)
        kept = copy.deepcopy(rng.choice((*_VALUES, _at(whole, rng.choice(paths)))))
        change = rng.randrange(4)
        if change == 0:
            parent[step] = kept
        elif change == 1:
            del parent[step]
        elif isinstance(parent, list):
            parent.insert(rng.randrange(len(parent) + 1), rng.choice((kept, parent[step])))
        elif change == 2:
            parent[rng.choice(_KEYS)] = kept
        else:
            parent[rng.choice(_KEYS)] = parent.pop(step)
    return whole


def written(documents: list[Any]) -> dict[str, bytes]:
    """Return documents as one policy file: JSON is YAML, but for its infinity."""
    texts = (json.dumps(one, ensure_ascii=False).replace("Infinity", ".inf") for one in documents)
    return {"all.yaml": "\n---\n".join(texts).encode()}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    listed = enumerate(value) if isinstance(value, list) else ()
    for step, one in value.items() if isinstance(value, dict) else listed:
        yield from _paths(one, (*path, step))


def _at(value: Any, path: Any) -> Any:
    for step in path:
        value = value[step]
    return value
