"""One setting's edits: ways to declare, flip, lock, unlock and remove it in the text.

Each function yields candidates, the most natural first. That one does what it should, and
nothing else, is for the caller to verify: see `engine.edit.rewrite`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.edit.nodes import Layout
from engine.edit.spelling import opposite, scalar
from engine.edit.texts import Splice, at_line, below, line_end, line_start, without_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.edit.nodes import Node
    from engine.edit.texts import Candidate

_BLOCK_WORD: Final = re.compile(r"(?<=[\r\n])[ \t]*([A-Za-z]+)[ \t]*\Z")
_HEADER: Final = re.compile(r"([|>][-+0-9]*)[^\r\n]*")
_COMMA: Final = re.compile(r"[ \t\r\n]*,[ \t]*")
_STEP: Final = 2
"""How much deeper a new mapping is indented than what holds it."""


class Declaration:
    """The text of a new setting: its key, its state's word, and whether it locks."""

    def __init__(self, key: str, word: str, *, locked: bool) -> None:
        self.key = key
        self.word = word
        self.locked = locked

    def pair(self, *, quoted: bool) -> str:
        """Return `key: setting`; `quoted` keys where those around it are."""
        return f"{scalar(self.key, quoted=quoted)}: {self.value(quoted=quoted)}"

    def value(self, *, quoted: bool) -> str:
        """Return the setting, a bare state where that says it all."""
        word = f'"{self.word}"' if quoted else self.word
        return _locked(word, quoted=quoted) if self.locked else word


def _locked(word: str, *, quoted: bool) -> str:
    state, locked = (scalar(name, quoted=quoted) for name in ("state", "locked"))
    return f"{{{state}: {word}, {locked}: true}}"


def is_quoted(mapping: Node) -> bool:
    """Tell whether all keys of a mapping stand in double quotes, as in JSON."""
    return bool(mapping.pairs) and all(k.layout is Layout.DOUBLE for k, _ in mapping.pairs)


# -- declaring --------------------------------------------------------------------------------


def declare(text: str, entity: Node, new: Declaration) -> Iterator[Candidate]:
    """Yield ways to add a setting that isn't there, with `toggles` where that isn't either."""
    quoted = is_quoted(entity)
    held = entity.pair("toggles")
    if held is None:
        pair = new.pair(quoted=quoted)
        if entity.is_block:
            column = entity.pairs[0][0].column
            lines = [f"{' ' * column}toggles:", f"{' ' * (column + _STEP)}{pair}"]
            yield from _below_last(text, entity, lines)
        else:
            yield _into_flow(entity, f"{scalar('toggles', quoted=quoted)}: {{{pair}}}")
        return
    toggles = held[1]
    if toggles.is_block:
        column = toggles.pairs[0][0].column
        yield from _below_last(text, toggles, [" " * column + new.pair(quoted=is_quoted(toggles))])
    elif toggles.kind == "mapping":
        yield _into_flow(toggles, new.pair(quoted=is_quoted(toggles) or quoted))


def _below_last(text: str, mapping: Node, lines: Sequence[str]) -> Iterator[Candidate]:
    yield from below_value(text, mapping.pairs[-1][1], lines)


def below_value(text: str, value: Node, lines: Sequence[str]) -> Iterator[Candidate]:
    """Yield ways to put lines below a value: below its text, else below its line breaks."""
    yield (below(text, value.end, lines),)
    if value.loose_end != value.end:
        yield (at_line(text, value.loose_end, lines),)


def _into_flow(mapping: Node, pair: str) -> Candidate:
    if mapping.pairs:
        end = mapping.pairs[-1][1].end
        return (Splice(end, end, f", {pair}"),)
    return (Splice(mapping.start + 1, mapping.start + 1, pair),)


# -- changing ---------------------------------------------------------------------------------


def flip(text: str, node: Node) -> Iterator[Candidate]:
    """Yield the way to turn the word of a scalar into its opposite, in its own style."""
    start, end = _word(text, node)
    word = opposite(text[start:end])
    if node.kind == "scalar" and word is not None:
        yield (Splice(start, end, word),)


def _word(text: str, node: Node) -> tuple[int, int]:
    """Return where a scalar's word stands, quotes included; in a block scalar, on its line."""
    if node.layout in {Layout.LITERAL, Layout.FOLDED}:
        found = _BLOCK_WORD.search(text[: node.end], node.start)
        if found:
            return found.span(1)
    return node.start, node.end


def lock(text: str, key: Node, setting: Node) -> Iterator[Candidate]:
    """Yield ways to add a lock to a setting that says nothing of one."""
    if setting.kind == "scalar":
        start, end = _word(text, setting)
        whole = _locked(text[start:end], quoted=key.layout is Layout.DOUBLE)
        header = _HEADER.match(text, setting.start)
        if header:  # a block scalar's, behind which a comment may stand
            yield (Splice(*header.span(1), whole), Splice(header.end(), end))
        yield (Splice(setting.start, end, whole),)
        return
    found = setting.pair("state")
    if found is None:
        return
    name, state = found
    if setting.is_block:
        yield from below_value(text, state, [f"{' ' * name.column}locked: true"])
    else:
        pair = f"{scalar('locked', quoted=is_quoted(setting))}: true"
        yield (Splice(state.end, state.end, f", {pair}"),)


# -- removing ---------------------------------------------------------------------------------


def remove(text: str, entity: Node, key: str) -> Iterator[Candidate]:
    """Yield ways to remove a setting, with `toggles` where that would be left empty.

    Comments on lines of their own stay. Where `toggles` cannot go, it stays as `{}`.
    """
    held = entity.pair("toggles")
    if held is None:
        return
    name, toggles = held
    if toggles.kind == "mapping" and len(toggles.pairs) > 1:
        yield from _without(text, toggles, key)
        return
    if toggles.is_block:
        yield from _emptied_block(text, name, toggles)
    yield from _without(text, entity, "toggles")
    yield (Splice(toggles.start, toggles.end, "{}"),)


def _emptied_block(text: str, name: Node, toggles: Node) -> Iterator[Candidate]:
    """Take out the line of `toggles:` and those of its setting, not what stands between."""
    key, value = toggles.pairs[0]
    first, second = line_start(text, name.begin), line_start(text, key.begin)
    if text[first : name.begin].strip() or text[second : key.begin].strip():
        return
    between = line_end(text, toggles.start if toggles.start < second else name.end)
    if between >= second:
        yield (without_lines(text, first, line_end(text, value.end)),)
    else:
        end = without_lines(text, second, line_end(text, value.end))
        yield (Splice(first, between), end)


def _without(text: str, mapping: Node, key: str) -> Iterator[Candidate]:
    names = [name.text for name, _ in mapping.pairs]
    number = names.index(key)
    if mapping.is_block:
        yield from _without_in_block(text, mapping, number)
    else:
        yield from _without_in_flow(text, mapping, number)


def _without_in_block(text: str, mapping: Node, number: int) -> Iterator[Candidate]:
    name, value = mapping.pairs[number]
    start, end = line_start(text, name.begin), line_end(text, value.end)
    if not text[start : name.begin].strip(" "):
        yield (without_lines(text, start, end),)
    elif number + 1 < len(mapping.pairs):
        # It shares its line with the dash of a list entry: the next pair takes its place.
        following = mapping.pairs[number + 1][0].begin
        if not text[end:following].strip(" "):
            yield (Splice(name.begin, following),)


def _without_in_flow(text: str, mapping: Node, number: int) -> Iterator[Candidate]:
    name, value = mapping.pairs[number]
    start, end = name.begin, value.end
    if number:
        before = mapping.pairs[number - 1][1].end
        if text[before:start].strip() == ",":
            yield (Splice(before, end),)
    elif number + 1 < len(mapping.pairs):
        following = mapping.pairs[number + 1][0].begin
        if text[end:following].strip() == ",":
            yield (Splice(start, following),)
    comma = _COMMA.match(text, end)
    yield (Splice(start, comma.end() if comma else end),)
