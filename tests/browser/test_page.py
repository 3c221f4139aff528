"""The page of a comparison in a real browser: people find, sort, filter and open what they need."""

from __future__ import annotations

import pytest

from engine.review.explanation import explain
from engine.review.phrases import plain_text
from engine.review.story import tell
from tests.browser.examples import SYNC, example, page
from tests.browser.looking import ROW, choose, column, count, ids, wait_for_count

pytestmark = pytest.mark.slow


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


def test_no_label_is_cut_off_by_its_picture_and_no_state_reaches_into_the_next_column(opened):
    shown = opened(page("idle"))
    assert "on, locked, no events" in shown.locator(".flow .stage").all_text_contents()
    outside = """all => all.filter(one => {
        const [inner, outer] = [one, one.closest("svg, td")].map(e => e.getBoundingClientRect());
        return inner.left < outer.left || inner.right > outer.right;
    }).map(one => one.textContent)"""
    assert shown.locator(".flow text").evaluate_all(outside) == []
    assert shown.locator("#table td .pill").evaluate_all(outside) == []


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
