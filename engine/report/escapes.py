"""Names made harmless in Markdown: whatever the policies call something, it is shown as it is.

Nothing in a name may become markup, a link, or a mention that sends somebody mail.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from engine.report.screen import plain
from engine.review.phrases import Sort

if TYPE_CHECKING:
    from engine.review.phrases import Sentence

_NO_SPAN: Final = re.compile(r"[`|\\]|^\s|\s$|^$")
_PUNCTUATION: Final = re.compile(r"[!\"#$&*.:<>@\[\\\]^_`{|}~]")
"""What may be markup in the midst of a line; the rest may stay readable in the source."""
_ACTIVE: Final = "@#"
_SIGNS: Final = re.compile(r"[\\`*_{}\[\]<>#|~@&$]")
_LINKS: Final = re.compile(r"://|www\.", re.IGNORECASE)


def code(text: str) -> str:
    """Return a name as code, in Markdown and in its tables."""
    shown = plain(text)
    if _NO_SPAN.search(shown):  # a code span can't hold it; entities mean the same and do nothing
        return f"<code>{_entities(shown)}</code>"
    return f"`{shown}`"


def inline(text: str) -> str:
    """Return a text of the policies as prose, without markup, mentions and references."""
    return "".join(
        f"{_entities(one)}&#8203;" if one in _ACTIVE else _entities(one) for one in plain(text)
    )


def _entities(text: str) -> str:
    return _PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", text)


def prose(text: str) -> str:
    """Return a sentence of ours that holds names: readable in the source, and as harmless."""
    shown = _SIGNS.sub(
        lambda found: f"&#{ord(found[0])};" + ("&#8203;" if found[0] in _ACTIVE else ""),
        plain(text),
    )
    return _LINKS.sub(lambda found: f"{found[0][:-1]}&#8203;{found[0][-1]}", shown)


def html(text: str) -> str:
    """Return a text for HTML, such as the summary of a fold."""
    return escape(plain(text))


def in_markdown(sentence: Sentence) -> str:
    """Return a sentence with its places and names as code."""
    return "".join(word.text if word.sort is Sort.PLAIN else code(word.text) for word in sentence)


def in_html(sentence: Sentence) -> str:
    """Return a sentence with its places and names as code, for HTML."""
    return "".join(
        html(word.text) if word.sort is Sort.PLAIN else f"<code>{html(word.text)}</code>"
        for word in sentence
    )
