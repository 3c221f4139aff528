"""Cobertura XML: coverage as CI services draw it beside the lines of a change.

One class a file, one line a declared setting; its hits are the expectations that it decides for.
The format is the one of http://cobertura.sourceforge.net/xml/coverage-04.dtd.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from engine import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.review.coverage import Coverage, Line

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>\n"
)
_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(coverage: Coverage) -> str:
    """Return the XML, ending in a newline. Files are relative to the working directory."""
    # NOTE: a fixed instant, so that the same files give the same bytes.
    root = ET.Element("coverage", {**_rates(coverage.lines), "version": __version__})
    root.attrib |= _totals(coverage.lines) | {"timestamp": "0"}
    ET.SubElement(ET.SubElement(root, "sources"), "source").text = "."
    packages = ET.SubElement(root, "packages")
    folders: dict[str, list[tuple[str, list[Line]]]] = {}
    for file, lines in coverage.by_file():
        folders.setdefault(posixpath.dirname(file), []).append((file, lines))
    for folder, files in sorted(folders.items()):
        inside = [line for _, lines in files for line in lines]
        package = ET.SubElement(
            packages, "package", {"name": _fit(folder) or ".", **_rates(inside)}
        )
        classes = ET.SubElement(package, "classes")
        for file, lines in files:
            _class(classes, file, lines)
    ET.indent(root)
    return _HEAD + ET.tostring(root, encoding="unicode") + "\n"


def _class(classes: ET.Element, file: str, lines: Sequence[Line]) -> None:
    about = {"name": _fit(posixpath.basename(file)), "filename": _fit(file), **_rates(lines)}
    one = ET.SubElement(classes, "class", about)
    ET.SubElement(one, "methods")
    drawn = ET.SubElement(one, "lines")
    hits: dict[int, int] = {}
    for line in lines:  # an anchor lets two settings stand in one line: the less covered counts
        at = line.place.line
        hits[at] = min(line.expectations, hits.get(at, line.expectations))
    for number, hit in sorted(hits.items()):
        ET.SubElement(drawn, "line", {"number": str(number), "hits": str(hit), "branch": "false"})


def _rates(lines: Sequence[Line]) -> dict[str, str]:
    covered = sum(line.expectations > 0 for line in lines)
    rate = covered / len(lines) if lines else 1
    return {"line-rate": f"{rate:.4g}", "branch-rate": "0", "complexity": "0"}


def _totals(lines: Sequence[Line]) -> dict[str, str]:
    covered = sum(line.expectations > 0 for line in lines)
    return {
        "lines-covered": str(covered),
        "lines-valid": str(len(lines)),
        "branches-covered": "0",
        "branches-valid": "0",
    }


def _fit(text: str) -> str:
    """Return text that XML can hold."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)
