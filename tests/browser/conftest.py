"""A real headless Chromium. Each page must be quiet: no error, no message, no request.

With CI set a missing browser fails; elsewhere these tests say why they are skipped.
"""

from __future__ import annotations

import os
import shutil

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")


def found():
    """The path of a browser, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium():
    """The browser, with a profile of its own that is thrown away."""
    path = found()
    if path is None:
        why = f"no browser: none of {', '.join(NAMES)} is on the PATH (apt-get install chromium)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, headless=True, args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """Open a page, given as text, as somebody does who gets it by mail; what it says is kept."""
    contexts = []
    said: list[str] = []

    def open_page(text, *, width=1280, **options):
        file = tmp_path / f"page-{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on(
            "dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        page.on("request", lambda request: said.append(f"request: {request.url}"))
        page.goto(file.as_uri())
        said.remove(f"request: {file.as_uri()}")
        page.set_default_timeout(10_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == [], "a page is quiet and asks for nothing"
