"""A history as a picture: a band for each toggle, coloured by state, hatched where it is locked.

Self-contained, as SVG alone or inside an HTML page: no script, no font, no network. What a
commit said is shown where its band is pointed at or focused; the page lists everything.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from engine.history.instants import moment, spoken
from engine.report.declared_text import sentence
from engine.report.history_text import ASSUMPTION, headline, short_state, source, whom
from engine.report.screen import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.history.intervals import Interval
    from engine.history.timeline import History

_WIDTH: Final = 960
_LEFT: Final = 24
_ROW: Final = 74
_BAND: Final = 34
_TIP: Final = 84
_LONGEST: Final = 128
_ROUND: Final = 6
_DAY: Final = 86_400
_STYLE: Final = """
svg{--ink:#1c2430;--soft:#5a6675;--paper:#fff;--on:#2f8f5b;--idle:#8f6e0e;--off:#b4483f;
--line:#d6dbe2;font:14px system-ui,sans-serif;max-width:100%;height:auto}
svg text{fill:var(--ink)}
svg .soft{fill:var(--soft);font-size:12px}svg .paper{fill:var(--paper)}
svg .on{fill:var(--on)}svg .idle{fill:var(--idle)}svg .off{fill:var(--off)}
svg .axis{stroke:var(--line)}svg .lock{fill:#fff}
svg .hatch{stroke:#fff;stroke-opacity:.45;stroke-width:3}
svg text.word{fill:#fff;font-weight:600}
svg .tip{visibility:hidden}svg .band:hover .tip,svg .band:focus .tip{visibility:visible}
svg .band{outline:none}svg .band:hover rect,svg .band:focus rect{stroke:var(--ink);stroke-width:2}
@media (prefers-color-scheme:dark){svg{--ink:#e8ecf1;--soft:#a3adba;--paper:#14181e;
--line:#39424e}}
@media print{svg{--ink:#000;--soft:#333;--paper:#fff;--line:#999}svg .tip,svg .hint{display:none}}
"""
_PAGE: Final = """
:root{color-scheme:light dark;--ink:#1c2430;--paper:#fff;--line:#d6dbe2}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--paper:#14181e;--line:#39424e}}
@media print{:root{--ink:#000;--paper:#fff;--line:#999}}
body{color:var(--ink);background:var(--paper);font:16px/1.5 system-ui,sans-serif;margin:2rem auto;
max-width:60rem;padding:0 1rem}
h1{font-size:1.4rem}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0}
th,td{border-top:1px solid var(--line)}
td{overflow-wrap:anywhere;min-width:6.5rem}tr{break-inside:avoid}code{font-size:.85em}
td.when{white-space:nowrap;min-width:0}td.when span{display:block}
@media (max-width:45rem){tr{display:block;border-top:1px solid var(--line);padding:.4rem 0}
th{display:none}td{display:block;border:0;padding:.1rem 0}td.when,td.when span{display:inline}
td.when+td.when::before{content:" until "}}
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def html(history: History) -> str:
    """Return a page with the picture, and a table of all that it shows."""
    heads = [headline(history, toggle, _of(history, toggle)) for toggle in _shown(history)]
    title = f"Since when: {whom(history)}"
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title>\n<style>{_PAGE}</style>\n</head>\n<body>",
        f"<h1>{_text(heads[0])}</h1>",
        *(f"<p><strong>{_text(head)}</strong></p>" for head in heads[1:]),
        svg(history),
        *_table(history),
        *_skipped(history),
        f"<p>{_text(ASSUMPTION)}</p>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def svg(history: History) -> str:
    """Return the picture alone."""
    toggles = _shown(history)
    height = _ROW * len(toggles) + _TIP + 24
    begin, end = _span(history)
    body: list[str] = []
    for number, toggle in enumerate(toggles):
        title = history.titles.get(toggle, toggle)
        top = _ROW * number + 8
        body.append(f'<text x="{_LEFT}" y="{top + 16}">{_text(_cut(title))}</text>')
        intervals = _of(history, toggle)
        body += [_band(history, one, (begin, end), (top + 24, height)) for one in intervals]
    axis = _ROW * len(toggles) + 4
    body += _axis(begin, end, axis)
    hint = "Point at a band, or reach it with Tab, to see the commit that began it."
    body.insert(0, f'<text class="soft hint" x="{_LEFT}" y="{height - 12}">{hint}</text>')
    label = _text(f"Since when: {whom(history)}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="group"'
        f' aria-label="{label}">\n<style>{_STYLE}</style>\n<defs><pattern id="hatch" width="10"'
        ' height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line class="hatch" x1="0" y1="0" x2="0" y2="10"/></pattern></defs>\n'
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _shown(history: History) -> list[str]:
    found = [toggle for toggle in history.toggles if _of(history, toggle)]
    return found or list(history.toggles[:1])


def _of(history: History, toggle: str) -> list[Interval]:
    return [one for one in history.intervals if one.decision.toggle == toggle]


def _span(history: History) -> tuple[int, int]:
    """Return the first and the last instant that are drawn; what lasts goes a little further."""
    instants = [at for one in history.intervals for at in (one.begin, one.end) if at is not None]
    begin, end = (min(instants), max(instants)) if instants else (0, 0)
    return begin, end + max((end - begin) // 10, _DAY)


def _x(at: int, span: tuple[int, int]) -> float:
    begin, end = span
    return round(_LEFT + (at - begin) / (end - begin) * (_WIDTH - 2 * _LEFT), 1)


def _band(history: History, one: Interval, span: tuple[int, int], place: tuple[int, int]) -> str:
    top, height = place
    left = _x(one.begin, span)
    width = max(_x(span[1] if one.end is None else one.end, span) - left, 1)
    decision = one.decision
    tone = "off" if decision.state == "disabled" else "idle" if decision.sync is False else "on"
    said = list(_said(history, one))
    corner = 3 if width > _ROUND else 0  # many narrow bands must not blur into another colour
    shape = f'x="{left}" y="{top}" width="{width:.1f}" height="{_BAND}" rx="{corner}"'
    parts = [f'<g class="band" tabindex="0" role="img" aria-label="{_text(" ".join(said))}">']
    parts.append(f"<title>{_text(chr(10).join(said), lines=True)}</title>")
    parts.append(f'<rect class="{tone}" {shape}/>')
    if decision.locked and width > _ROUND:
        parts.append(f'<rect fill="url(#hatch)" {shape}/>')
    if decision.locked and width > 24:
        x, y = left + 7, top + 15
        parts.append(
            f'<path class="lock" d="M{x} {y}h12v10h-12zM{x + 2} {y}v-4a4 4 0 0 1 8 0v4h-2v-4'
            'a2 2 0 0 0-4 0v4z"/>'
        )
    if width > 110:  # colour alone must not tell
        word = "on" if decision.state == "enabled" else "off"
        x = left + (26 if decision.locked else 9)
        parts.append(f'<text class="word" x="{x}" y="{top + 22}">{word}</text>')
    tips = (
        f'<tspan x="{_LEFT}" dy="{18 if number else 0}">{_text(_cut(line))}</tspan>'
        for number, line in enumerate(said[:4])
    )
    room = f'x="0" y="{height - _TIP}" width="{_WIDTH}" height="{_TIP}"'
    parts.append(
        f'<g class="tip"><rect class="paper" style="stroke:none" {room}/>'
        f'<text y="{height - _TIP + 16}">{"".join(tips)}</text></g></g>'
    )
    return "".join(parts)


def _said(history: History, one: Interval) -> Iterator[str]:
    about = history.about[one.commit]
    end = "now" if one.end is None else spoken(one.end)
    yield f"{short_state(one.decision)}: {spoken(one.begin)} to {end}"
    yield f"Decided by {source(history, one.decision)} ({one.decision.reason.value})."
    yield f"Commit {one.commit[:10]} by {about.author}: {about.subject}"
    changes = "; ".join(sentence(change, toggle=one.decision.toggle) for change in one.changes)
    yield f"Because {changes}." if changes else ""


def _axis(begin: int, end: int, y: int) -> list[str]:
    found = [f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _LEFT}" y1="{y}" y2="{y}"/>']
    for number in range(6):
        at = begin + (end - begin) * number // 6
        x = _x(at, (begin, end))
        day = moment(at).strftime("%Y-%m-%d")
        found.append(f'<line class="axis" x1="{x}" x2="{x}" y1="{y}" y2="{y + 5}"/>')
        found.append(f'<text class="soft" x="{x}" y="{y + 18}">{day}</text>')
    return found


def _table(history: History) -> list[str]:
    columns: tuple[str, ...] = ("From", "Until", "Decision", "Commit", "Because")
    if len(_shown(history)) > 1:
        columns = ("Toggle", *columns)
    rows = [f"<table>\n<tr>{''.join(f'<th>{column}</th>' for column in columns)}</tr>"]
    for one in reversed(history.intervals):
        about = history.about[one.commit]
        why = f"{short_state(one.decision)}; decided by {source(history, one.decision)}"
        because = "; ".join(sentence(c, toggle=one.decision.toggle) for c in one.changes)
        told = [why, f"{one.commit[:10]}, {about.author}: {about.subject}", because]
        cells = [_when(one.begin), _when(one.end), *(f"<td>{_text(text)}</td>" for text in told)]
        if len(columns) > len(cells):
            toggle = one.decision.toggle
            cells.insert(0, f"<td>{_text(history.titles.get(toggle, toggle))}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return [*rows, "</table>"]


def _when(at: int | None) -> str:
    """Return a cell with an instant, its day above its time where there is room for columns."""
    day, _, time = ("now" if at is None else spoken(at)).partition(" ")
    return f'<td class="when"><span>{day}</span> <span>{time}</span></td>'


def _skipped(history: History) -> list[str]:
    if not history.skipped:
        return []
    listed: Sequence[str] = [
        f"<li><code>{one.commit[:10]}</code> {_text(one.why)}</li>" for one in history.skipped
    ]
    said = "Commits without valid policies, which were passed over and changed nothing:"
    return [f"<p>{said}</p>\n<ul>", *listed, "</ul>"]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026"


def _text(text: str, *, lines: bool = False) -> str:
    """Return text that is nothing but text, whatever a name or a subject holds."""
    parts = text.split("\n") if lines else [text]
    return escape("\n".join(plain(part) for part in parts))
