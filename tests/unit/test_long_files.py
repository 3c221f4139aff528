"""What a long file holds is kept for the next diff, which says the same as if nothing were kept."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from engine.read import shared
from engine.read.cache import leaves
from engine.read.pieces import Pieces
from tests.workplace import Workplace

SETTING = "bidirectional_calendar_sync: {state: enabled, locked: true}"
PERSON = "kind: user\nid: ann@acme.example\ngroups: [g7]\n"


def group(number: int, setting: str = "") -> str:
    return f"kind: group\nid: g{number}\n{f'toggles: {{{setting}}}' if setting else ''}\n"


def long_file(*changed: int, more: str = "", number: int = 2 * shared.LONG) -> str:
    groups = [group(n, SETTING if n in changed else "") for n in range(number)]
    return "---\n".join(["kind: account\nid: acme\n", PERSON, *groups, *([more] if more else [])])


FILES = {
    "as it is": (long_file(), long_file(7)),
    "in other lines": ("# first\n" + long_file(), "# first\n# second\n" + long_file(7, 9)),
    "with a mark": ("\ufeff" + long_file(), long_file(7)),
    "with a setting more": (long_file(), long_file(7, more="kind: group\nid: é\n")),
    "in other ends of lines": (long_file().replace("\n", "\r\n"), long_file(7)),
    "nothing in common": (long_file(), long_file(7).replace("\nid: g", "\n# x\nid: g")),
    "a comment that silences": (
        long_file(more="# calsync: ignore\nkind: group\nid: x\n"),
        long_file(7),
    ),
    "a user too many": (long_file(), long_file(7, more=PERSON)),
    "an unknown group": (
        long_file(),
        long_file(7, more=PERSON.replace("ann", "bo").replace("g7", "no")),
    ),
    "no YAML": (long_file(), long_file(7, more="kind: [\n")),
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.delenv("CALSYNC_NO_CACHE", raising=False)
    monkeypatch.setenv("CALSYNC_CACHE", str(tmp_path / "cache"))
    return Workplace(tmp_path)


def answers(place, *before):
    for form in ("text", "json", "csv", "markdown"):
        for sides in (("old", "new"), ("new", "old")):
            answer = place.calsync(*before, "diff", *sides, "--format", form, "--provenance")
            yield answer.code, answer.out, answer.err


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_what_is_kept_of_long_files_changes_no_answer(place, files):
    for side, text in zip(("old", "new"), files, strict=True):
        place.write({f"{side}/a.yaml": text})
    wanted = list(answers(place, "--no-cache"))
    assert not (place.folder / "cache").exists()
    for _ in range(2):
        assert list(answers(place)) == wanted


def test_a_long_file_that_is_known_is_not_parsed(place):
    place.write({"old/a.yaml": long_file(), "new/a.yaml": long_file(7)})
    wanted = list(answers(place))
    whole = Pieces.documents
    parsed = []

    def counted(pieces, text, *others):
        assert pieces.know(text)  # but for what differs from the other side
        parsed.append(text)
        return whole(pieces, text, *others)

    with patch.object(Pieces, "documents", counted):
        assert list(answers(place)) == wanted
    assert parsed


def test_of_short_files_nothing_is_looked_for(place):
    few = shared.LONG - 3
    place.write({"old/a.yaml": long_file(number=few), "new/a.yaml": long_file(7, number=few)})
    with patch.object(leaves, "find", None):
        assert place.calsync("diff", "old", "new").code == 0
    assert not list((place.folder / "cache").glob("*.leaf"))


def test_what_is_damaged_is_parsed(place):
    place.write({"old/a.yaml": long_file(), "new/a.yaml": long_file(7)})
    wanted = list(answers(place))
    kept = list((place.folder / "cache").glob("*.leaf"))
    assert kept
    for damage in (b"", b"x", b"\0" * 99):
        for file in kept:
            file.write_bytes(file.read_bytes()[:-1] + damage)
        assert list(answers(place)) == wanted
