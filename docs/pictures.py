"""The pictures of the law, drawn from the tables that decide: python docs/pictures.py.

They stand in `docs/images`, so that they show in the repository too; a test compares them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from engine.decide.tiers import TIERS, Tier, Voice  # noqa: E402 - the checkout is put on the path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDTH: Final = 640
_STEP: Final = 44
_LEFT: Final = 20
_SAID: Final = {
    Voice.ACCOUNT: "the account",
    Voice.PRIMARY_GROUP: "the primary group",
    Voice.AGREEING_GROUPS: "another group, or several to one state,",
    Voice.DISAGREEING_GROUPS: "other groups, to both states,",
    Voice.MANAGING_GROUP: "the group with the highest priority",
    Voice.USER: "the user",
    Voice.CATALOGUE: "the catalogue",
}
_COLOURS: Final = {
    Voice.ACCOUNT: "#3f51b5",
    Voice.USER: "#2e7d32",
    Voice.CATALOGUE: "#616161",
}
_GROUP: Final = "#b26a00"


def pictures() -> dict[str, str]:
    """Return each picture as SVG, by the name of its file."""
    return {f"{name.value}.svg": _picture(name.value, tiers) for name, tiers in TIERS.items()}


def _picture(title: str, tiers: Sequence[Tier]) -> str:
    height = _STEP * len(tiers) + 60
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            f'role="img" aria-label="{title}: what is asked, in order" '
            'font-family="sans-serif" font-size="15">'
        ),
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        *_rows(tiers),
        (
            f'<text x="{_LEFT}" y="{height - 14}" font-size="13" fill="#444444">'
            "Asked from the top; the first that applies decides, and those below are masked, "
            "not erased.</text>"
        ),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _rows(tiers: Sequence[Tier]) -> Iterator[str]:
    number = 0
    for index, tier in enumerate(tiers):
        both = tier.voice is Voice.DISAGREEING_GROUPS  # the law counts it with the row above
        number += not both
        top = 14 + index * _STEP
        left = _LEFT + index * 6
        colour = _COLOURS.get(tier.voice, _GROUP)
        verb = ("lock it" if both else "locks it") if tier.must_lock else "says so"
        lock = "locked" if tier.must_lock else "free to change below"
        yield (
            f'<rect x="{left}" y="{top}" width="{_WIDTH - left - _LEFT}" height="{_STEP - 8}" '
            f'rx="6" fill="{colour}"/>'
        )
        yield (
            f'<text x="{left + 12}" y="{top + 23}" fill="#ffffff">{number}. '
            f"{_SAID[tier.voice]} {verb}</text>"
        )
        yield (
            f'<text x="{_WIDTH - _LEFT - 12}" y="{top + 23}" fill="#ffffff" font-size="12" '
            f'text-anchor="end">{tier.reason.value}, {lock}</text>'
        )


def main() -> None:
    """Write the pictures."""
    folder = ROOT / "docs" / "images"
    folder.mkdir(exist_ok=True)
    for name, text in pictures().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
