"""The page for whoever reads it: by keyboard, in the dark, on paper, narrow, without scripts."""

from __future__ import annotations

import pytest

from tests.browser.examples import page
from tests.browser.looking import ROW

pytestmark = pytest.mark.slow


@pytest.fixture
def shown(opened):
    return opened(page("example"))


def test_everything_can_be_reached_and_done_by_keyboard_with_a_visible_focus(shown):
    def press(key):
        shown.keyboard.press(key)

    def focused(what):
        return shown.evaluate(f"document.activeElement.{what}")

    press("Tab")
    assert focused("className") == "skip"
    press("Enter")
    seen = []
    for _ in range(20):
        press("Tab")
        seen.append(focused("id") or focused("parentElement.dataset.sort") or focused("type"))
        outline = shown.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        width = shown.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert outline != "none" and width >= 2
        if shown.evaluate("Boolean(document.activeElement.closest('tbody'))"):
            break
    assert seen[:6] == ["search", "group", "toggle", "move", "cause", "clear"]
    assert seen[6:12] == ["person", "groups", "toggle", "old", "new", "causes"]

    def row():
        return shown.evaluate("Number(document.activeElement.closest('tr').rowIndex)")

    assert row() == 1
    press("ArrowDown")
    assert row() == 2
    press("Enter")
    assert focused("ariaExpanded") == "true"
    assert shown.locator("tr.detail").is_visible()
    press("ArrowDown")
    press("ArrowUp")
    press("Escape")
    assert shown.locator("tr.detail").count() == 0
    assert row() == 2
    press(" ")
    assert shown.locator("tr.detail").count() == 1
    press("End")
    assert shown.locator(ROW).last.locator("button").evaluate("e => e === document.activeElement")
    press("Home")
    assert row() == 1
    assert shown.locator(f"{ROW} button[tabindex='0']").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_checker_finds_nothing(opened, scheme):
    from axe_playwright_python.sync_playwright import Axe

    shown = opened(page("example"), color_scheme=scheme)
    shown.locator(f"{ROW} button").nth(1).click()
    levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(shown, options={"runOnly": levels})
    assert found.violations_count == 0, found.generate_report()


def test_dark_is_dark_and_light_is_light(opened):
    def brightness(scheme):
        shown = opened(page("example"), color_scheme=scheme)
        colour = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour[4:-1].split(","))

    assert brightness("dark") < 100
    assert brightness("light") > 700


TOO_WIDE = """() => [...document.querySelectorAll('td, th, li, section, button, p')]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
    .map((e) => e.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize(("name", "width"), [("example", 600), ("example", 1280), ("hostile", 600)])
def test_no_width_needs_scrolling_sideways(opened, name, width):
    shown = opened(page(name), width=width)
    shown.locator(f"{ROW} button").nth(1).click()
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate(TOO_WIDE) == []


def test_paper_has_the_story_and_the_first_people_and_says_how_many_there_are(opened):
    shown = opened(page("many"), color_scheme="dark")
    shown.emulate_media(media="print")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.locator(ROW).count() == 100
    assert shown.locator("#printed").inner_text().startswith("These are the first 100 of 50,000")
    assert shown.locator("h1").is_visible() and shown.locator(".changes").is_visible()
    for gone in (".controls", ".pager", ".keys", ".show >> nth=0"):
        assert not shown.locator(gone).is_visible()
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    shown.emulate_media(media="screen")
    assert shown.locator(ROW).count() == 50
    assert not shown.locator("#printed").is_visible()
    assert shown.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_without_scripts_all_but_the_table_is_there(opened):
    shown = opened(page("example"), java_script_enabled=False)
    assert shown.locator("h1").is_visible()
    assert shown.locator(".flow").first.is_visible()
    assert shown.locator("#changes").is_visible()
    assert shown.locator("noscript p").is_visible()
    assert not shown.locator("#table").is_visible()
    assert not shown.locator(".show").first.is_visible()
