"""The page of a comparison in a real browser: people find, sort, filter and open what they need."""

from __future__ import annotations

import pytest

from engine.review.explanation import explain
from engine.review.phrases import plain_text
from engine.review.story import tell
from tests.browser.examples import SYNC, example, page

pytestmark = pytest.mark.slow

ROW = "#table tbody tr[data-row]"


def ids(shown):
    """The ids of the people on this page of the table, as they stand."""
    return shown.locator(f"{ROW} > th button bdi:last-child").all_inner_texts()


def count(shown):
    return shown.locator("#count").inner_text()


def wait_for_count(shown, text):
    shown.locator("#count", has_text=text).wait_for()


def column(shown, name):
    return shown.locator(f"{ROW} > td.{name}").all_inner_texts()


def choose(shown, field, start):
    """Choose the option that starts so, and return what it says."""
    options = shown.locator(f"#{field} option").all_inner_texts()
    found = next(option for option in options if option.startswith(start))
    shown.select_option(f"#{field}", label=found)
    return found


@pytest.fixture
def shown(opened):
    return opened(page("example"))


def test_every_row_of_the_comparison_is_in_the_table_and_no_other(shown):
    wanted = sorted(row.user for row in example().rows)
    assert sorted(ids(shown)) == wanted
    assert count(shown) == f"{len(set(wanted))} people, {len(wanted)} rows"


def test_the_page_begins_with_the_sentence_to_repeat_and_the_numbers(shown):
    story = tell(example())
    assert shown.locator("h1").inner_text() == plain_text(story.headline[0])
    assert shown.locator(".lead").all_inner_texts() == [
        plain_text(sentence) for sentence in story.headline[1:]
    ]
    assert shown.locator(".tile dd").first.inner_text() == str(example().affected)
    assert shown.locator(".asides li").count() == len(story.surprises)


def test_guardrails_newly_broken_stand_with_their_place_and_who_breaks_them(shown):
    text = shown.locator(".broken").inner_text()
    assert "Legal never syncs, whatever anyone chooses policies/tests/guardrails.yaml:6" in text
    assert "tariq@acme.example is on, by their own choice" in text
    assert shown.locator(".broken li").count() == len(example().guardrails)


def test_the_declared_changes_stand_with_their_lines(shown):
    text = shown.locator(".changes").first.inner_text()
    assert "policies/groups/legal.yaml:7" in text
    assert "policies/groups/engineering.yaml:8" in text
    assert shown.locator("[id^=change-]").count() == len(example().declared)


# -- search, filters, order --------------------------------------------------------------------


def test_search_finds_by_id_name_and_group_without_accents_and_tells_how_many(shown):
    shown.fill("#search", "gina@")
    wait_for_count(shown, "1 of ")
    assert ids(shown) == ["gina@acme.example"]
    shown.fill("#search", "LUCIA nav")
    shown.locator(f"{ROW}:only-child", has_text="Lucía Navarro").wait_for()
    shown.fill("#search", "human resources")
    shown.locator(f"{ROW}:only-child", has_text="Nadia").wait_for()
    shown.fill("#search", "no such person")
    wait_for_count(shown, "0 of ")
    assert shown.locator("#nobody").is_visible()
    assert not shown.locator("#table").is_visible()
    shown.click("#clear")
    assert len(ids(shown)) == len(example().rows)
    assert shown.locator("#count").get_attribute("role") == "status"


def test_filters_narrow_by_group_toggle_change_of_state_and_cause(shown):
    rows = list(example().rows)
    choose(shown, "group", "Legal")
    wait_for_count(shown, " of ")
    legal = {u.id for u in example().old.users.values() if "legal" in u.groups}
    assert sorted(set(ids(shown))) == sorted({row.user for row in rows} & legal)
    shown.click("#clear")
    said = choose(shown, "toggle", "Calendar and contacts")
    wanted = [row for row in rows if row.toggle == "calendar_and_contacts_integration"]
    wait_for_count(shown, " of ")
    assert sorted(ids(shown)) == sorted(row.user for row in wanted)
    assert said.endswith(f"({len(wanted)})")
    shown.click("#clear")
    cause = next(c for c in example().declared if c.scope_id == "legal" and c.field == "setting")
    choose(shown, "cause", f"#{cause.id} ")
    wait_for_count(shown, " of ")
    assert sorted(ids(shown)) == sorted(row.user for row in rows if cause.id in row.causes)
    assert set(column(shown, "causes")) == {f"#{cause.id}"}
    shown.click("#clear")
    choose(shown, "move", "on → off, locked: Bi")
    wait_for_count(shown, " of ")
    assert {old.splitlines()[0] for old in column(shown, "old")} == {"on"}
    assert {new.splitlines()[0] for new in column(shown, "new")} == {"off, locked"}


def test_the_picture_and_its_list_lead_to_those_people(shown):
    moves = shown.locator(".moves > li")
    for move in (moves.first, moves.last):
        number = move.locator(".number").inner_text()
        move.locator("button").click()
        wait_for_count(shown, " of ")
        assert count(shown).split()[0] == number
        assert shown.evaluate("document.activeElement.id") == "who"
    shown.click("#clear")
    shown.locator(".ribbon").first.dispatch_event("click")
    wait_for_count(shown, " of ")


@pytest.mark.parametrize("name", ["person", "groups", "toggle", "old", "new", "causes"])
def test_each_column_sorts_both_ways_and_says_so(shown, name):
    head = shown.locator(f"th[data-sort={name}]")
    head.locator("button").click()
    if name == "person":  # as the page opens
        assert head.get_attribute("aria-sort") == "descending"
        head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert shown.locator("th[aria-sort]").count() == 1
    assert "ascending" in shown.locator("#order").inner_text()
    up = ids(shown) if name == "person" else column(shown, name)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    down = ids(shown) if name == "person" else column(shown, name)
    assert sorted(up) == sorted(down)
    firsts = [text.splitlines()[0] if text else "" for text in up]
    assert len(list(_runs(firsts))) == len(set(firsts)) or name in {"groups", "person", "causes"}
    assert _first(up[0]) == _first(down[-1]) or name == "groups"


def _first(text):
    return text.split("\n")[0]


def _runs(texts):
    from itertools import groupby

    return (key for key, _ in groupby(texts))


# -- what was asked ----------------------------------------------------------------------------


def test_a_row_opens_to_the_tiers_before_and_after_with_their_places(shown):
    shown.fill("#search", "tariq")
    shown.locator(f"{ROW}:only-child").wait_for()
    shown.click(f"{ROW} button")
    detail = shown.locator("tr.detail")
    user = "tariq@acme.example"
    for policies, side in ((example().old, 0), (example().new, 1)):
        explained = explain(policies, policies.users[user], policies.toggles[SYNC])
        tiers = detail.locator("section").nth(side).locator("li")
        assert tiers.count() == len(explained.tiers)
        for at, tier in enumerate(explained.tiers):
            text = tiers.nth(at).inner_text()
            assert text.startswith(f"{tier.reason} {tier.text}")
            if tier.location:
                assert f"{tier.location.file}:{tier.location.line}" in text
            assert ("decides" in tiers.nth(at).get_attribute("class")) == (tier.why == "decides")
    shown.click(f"{ROW} button")
    assert detail.count() == 0


def test_a_cause_leads_to_the_change(shown):
    shown.fill("#search", "gina@")
    shown.locator(f"{ROW}:only-child").wait_for()
    shown.click(f"{ROW} td.causes a")
    target = shown.locator(".changes > li:target")
    assert "legal" in target.inner_text().lower()
    assert target.evaluate("e => e.getBoundingClientRect().top < innerHeight")


# -- the keyboard ------------------------------------------------------------------------------


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


# -- other ways of looking at it ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "scheme"), [("example", "light"), ("example", "dark"), ("hostile", "light")]
)
def test_an_accessibility_checker_finds_nothing(opened, scheme, name):
    from axe_playwright_python.sync_playwright import Axe

    shown = opened(page(name), color_scheme=scheme)
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


@pytest.mark.parametrize(
    ("name", "width"), [("example", 600), ("example", 1280), ("hostile", 600), ("many", 600)]
)
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


# -- size, and malice --------------------------------------------------------------------------


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
