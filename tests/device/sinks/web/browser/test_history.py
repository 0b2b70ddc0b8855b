"""The history page: earlier days, in the parts and the period that somebody chooses."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

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


def chosen(page: Page) -> tuple[str, int]:
    """Return the button that is lit, and how many days are chosen."""
    by = page.locator("input[name=by]:checked").get_attribute("value")
    first, last = (date.fromisoformat(page.locator(at).input_value()) for at in ("#from", "#to"))
    return by, (last - first).days + 1


def asked(url: str) -> tuple[str, float]:
    """Return by what the history was asked for, and of how many days."""
    query = parse_qs(urlsplit(url).query)
    start, end = (datetime.fromisoformat(query[name][0]) for name in ("start", "end"))
    return query["by"][0], (end - start) / timedelta(days=1)


def test_by_minute_a_week_is_shortened_and_the_lit_button_says_what_is_shown(page):
    last = page.locator("#to").input_value()
    with page.expect_response(re.compile(r"/api/history\?by=minute&")) as answer:
        page.get_by_role("radio", name="Minute").check(force=True)
    assert asked(answer.value.url) == ("minute", pytest.approx(3, abs=0.05))
    assert chosen(page) == ("minute", 3)
    assert page.locator("#to").input_value() == last
    expect(page.locator("#adjusted")).to_contain_text("By minute, 3 days at most are shown")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator("#timeline i").first).to_be_visible()


def test_more_days_than_there_can_be_minutes_are_shown_by_hour_or_day_until_they_fit(page):
    page.get_by_role("button", name="Today").click()
    for earlier, by in ((6, "hour"), (200, "day"), (1, "minute")):
        with page.expect_response(re.compile(rf"/api/history\?by={by}&")):
            page.get_by_label("From").fill(str(date.today() - timedelta(days=earlier)))
        assert chosen(page) == (by, earlier + 1)
    expect(page.locator("#adjusted")).to_be_empty()


def test_a_period_that_cannot_be_shows_nothing_of_another(page):
    expect(page.locator("#past")).to_be_visible()
    page.get_by_label("From").fill("")
    expect(page.get_by_role("alert")).to_have_text("Choose a first and a last day.")
    expect(page.locator("#past")).to_be_hidden()


@pytest.mark.parametrize("name", ["7 days", "30 days"])
def test_the_axis_spans_the_period_and_its_ticks_are_even(page, name):
    """All that is kept here was seen today, so the days before it are empty."""
    with page.expect_response("**/api/history?**"):
        page.get_by_role("button", name=name).click()
    count = int(name.split()[0])
    column = page.locator(".columns-field > span").first
    expect(column).to_have_css("width", re.compile(r"^\d\d?(\.\d+)?px"))
    lefts = page.locator(".columns-field > span").evaluate_all(
        "bars => bars.map((bar) => parseFloat(bar.style.left))"
    )
    assert min(lefts) >= 100 * (1 - 1 / count) - 0.1
    ticks = page.locator(".times .tick").evaluate_all(
        "ticks => ticks.map((tick) => parseFloat(tick.style.left))"
    )
    steps = [after - before for before, after in pairwise(ticks)]
    assert len(steps) >= 4
    assert steps == pytest.approx([steps[0]] * len(steps), rel=0.05)  # a day may have 25 hours


def test_a_preset_fills_in_the_last_days(page):
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_role("radio", name="Hour")).to_be_checked()
    first, last = (page.locator(at).input_value() for at in ("#from", "#to"))
    assert date.fromisoformat(last) - date.fromisoformat(first) == timedelta(days=6)


def test_a_day_begins_where_the_visitor_is(new_visitor, page):
    visitor = new_visitor(timezone_id="Asia/Kolkata")
    abroad = visitor.go("/history")
    with abroad.expect_response(re.compile(r"/api/history\?by=day&")) as answer:
        abroad.get_by_role("radio", name="Day").check(force=True)
    starts = [datetime.fromisoformat(slot["start"]) for slot in answer.value.json()["slots"]]
    assert starts
    zone = timezone(timedelta(hours=5, minutes=30))
    assert all(start.astimezone(zone).time() == time() for start in starts)


def test_the_page_asks_for_as_many_days_as_the_device_gives(daemon):
    script = daemon.get("/assets/history.js").text
    most = dict(re.findall(r"(\w+): (\d+)", re.search(r"MOST_DAYS = {(.*)}", script)[1]))
    assert set(most) == {"minute", "hour", "day"}
    for by, days in most.items():
        answer = daemon.get(f"/api/history?by={by}&start=2001-01-01T00:00:00Z").json()
        start, end = (datetime.fromisoformat(answer[name]) for name in ("start", "end"))
        assert (end - start) == timedelta(days=int(days)), by
