"""Draw docs/images/diff.png anew: the page of the README's three changed lines.

Run as `python -m tests.browser.picture`, and look at what it drew.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.report.diff_html import render
from engine.review.story import tell
from tests.browser.conftest import FLAGS, found
from tests.browser.examples import ROOT, compared, files

LOCK = "{state: disabled, locked: true}"


def three_lines():
    """Engineering's pilot ends, Finance begins."""
    old, new = files(), files()
    pilot, next_one = (f"policies/groups/{name}.yaml" for name in ("engineering", "finance"))
    new[pilot] = new[pilot].replace("sync: enabled", f"sync: {LOCK}")
    new[next_one] += "toggles:\n  bidirectional_calendar_sync: enabled\n"
    return compared(old, new)


def main() -> None:
    from playwright.sync_api import sync_playwright

    comparison = three_lines()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "page.html"
        file.write_text(render(comparison, tell(comparison)), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=found(), headless=True, args=[*FLAGS])
        page = browser.new_page(viewport={"width": 1000, "height": 1680})
        page.goto(file.as_uri())
        page.screenshot(path=ROOT / "docs" / "images" / "diff.png")
        browser.close()


if __name__ == "__main__":
    main()
