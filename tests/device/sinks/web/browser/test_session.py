"""The session page: it counts, and sessions are begun, named, exported and deleted."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.device.sinks.web.browser.daemon import until


@pytest.fixture
def page(visitor) -> Page:
    return visitor.go("/session")


def current(daemon) -> dict:
    return daemon.get("/api/session").json()


def begin(page: Page, name: str) -> None:
    page.get_by_role("button", name="New session").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def text_of_download(page: Page, link: str) -> tuple[str, str]:
    with page.expect_download() as download:
        page.locator(link).click()
    return download.value.suggested_filename, download.value.path().read_text(encoding="utf-8")


def test_the_session_counts(page, daemon):
    begin(page, "Counting")
    first = page.locator("#watched").inner_text()
    expect(page.locator("#watched")).not_to_have_text(first)
    expect(page.locator("#somebody")).not_to_have_text("0 sec", timeout=30_000)
    expect(page.locator("#count")).not_to_have_text("0")
    expect(page.locator("#negative")).to_have_text(re.compile(r"\d+%"))
    expect(page.locator("#changes")).to_have_text(re.compile(r"[\d.,]+"))
    assert current(daemon)["somebody_s"] > 0


def test_a_new_session_has_the_name_it_was_given_and_the_old_one_is_kept(page, daemon):
    before = current(daemon)["id"]
    begin(page, "Breakfast")
    assert current(daemon)["name"] == "Breakfast"
    assert current(daemon)["id"] != before
    expect(page.locator("#sessions li").first).to_contain_text("Breakfast")
    expect(page.locator(f"#sessions li[data-session='{before}']")).to_have_count(1)
    expect(page.locator("#said")).to_have_text("A new session has begun.")


def test_a_session_is_named_and_a_name_is_text(page, daemon):
    name = "<b>Léa & Tom</b>"
    page.locator("#rename").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert current(daemon)["name"] == name
    assert page.locator("h1 b, #sessions b").count() == 0


def test_who_cancels_changes_nothing(page, daemon):
    before = current(daemon)
    for button in ("#new", "#rename", "#delete"):
        page.locator(button).click()
        page.locator("dialog[open]").get_by_role("button", name="Cancel").click()
        expect(page.locator("dialog[open]")).to_have_count(0)
    after = current(daemon)
    assert (after["id"], after["name"]) == (before["id"], before["name"])


def test_the_export_holds_the_sessions_numbers(page, daemon):
    begin(page, "Exported")
    expect(page.locator("#somebody")).not_to_have_text("0 sec", timeout=30_000)
    begin(page, "After it")
    ended = daemon.get("/api/sessions").json()[1]
    page.get_by_role("link", name="Exported", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Exported")
    whole = daemon.get(f"/api/sessions/{ended['id']}").json()

    filename, text = text_of_download(page, "#json")
    assert filename.endswith(".json")
    assert json.loads(text) == whole
    filename, text = text_of_download(page, "#csv")
    assert filename.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    assert any("happy" in column for column in rows[0])


def test_an_earlier_session_is_looked_at_and_left_again(page):
    begin(page, "Earlier")
    begin(page, "Later")
    page.get_by_role("link", name="Earlier", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Earlier")
    expect(page.locator("#state-words")).to_have_text("Ended")
    expect(page.locator("#sessions li.shown")).to_contain_text("Earlier")
    page.get_by_role("link", name="To the running session").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Later")


def test_an_earlier_session_is_renamed_and_deleted_from_the_list(page, daemon):
    begin(page, "One of the list")
    begin(page, "The running one")
    page.get_by_role("button", name="Rename One of the list").click()
    page.get_by_label("Name", exact=True).fill("Renamed")
    page.get_by_role("button", name="Save").click()
    row = page.locator("#sessions li").nth(1)
    expect(row).to_contain_text("Renamed")
    row.get_by_role("button", name="Delete Renamed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete “Renamed”?")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Renamed", exact=True)).to_have_count(0)
    assert "Renamed" not in [head["name"] for head in daemon.get("/api/sessions").json()]
    expect(page.get_by_role("heading", level=1)).to_have_text("The running one")


def test_the_running_session_is_deleted_and_another_begins(page, daemon):
    begin(page, "To be deleted")
    page.locator("#delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("To be deleted")
    names = [head["name"] for head in daemon.get("/api/sessions").json()]
    assert "To be deleted" not in names
    expect(page.locator("#state-words")).to_have_text("Running")


def test_a_session_that_is_no_more_leads_to_the_running_one(visitor):
    page = visitor.page
    page.goto(visitor.url + "/session?id=987654")
    expect(page).to_have_url(visitor.url + "/session")
    expect(page.locator("#state-words")).to_have_text("Running")


def test_all_faces_and_each_face_have_a_profile_of_their_own(page, daemon):
    """The clip shows one face; a second one, of other expressions, is put beside it."""
    begin(page, "Profiles")
    until(lambda: current(daemon)["everybody"]["read_s"], "a face that was read for a while")
    begin(page, "After profiles")
    session = next(h for h in daemon.get("/api/sessions").json() if h["name"] == "Profiles")
    whole = daemon.get(f"/api/sessions/{session['id']}").json()
    other = whole["each"][0]["read"] | {"seconds": {"sad": 30.0, "fear": 10.0}, "changes_per_h": 90}
    whole["each"].append(whole["each"][0] | {"id": 777, "read": other})
    page.route(f"**/api/sessions/{session['id']}", lambda route: route.fulfill(json=whole))
    page.get_by_role("link", name="Profiles", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Profiles")
    who = page.get_by_label("Faces shown")
    expect(who.locator("option")).to_have_text(
        ["All faces", *(f"Face {face['id']}" for face in reversed(whole["each"]))]
    )
    for value, seconds in (
        ("all", whole["everybody"]["seconds"]), ("777", other["seconds"]), ("all", None),
    ):  # fmt: skip
        who.select_option(value)
        seconds = seconds or whole["everybody"]["seconds"]
        expect(page.locator("#profile li")).to_have_count(len(seconds))
        for name, share in seconds.items():
            meter = page.locator(f"#profile li[data-emotion='{name}']").get_by_role("meter")
            percent = int(100 * share / sum(seconds.values()) + 0.5)
            expect(meter).to_have_attribute("aria-valuenow", str(percent))
    who.select_option("777")
    expect(page.locator("#read")).to_contain_text("Read for 40 sec, 90 changes of emotion an hour")


def test_the_timeline_is_a_plot_and_a_table_of_the_same_figures(page, daemon):
    begin(page, "Timeline")
    expect(page.locator("#somebody")).not_to_have_text("0 sec", timeout=30_000)
    begin(page, "After the timeline")
    page.get_by_role("link", name="Timeline", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Timeline")
    expect(page.locator("#timeline i").first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile(r"happy \d+%"))).to_have_count(1)
    assert page.locator("#timeline .legend > span").all_inner_texts()[0]
    session = next(h for h in daemon.get("/api/sessions").json() if h["name"] == "Timeline")
    slots = daemon.get(f"/api/sessions/{session['id']}").json()["timeline"]
    page.get_by_text("The same figures as a table").click()
    expect(page.locator("#timeline-table tbody tr")).to_have_count(len(slots))
    heads = page.locator("#timeline-table thead th").all_inner_texts()
    assert heads[:2] == ["From", "Somebody there"]
    assert heads[2:] == list(slots[0]["seconds"])
    read = next(i for i, slot in enumerate(slots) if sum(slot["seconds"].values()))
    shares = slots[read]["seconds"]
    strongest = max(shares, key=shares.get)
    cell = (
        page.locator("#timeline-table tbody tr")
        .nth(read)
        .locator("td")
        .nth(1 + list(shares).index(strongest))
    )
    expect(cell).to_have_text(f"{int(100 * shares[strongest] / sum(shares.values()) + 0.5)}%")
