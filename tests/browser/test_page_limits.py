"""The page with very many people, and with people whose names are meant to break it."""

from __future__ import annotations

import pytest

from tests.browser.examples import page
from tests.browser.looking import ROW, choose, count, ids, wait_for_count

pytestmark = pytest.mark.slow


def test_fifty_thousand_people_are_all_there_and_few_are_in_the_document(opened):
    shown = opened(page("many"))
    assert count(shown) == "50,000 people"
    assert shown.evaluate("document.querySelectorAll('*').length") < 3_000
    assert shown.locator("#page").inner_text() == "1–50 of 50,000"
    shown.click("[data-page=last]")
    assert shown.locator("#page").inner_text() == "49,951–50,000 of 50,000"
    assert ids(shown)[-1] == "person49999@acme.example"
    shown.click("[data-page=next]", force=True)  # at its end: nothing happens, the focus stays
    assert shown.evaluate("document.activeElement.dataset.page") == "next"
    shown.locator(f"{ROW} button").last.focus()
    shown.keyboard.press("PageUp")
    assert ids(shown)[-1] == "person49949@acme.example"
    assert shown.evaluate("document.activeElement.innerText") == "person49949@acme.example"
    shown.keyboard.press("ArrowDown")
    assert shown.evaluate("document.activeElement.innerText") == "person49950@acme.example"
    choose(shown, "group", "Legal")
    legal = sum(at % 97 == 0 for at in range(50_000))
    wait_for_count(shown, f"{legal} of 50,000 people")
    shown.fill("#search", "person0097")
    wait_for_count(shown, "1 of 50,000 people")
    shown.click("#clear")
    shown.fill("#search", "49999")
    wait_for_count(shown, "1 of 50,000 people")
    assert ids(shown) == ["person49999@acme.example"]


def test_hostile_names_are_text_and_nothing_else(opened):
    shown = opened(page("hostile"))
    for row in range(3):
        shown.locator(f"{ROW} button").nth(row).click()
    assert shown.title().startswith("14 people lose sync")
    assert shown.locator("img, iframe, object, body > script:nth-of-type(n+3)").count() == 0
    assert shown.locator("svg[onload], [onerror], [onmouseover]").count() == 0
    text = shown.locator("body").inner_text()
    assert "</script><script>document.title='hacked'</script>" in text
    assert "\\u202egnp.exe" in text and "\u202e" not in text
    assert "{{ 7*7 }}" in text
    shown.fill("#search", "__proto__@x")
    wait_for_count(shown, "1 of 14 people")


def test_the_policy_of_the_page_lets_no_other_script_run_and_nothing_be_fetched(chromium, tmp_path):
    file = tmp_path / "page.html"
    evil = "<script>document.title = 'hacked'</script><img src='https://calsync.invalid/x.png'>"
    file.write_text(page("example").replace("</main>", f"{evil}</main>"), encoding="utf-8")
    opened_page = chromium.new_page()
    refused = []
    opened_page.on("console", lambda message: refused.append(message.text))
    opened_page.goto(file.as_uri())
    assert opened_page.title() != "hacked"
    assert len([text for text in refused if "Content Security Policy" in text]) == 2
    opened_page.close()
