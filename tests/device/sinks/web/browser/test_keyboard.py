"""Everything can be reached and done without a mouse, and one sees where one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.device.sinks.web.browser.visitor import PAGES

# What can take the focus, in the order of the page; of a group of radios, the one that is chosen.
REACHABLE = """() => [...document.querySelectorAll(
  "a[href], button, input, select, summary, [tabindex='0']")].filter((element) =>
  element.checkVisibility() && !element.disabled && element.type !== "hidden"
  && !(element.type === "radio" && !element.checked)
  && !element.closest("details:not([open]) > :not(summary)")
).map((element, at) => (element.dataset.order = String(at)))"""
HERE = """() => {
  const at = document.activeElement, outlined = at.type === "radio" ? at.nextElementSibling : at;
  const style = getComputedStyle(outlined);
  const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return [at.dataset.order ?? "", outline, at.outerHTML.slice(0, 80)];
}"""


@pytest.mark.parametrize("name", PAGES)
def test_tab_goes_through_a_page_in_its_order_and_shows_where_one_is(visitor, name):
    page = visitor.go(PAGES[name])
    order = page.evaluate(REACHABLE)
    assert len(order) >= 6
    met = []
    for _ in range(3 * len(order)):  # a date is made of several fields
        page.keyboard.press("Tab")
        at, outlined, html = page.evaluate(HERE)
        if not at:
            continue
        assert outlined, f"no outline on {html}"
        if not met or met[-1] != at:
            met.append(at)
        if at == order[-1]:
            break
    assert met == order


def test_the_first_stop_skips_to_the_content(visitor):
    page = visitor.go("/session")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def press(page: Page, selector: str, key: str = "Enter") -> None:
    page.locator(selector).focus()
    page.keyboard.press(key)


def test_a_session_is_begun_named_and_deleted_by_keyboard_alone(visitor):
    page = visitor.go("/session")
    press(page, "#new")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("By keys")
    press(page, "#rename", "Space")
    page.keyboard.type("By keys again")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("By keys again")
    press(page, "#delete")
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#delete")).to_be_focused()
    press(page, "#delete")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(heading).not_to_have_text("By keys again")


def test_the_picture_is_put_away_by_keyboard(visitor):
    page = visitor.go("/")
    press(page, "#picture-switch", "Space")
    expect(page.locator("#picture")).to_be_hidden()


def test_the_parts_of_the_history_are_chosen_by_arrows(visitor):
    page = visitor.go("/history")
    page.get_by_role("radio", name="Hour").focus()
    with page.expect_response(lambda answer: "by=day" in answer.url):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Day")).to_be_checked()
