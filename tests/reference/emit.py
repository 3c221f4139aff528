"""Writes a plain structure as YAML in one of the many ways that mean the same.

Owns layout only: block and flow, quoting, comments, anchors and aliases. What is written is
decided by `spelling`; a `Word` is a scalar whose text is taken as it stands.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import yaml

from tests.reference.draws import chance
from tests.reference.yaml_core import load_all

if TYPE_CHECKING:
    from random import Random

INDICATORS = ("", *"[]{}*&!%@|>`#\"'")  # never the first character of a plain scalar
COMMENTS = ("# why: see the wiki", "#", "# key: value", '# \'a "b" [c] {d}', "# ünï 😀")


class Word(str):
    """A scalar that is written exactly so."""

    __slots__ = ()

    def __repr__(self) -> str:  # not equal to a text's, so that no alias mixes them up
        return f"Word({str(self)!r})"


class Writer:
    """Writes one document; remembers what it anchored."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._anchors: dict[str, str] = {}

    def document(self, value: Any) -> str:
        """The text of a document, without its `---`."""
        if chance(self.rng, 10):
            return self._flow(value, 0) + "\n"
        return "".join(f"{line}\n" for line in self._block(value, 0))

    def _block(self, value: Any, indent: int) -> list[str]:
        pad = " " * indent
        lines = []
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            head = f"{pad}-" if isinstance(value, list) else f"{pad}{self._scalar(key)}:"
            if chance(self.rng, 4):
                lines.append(pad + self.rng.choice(COMMENTS))
            if isinstance(value, dict) and chance(self.rng, 2):
                lines.append(f"{head[:indent]}? {head[indent:-1]}")
                head = f"{pad}:"
            lines += self._entry(head, item, indent, in_list=isinstance(value, list))
        return lines

    def _entry(self, head: str, item: Any, indent: int, *, in_list: bool) -> list[str]:
        """One item below its head, `- ` or `key:`."""
        if not isinstance(item, (dict, list)):
            return self._scalar_entry(head, item, indent)
        anchor, alias = self._anchor(item)
        if alias:
            return [f"{head} {alias}"]
        if not item or chance(self.rng, 40):
            return [f"{head}{anchor} {self._flow(item, indent + 2)}{self._comment()}"]
        step = self.rng.choice((2, 4))
        if not in_list and isinstance(item, list):
            step = self.rng.choice((0, 2))
        lines = self._block(item, indent + step)
        if in_list and isinstance(item, dict) and not anchor and lines[0].lstrip()[0] != "#":
            return [head + lines[0][len(head) :], *lines[1:]]
        return [f"{head}{anchor}{self._comment()}", *lines]

    def _scalar_entry(self, head: str, item: Any, indent: int) -> list[str]:
        is_text = isinstance(item, str) and not isinstance(item, Word)
        if is_text and item.strip() == item and chance(self.rng, 10 if "\n" not in item else 90):
            pad = " " * (indent + 2)
            lines = [f"{pad}{line}" if line else "" for line in item.split("\n")]
            return [f"{head} |-", *lines]
        return [f"{head} {self._scalar(item)}{self._comment()}"]

    def _flow(self, value: Any, indent: int) -> str:
        """A value on one line, or over several that are indented more than what holds them."""
        if not isinstance(value, (dict, list)):
            return self._scalar(value)
        comma = f",\n{' ' * (indent + 2)}" if chance(self.rng, 10) else ", "
        if isinstance(value, dict):
            parts = [f"{self._scalar(key)}: {self._inner(value[key], indent)}" for key in value]
            return "{" + comma.join(parts) + "}"
        return "[" + comma.join(self._inner(item, indent) for item in value) + "]"

    def _inner(self, item: Any, indent: int) -> str:
        if not isinstance(item, (dict, list)):
            return self._scalar(item)
        anchor, alias = self._anchor(item)
        return alias or f"{anchor} {self._flow(item, indent + 2)}".lstrip()

    def _anchor(self, item: Any) -> tuple[str, str]:
        """An anchor to put before the value, or the alias that can stand in its place."""
        key = repr(item)
        if key in self._anchors:
            return "", f"*{self._anchors[key]}" if chance(self.rng, 60) else ""
        if item and chance(self.rng, 15):
            # Known only once it is written: a value can't hold an alias to itself, since no
            # value is equal to a part of itself.
            self._anchors[key] = f"a{len(self._anchors)}"
            return f" &{self._anchors[key]}", ""
        return "", ""

    def _comment(self) -> str:
        return f"  {self.rng.choice(COMMENTS)}" if chance(self.rng, 5) else ""

    def _scalar(self, value: Any) -> str:
        if isinstance(value, Word):
            return str(value)
        if not isinstance(value, str):
            return str(value).lower()
        styles = [f'"{escaped(value, ascii_only=chance(self.rng, 30))}"']
        if "\n" not in value:
            styles.insert(0, "'" + value.replace("'", "''") + "'")
        if can_stand_plain(value):
            styles[:0] = [value] * 4
        return self.rng.choice(styles)


def escaped(text: str, *, ascii_only: bool) -> str:
    """The inside of a double-quoted scalar."""
    plain = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
    return "".join(
        plain.get(char, f"\\U{ord(char):08x}" if ascii_only and not char.isascii() else char)
        for char in text
    )


@functools.cache
def can_stand_plain(text: str) -> bool:
    """Whether a text may be written without quotes wherever scalars stand."""
    if text[:1] in INDICATORS:
        return False
    places = (f"[{text}, {text}]", f"{{{text}: {text}}}", f"{text}: {text}", f"- {text}  # so")
    try:
        read = load_all("".join(f"---\n{place}\n" for place in places))
    except yaml.YAMLError:
        return False
    return read == [[text, text], {text: text}, {text: text}, [text]]
