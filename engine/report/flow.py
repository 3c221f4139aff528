"""The geometry of an alluvial picture: what flows from the old states, left, to the new, right.

It owns places and sizes only; how they are drawn is the template's business. A ribbon is as
thick as the people in it are many, but never too thin to be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.shapes import dataclass

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

WIDTH: Final = 620
_LEFT, _RIGHT, _BAR = 194, 426, 12
"""Where the bars of both sides stand, and how wide they are; the labels have the rest."""
_FULL: Final = 230
"""The height of everybody together, before thin ribbons are widened, and what few people or
few ribbons need at the most."""
_FEW: Final = 24, 14
_FLAT: Final = 60, 40
_THINNEST: Final = 3.0
_SLOT: Final = 46.0
"""A bar keeps at least so much room, for the two lines of its label."""
_GAP: Final = 14.0


class Stream(NamedTuple):
    """How many go from one stage to another. A stage is what a bar stands for."""

    old: Hashable
    new: Hashable
    users: int


class Bar(NamedTuple):
    """A stage on one side. `middle` is where its label belongs."""

    stage: Hashable
    users: int
    x: int
    y: float
    width: int
    height: float
    middle: float


class Ribbon(NamedTuple):
    """The people of one stream; `path` is an SVG path."""

    stream: Stream
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A picture of streams. `is_widened` says that a thin ribbon is thicker than its share."""

    width: int
    height: float
    left: tuple[Bar, ...]
    right: tuple[Bar, ...]
    ribbons: tuple[Ribbon, ...]
    is_widened: bool


def flow(streams: Iterable[Stream], order: Sequence[Hashable]) -> Flow:
    """Return the picture of streams, with the bars of both sides in the order of `order`."""
    rank = {stage: at for at, stage in enumerate(order)}
    listed = sorted(streams, key=lambda stream: (rank[stream.old], rank[stream.new]))
    users = max(1, sum(stream.users for stream in listed))
    few, flat = _FEW[0] + _FEW[1] * users, _FLAT[0] + _FLAT[1] * len(listed)
    scale = min(_FULL, few, flat) / users
    thick = {stream: max(stream.users * scale, _THINNEST) for stream in listed}
    sides = [
        _bars([(stream[side], stream, thick[stream]) for stream in listed], order, x)
        for side, x in ((0, _LEFT), (1, _RIGHT - _BAR))
    ]
    height = max(_bottom(bars) for bars in sides)
    left, right = (_centred(bars, height) for bars in sides)
    starts = {bar.stage: bar.y for bar in left}
    ends = {bar.stage: bar.y for bar in right}
    ribbons = []
    for stream in listed:
        path = _ribbon(starts[stream.old], ends[stream.new], thick[stream])
        starts[stream.old] += thick[stream]
        ends[stream.new] += thick[stream]
        ribbons.append(Ribbon(stream, path))
    return Flow(
        width=WIDTH,
        height=round(height, 1),
        left=tuple(left),
        right=tuple(right),
        ribbons=tuple(ribbons),
        is_widened=any(thick[stream] > stream.users * scale for stream in listed),
    )


def _bars(
    shares: Sequence[tuple[Hashable, Stream, float]], order: Sequence[Hashable], x: int
) -> list[Bar]:
    """Return the bars of one side from the top, each in a slot where its label fits."""
    found: list[Bar] = []
    top = 0.0
    for stage in order:
        own = [(stream, thick) for name, stream, thick in shares if name == stage]
        if not own:
            continue
        height = sum(thick for _, thick in own)
        slot = max(height, _SLOT)
        y = top + (slot - height) / 2
        users = sum(stream.users for stream, _ in own)
        found.append(Bar(stage, users, x, y, _BAR, height, top + slot / 2))
        top += slot + _GAP
    return found


def _bottom(bars: Sequence[Bar]) -> float:
    return max(bar.middle + max(bar.height, _SLOT) / 2 for bar in bars)


def _centred(bars: Sequence[Bar], height: float) -> list[Bar]:
    """Return the bars moved down so that the shorter side stands in the middle."""
    down = (height - _bottom(bars)) / 2
    return [
        bar._replace(
            y=round(bar.y + down, 1),
            height=round(bar.height, 1),
            middle=round(bar.middle + down, 1),
        )
        for bar in bars
    ]


def _ribbon(start: float, end: float, thick: float) -> str:
    """Return the path of a ribbon between the bars, from `start` at the left to `end`."""
    x0, x1 = _LEFT + _BAR, _RIGHT - _BAR
    bend = (x0 + x1) // 2
    a, b, c, d = (f"{y:.1f}" for y in (start, end, end + thick, start + thick))
    return f"M{x0} {a}C{bend} {a} {bend} {b} {x1} {b}V{c}C{bend} {c} {bend} {d} {x0} {d}Z"
