"""The live page: what is seen now, and what is said when nothing is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.device.sinks.web.browser.daemon import Daemon, until

# The grey levels of the picture as it stands there, small.
SEEN = """() => {
  const canvas = new OffscreenCanvas(32, 18), image = document.getElementById("stream");
  const drawing = canvas.getContext("2d");
  drawing.drawImage(image, 0, 0, 32, 18);
  return drawing.getImageData(0, 0, 32, 18).data.join();
}"""
BARS = """() => [...document.querySelectorAll("#faces .bar-fill")].map(
  (bar) => bar.style.width).join()"""
CHANGED = "([script, before]) => {{ const now = ({})(); return now && now !== before; }}"
HIDDEN = """Object.defineProperty(document, "hidden", { get: () => window.away ?? false });"""


def nobody_streams(daemon: Daemon) -> bool:
    return 'mien_clients{kind="stream"} 0.0' in daemon.get("/metrics").text


def change(page: Page, script: str) -> None:
    """Wait until ``script`` gives something else than it does now."""
    before = page.evaluate(script)
    page.wait_for_function(CHANGED.format(script), arg=["", before], timeout=30_000)


def look_away(page: Page, away: bool) -> None:
    page.evaluate(
        "away => { window.away = away; document.dispatchEvent(new Event('visibilitychange')); }",
        away,
    )


def test_the_picture_is_there_and_moves(visitor):
    page = visitor.go("/")
    page.wait_for_function("() => document.getElementById('stream').naturalWidth >= 160")
    change(page, SEEN)
    expect(page.locator("#stream")).to_have_css("visibility", "visible")


def test_the_bars_of_a_face_change(visitor):
    page = visitor.go("/")
    page.locator("#faces article").first.wait_for(timeout=30_000)
    change(page, BARS)


def test_a_face_has_a_bar_for_each_emotion_with_its_word_and_percents(visitor, daemon):
    page = visitor.go("/")
    face = page.locator("#faces article").first
    face.wait_for(timeout=30_000)
    meters = face.get_by_role("meter")
    expect(meters).to_have_count(7)
    names = [meter.get_attribute("aria-label") for meter in meters.all()]
    assert names == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    texts = [line.inner_text() for line in face.locator(".bars li").all()]
    assert all(re.fullmatch(r"\w+\s+\d+%", text) for text in texts), texts
    assert 95 <= sum(int(m.get_attribute("aria-valuenow")) for m in meters.all()) <= 105


def test_the_present_emotion_stands_there_with_emoji_and_probability(visitor):
    page = visitor.go("/")
    expect(page.locator("#emotion")).to_have_text("happy", timeout=30_000)
    expect(page.locator("#probability")).to_have_text(re.compile(r"\d+%"))
    expect(page.locator("#emoji")).to_have_attribute("src", "/emoji/happy.png")
    page.wait_for_function("() => document.getElementById('emoji').naturalWidth === 128")
    expect(page.locator("#state")).to_have_attribute("data-state", "faces")
    assert float(page.locator("#rate").inner_text()) > 0


def test_an_empty_room_is_said_and_heard(visitor):
    """The demo clip shows nobody for some seconds of its twenty."""
    page = visitor.go("/")
    expect(page.locator("#state")).to_have_attribute("data-state", "nobody", timeout=30_000)
    expect(page.locator("#state-words")).to_have_text("Nobody there")
    expect(page.locator("#emotion")).to_have_text("Nobody")
    expect(page.locator("#no-faces")).to_be_visible()
    expect(page.locator("#faces article")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Nobody there")).to_have_count(1)


def test_the_strip_shows_the_last_minutes_and_says_them(visitor):
    page = visitor.go("/")
    expect(page.locator("#strip i").first).to_be_visible(timeout=30_000)
    expect(page.locator("#strip")).to_have_attribute("aria-label", re.compile(r"happy \d+%"))


def test_the_strip_is_five_minutes_wide_and_fills_from_the_right(visitor, daemon):
    session = daemon.get("/api/session").json()
    slot = session["timeline"][0] | {
        "span_s": 5.0, "watched_s": 5.0, "somebody_s": 5.0, "seconds": {"happy": 5.0},
    }  # fmt: skip
    starts = [f"2026-11-22T02:00:{second:02}+00:00" for second in (0, 5, 10)]
    session["timeline"] = [slot | {"start": start} for start in starts]
    visitor.page.route("**/api/session", lambda route: route.fulfill(json=session))
    page = visitor.go("/")
    expect(page.locator("#strip > span")).to_have_count(3)
    strip = page.locator("#strip").bounding_box()
    boxes = [bar.bounding_box() for bar in page.locator("#strip > span").all()]
    right = strip["x"] + strip["width"]
    assert boxes[0]["x"] == pytest.approx(right - 0.05 * strip["width"], abs=1)
    assert boxes[-1]["x"] + boxes[-1]["width"] == pytest.approx(right, abs=1)
    ends = page.locator(".strip-ends span").all_inner_texts()
    assert ends == ["5 min ago", "Now"]


def test_without_picture_none_is_fetched_also_the_next_time(visitor, daemon):
    page = visitor.go("/")
    page.wait_for_function("() => document.getElementById('stream').naturalWidth > 0")
    page.get_by_role("button", name="Without picture").click()
    expect(page.locator("#picture")).to_be_hidden()
    assert page.locator("#stream").get_attribute("src") is None
    expect(page.get_by_role("button", name="Without picture")).to_have_attribute(
        "aria-pressed", "true"
    )
    until(lambda: nobody_streams(daemon), "the stream's end")
    before = visitor.asked_for("/stream.mjpeg")
    page = visitor.go("/")
    expect(page.locator("#picture")).to_be_hidden()
    expect(page.locator("#emotion")).to_be_visible()
    assert visitor.asked_for("/stream.mjpeg") == before
    page.get_by_role("button", name="Without picture").click()
    expect(page.locator("#picture")).to_be_visible()
    page.wait_for_function("() => document.getElementById('stream').naturalWidth > 0")


def test_who_looks_away_fetches_nothing(new_visitor, daemon):
    visitor = new_visitor()
    visitor.context.add_init_script(HIDDEN)
    page = visitor.go("/")
    page.wait_for_function("() => document.getElementById('stream').naturalWidth > 0")
    look_away(page, True)
    expect(page.locator("#stream")).not_to_have_attribute("src", re.compile("."))
    until(lambda: nobody_streams(daemon), "the stream's end")
    before = visitor.asked_for("/api/events")
    look_away(page, False)
    expect(page.locator("#stream")).to_have_attribute("src", "/stream.mjpeg")
    change(page, SEEN)
    assert visitor.asked_for("/api/events") == before + 1


def test_a_device_that_goes_away_is_said_and_found_again(new_visitor, tmp_path):
    with Daemon(tmp_path) as first:
        visitor = new_visitor(url=first.url)
        page = visitor.go("/")
        port = first.port
    expect(page.locator("#state")).to_have_attribute("data-state", "lost")
    expect(page.locator("#state-words")).to_have_text("Connection lost. Trying again.")
    expect(page.locator("#notice")).to_contain_text("The device does not answer")
    with Daemon(tmp_path, port=port):
        expect(page.locator("#state")).not_to_have_attribute("data-state", "lost", timeout=30_000)
        expect(page.locator("#notice")).to_be_hidden()
        page.wait_for_function("() => document.getElementById('stream').naturalWidth > 0")
        change(page, SEEN)
        visitor.context.close()


def test_an_event_of_no_picture_is_said(visitor):
    """A camera that gives nothing cannot be had here; what the page makes of the event can."""
    now = '{"time":"2026-11-22T00:00:00+00:00","state":"no_picture","frame_rate_hz":0,'
    now += '"width_px":0,"height_px":0,"largest":null,"faces":[]}'
    visitor.page.route(
        "**/api/events",
        lambda route: route.fulfill(
            content_type="text/event-stream", body=f"event: now\ndata: {now}\n\n"
        ),
    )
    visitor.page.goto(visitor.url)
    expect(visitor.page.locator("#no-picture")).to_be_visible()
    expect(visitor.page.locator("#no-picture")).to_have_text("No picture")


def test_too_many_visitors_is_said(visitor):
    visitor.page.route("**/api/**", lambda route: route.fulfill(status=503, json={"error": "full"}))
    visitor.page.goto(visitor.url)
    expect(visitor.page.locator("#notice")).to_have_text(re.compile("too many visitors"))
    expect(visitor.page.locator("#state")).to_have_attribute("data-state", "lost")


def test_changes_are_announced_calmly(visitor):
    page = visitor.go("/device")  # any page whose scripts may be imported, and that says nothing
    page.clock.install()
    page.evaluate("""async () => {
      const { Announcer } = await import("/assets/announcer.js");
      window.place = document.createElement("p");
      window.announcer = new Announcer(window.place);
      for (const word of ["happy", "sad", "neutral"]) announcer.say(word);
    }""")
    assert page.evaluate("place.textContent") == "happy"
    page.clock.run_for(4900)
    assert page.evaluate("place.textContent") == "happy"
    page.clock.run_for(200)
    assert page.evaluate("place.textContent") == "neutral"
