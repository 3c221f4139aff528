"""A comparison as one page that a manager opens: no network, no server, no installation.

The page is a jinja2 template, a style sheet and scripts under `page`, put into one file. What
the script shows is embedded as JSON that cannot end its element; a content security policy lets
nothing run but that script, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from engine import __version__
from engine.report.diff_page import page
from engine.report.diff_rows import table

if TYPE_CHECKING:
    from engine.report.agenda import Agenda
    from engine.review.comparison import Comparison
    from engine.review.story import Story

MOST_PEOPLE: Final = 200_000
"""How many people a page lists: with more it would not open in a reasonable time."""
_SCRIPTS: Final = ("rows.js", "table.js", "page.js")


def render(
    comparison: Comparison,
    story: Story,
    *,
    provenance: bool = False,
    agenda: Agenda | None = None,
) -> str:
    """Return the page; with `provenance` it lists rows that differ in reason or source alone.

    `agenda` is what stands above it for a meeting.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    rows = table(comparison, story, limit=MOST_PEOPLE, provenance=provenance)
    style, script = _file("page.css"), _script()
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    whole = environment.from_string(_file("page.html.j2")).render(
        page=page(comparison, story, rows, provenance=provenance),
        agenda=agenda,
        version=__version__,
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704 - a file of ours
        script=Markup(script),  # noqa: S704 - a file of ours
        data=Markup(embedded(rows.content)),  # noqa: S704 - holds no sign of markup
    )
    return f"{whole}\n"


def embedded(content: Any) -> str:
    """Return JSON for inside a script element: nothing in it is markup, or ends the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for sign in _SIGNS:
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


_SIGNS: Final = "<>&\u2028\u2029"


def _script() -> str:
    """Return the scripts as one, which leaves no name behind it."""
    parts = "\n".join(_file(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();'


def _policy(style: str, script: str) -> str:
    """Return the content security policy: these two texts, and nothing else, from nowhere."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script)}",
            "img-src data:",  # the empty icon, so that no browser asks for one
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    found = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{found}'"


def _file(name: str) -> str:
    return files("engine.report").joinpath("page", name).read_text(encoding="utf-8")
