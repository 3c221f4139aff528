"""Cobertura XML: coverage as CI services draw it beside the lines of a change.

One class a file, one line for what stands in it; its hits are the expectations that it decides for.
The format is the one of http://cobertura.sourceforge.net/xml/coverage-04.dtd.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final, TypeAlias
from xml.etree import ElementTree as ET

from engine import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.review.coverage import Coverage, Line

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>\n"
)
_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


Drawn: TypeAlias = "Mapping[int, int]"
"""The lines of a file that hold settings, in order, and the hits of each."""


def render(coverage: Coverage) -> str:
    """Return the XML, ending in a newline. Files are relative to the working directory."""
    files = {file: _drawn(lines) for file, lines in coverage.by_file()}
    # NOTE: a fixed instant, so that the same files give the same bytes.
    root = ET.Element("coverage", {**_rates(files.values()), "version": __version__})
    root.attrib |= _totals(files.values()) | {"timestamp": "0"}
    ET.SubElement(ET.SubElement(root, "sources"), "source").text = "."
    packages = ET.SubElement(root, "packages")
    folders: dict[str, list[str]] = {}
    for file in files:
        folders.setdefault(posixpath.dirname(file), []).append(file)
    for folder, inside in sorted(folders.items()):
        about = {"name": _fit(folder) or ".", **_rates(files[file] for file in inside)}
        package = ET.SubElement(packages, "package", about)
        classes = ET.SubElement(package, "classes")
        for file in inside:
            _class(classes, file, files[file])
    ET.indent(root)
    return _HEAD + ET.tostring(root, encoding="unicode") + "\n"


def _drawn(lines: Sequence[Line]) -> Drawn:
    """Return the hits of each line; of several settings in one the less covered counts."""
    hits: dict[int, int] = {}
    for line in lines:
        at = line.place.line
        hits[at] = min(line.expectations, hits.get(at, line.expectations))
    return dict(sorted(hits.items()))


def _class(classes: ET.Element, file: str, drawn: Drawn) -> None:
    about = {"name": _fit(posixpath.basename(file)), "filename": _fit(file), **_rates([drawn])}
    one = ET.SubElement(classes, "class", about)
    ET.SubElement(one, "methods")
    lines = ET.SubElement(one, "lines")
    for number, hit in drawn.items():
        ET.SubElement(lines, "line", {"number": str(number), "hits": str(hit), "branch": "false"})


def _rates(files: Iterable[Drawn]) -> dict[str, str]:
    valid, covered = _counted(files)
    rate = covered / valid if valid else 1
    return {"line-rate": f"{rate:.4g}", "branch-rate": "0", "complexity": "0"}


def _totals(files: Iterable[Drawn]) -> dict[str, str]:
    valid, covered = _counted(files)
    return {
        "lines-covered": str(covered),
        "lines-valid": str(valid),
        "branches-covered": "0",
        "branches-valid": "0",
    }


def _counted(files: Iterable[Drawn]) -> tuple[int, int]:
    """Return how many lines there are, and how many are hit."""
    hits = [hit for drawn in files for hit in drawn.values()]
    return len(hits), sum(hit > 0 for hit in hits)


def _fit(text: str) -> str:
    """Return text that XML can hold."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)
