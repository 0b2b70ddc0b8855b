"""The login: a wrong password stays out, the right one gets in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.device.sinks.web.browser.conftest import PASSWORD

WRONG = "a wrong one"


@pytest.fixture
def visitor(new_visitor, guarded):
    return new_visitor(url=guarded.url)


def log_in(page: Page, password: str) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_no_page_is_shown_without_the_password(visitor):
    for path in ("/", "/session", "/history", "/device"):
        visitor.page.goto(visitor.url + path)
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Log in to Mien")
    assert visitor.page.evaluate("async () => (await fetch('/api/now')).status") == 401
    assert visitor.page.evaluate("async () => (await fetch('/stream.mjpeg')).status") == 401


def test_a_wrong_password_stays_out_and_is_said(visitor):
    page = visitor.page
    page.goto(visitor.url + "/")
    log_in(page, WRONG)
    expect(page.get_by_role("alert").filter(has_text="That is not the password")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    assert visitor.context.cookies() == []
    page.goto(visitor.url + "/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in to Mien")


def test_the_right_password_gets_in_where_one_wanted_to_go_and_out_again(visitor):
    page = visitor.page
    page.goto(visitor.url + "/device")
    log_in(page, PASSWORD)
    expect(page).to_have_url(visitor.url + "/device")
    expect(page.locator("#machine dd").first).to_be_visible()
    cookie = visitor.context.cookies()[0]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    expect(page.get_by_text("No log is kept.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in to Mien")
    page.goto(visitor.url + "/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in to Mien")
    assert visitor.errors == []


def test_a_login_that_has_ended_leads_to_a_new_one_and_back(visitor):
    page = visitor.page
    page.goto(visitor.url + "/device")
    log_in(page, PASSWORD)
    expect(page.locator("#machine dd").first).to_be_visible()
    visitor.context.clear_cookies()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in to Mien")
    log_in(page, PASSWORD)
    expect(page).to_have_url(visitor.url + "/device")


@pytest.mark.parametrize(
    "target", ["https://example.org/", "//example.org/", "/\\example.org", "/.//example.org/"]
)
def test_nobody_is_led_to_another_host(visitor, target):
    page = visitor.page
    page.goto(f"{visitor.url}/login?next={target}")
    log_in(page, PASSWORD)
    expect(page.locator("body[data-page='live']")).to_be_attached()
    assert page.url == visitor.url + "/"
    assert visitor.strangers() == []


def test_without_scripts_the_form_works_too(new_visitor, guarded):
    visitor = new_visitor(url=guarded.url, java_script_enabled=False)
    page = visitor.page
    page.goto(guarded.url + "/session")
    log_in(page, WRONG)
    expect(page.locator("#login-error")).to_have_text("That is not the password. Try again.")
    log_in(page, PASSWORD)
    expect(page).to_have_url(guarded.url + "/session")
    expect(page.get_by_role("heading", level=1)).to_have_text("Session")


def test_too_many_tries_are_said(visitor):
    """The last test of this device: from here on it lets nobody in for some seconds."""
    page = visitor.page
    page.goto(visitor.url + "/login")
    said = page.locator("#login-error")
    statuses = []
    while 429 not in statuses and len(statuses) < 12:
        with page.expect_response("**/login") as answer:
            log_in(page, WRONG)
        statuses.append(answer.value.status)
        expect(said).not_to_be_empty()
    assert statuses[0] == 401
    expect(said).to_have_text("Too many wrong tries. Wait a moment, then try again.")
    assert visitor.context.cookies() == []
