"""What tests look at on the page."""

from __future__ import annotations

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
