"""The history page: earlier days, in the parts and the period that somebody chooses."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.device.sinks.web.browser.daemon import until


@pytest.fixture
def page(visitor, daemon) -> Page:
    """The history, once it holds anything."""
    until(
        lambda: any(slot["watched_s"] > 0 for slot in daemon.get("/api/history").json()["slots"]),
        "something in the history",
        within_s=90,
    )
    return visitor.go("/history")


def rows(page: Page) -> int:
    return page.locator("#timeline-table tbody tr").count()


@pytest.mark.parametrize("by", ["Minute", "Hour", "Day"])
def test_the_past_is_shown_by_minute_hour_and_day(page, by):
    if by == "Minute":
        page.get_by_role("button", name="Today").click()
    with page.expect_response(re.compile(rf"/api/history\?by={by.lower()}&")) as answer:
        page.get_by_role("radio", name=by).check(force=True)
        page.locator("#to").dispatch_event("change")
    slots = [slot for slot in answer.value.json()["slots"] if slot["watched_s"] > 0]
    assert slots
    expect(page.locator("#past")).to_be_visible()
    expect(page.locator("#timeline i").first).to_be_visible()
    svg = page.request.get(page.url.rsplit("/", 1)[0] + page.locator("#svg").get_attribute("href"))
    assert (svg.status, svg.headers["content-type"]) == (200, "image/svg+xml")
    page.get_by_text("The same figures as a table").click()
    expect(page.locator("#timeline-table tbody tr")).to_have_count(len(slots))
    expect(page.locator("#watched")).to_have_text(re.compile(r"\d"))
    expect(page.locator("#profile").get_by_role("meter")).to_have_count(8)


def test_days_of_which_nothing_is_kept_say_what_to_do(page):
    page.get_by_label("From").fill("2001-02-03")
    page.get_by_label("To", exact=True).fill("2001-02-05")
    expect(page.get_by_role("heading", name="Nothing is kept of these days")).to_be_visible()
    expect(page.locator("#nothing-words")).to_contain_text("a line is kept each minute")
    expect(page.locator("#past")).to_be_hidden()


def test_a_period_that_ends_before_it_begins_is_named(page):
    page.get_by_label("From").fill(str(date.today() + timedelta(days=2)))
    expect(page.get_by_role("alert")).to_have_text(
        "The first day lies after the last: choose an earlier one."
    )


def test_more_minutes_than_anybody_can_read_are_not_asked_for(page):
    page.get_by_role("button", name="30 days").click()
    expect(page.get_by_role("radio", name="Day")).to_be_checked()
    page.get_by_role("radio", name="Minute").check(force=True)
    expect(page.get_by_role("alert")).to_contain_text("By minute, at most 2 days are shown.")


def test_a_preset_fills_in_the_last_days(page):
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_role("radio", name="Hour")).to_be_checked()
    first, last = (page.locator(at).input_value() for at in ("#from", "#to"))
    assert date.fromisoformat(last) - date.fromisoformat(first) == timedelta(days=6)
