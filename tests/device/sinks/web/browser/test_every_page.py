"""What holds for all pages: both languages, small and large, light and dark, for everybody."""

from __future__ import annotations

import importlib.resources
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.device.sinks.web.browser.visitor import PAGES

WIDTHS_PX = (320, 390, 768, 1280)
TITLES = {
    "en": {"live": "Live", "session": "Session", "history": "History", "device": "Device"},
    "fr": {"live": "Direct", "session": "Session", "history": "Historique", "device": "Appareil"},
}
SENTENCES = {
    "en": "A statistic of expressions, not a diagnosis. Faces are numbers of a session, never",
    "fr": "pas un diagnostic. Les visages sont des numéros d",
}
AXE = """async () => (await axe.run(document, { runOnly: [
  "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations.map((v) =>
  `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html + " " + n.failureSummary).join(" | ")}`)"""
# Elements that reach beyond the right edge of what is seen, and are not scrolled in a box.
TOO_WIDE = """() => [...document.querySelectorAll("main *, header *, footer *")].filter((element) =>
  !element.closest(".scroll, .for-ears, .strip") && element.checkVisibility()
  && element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5
).map((element) => element.outerHTML.slice(0, 80))"""


def seen_whole(page: Page, width_px: int) -> None:
    page.set_viewport_size({"width": width_px, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width_px, f"{page.url} is {wide} px wide on {width_px}"
    assert page.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_quiet_and_at_home(new_visitor, name, language):
    """Its words are of the language, it says what its numbers are not, and asks no other host."""
    visitor = new_visitor(language, has_touch=True)
    page = visitor.go(PAGES[name])
    expect(page).to_have_title(f"{TITLES[language][name]} · Mien")
    assert page.locator("html").get_attribute("lang") == language
    if name != "device":
        assert SENTENCES[language] in page.locator("main").inner_text()
    assert page.locator("nav a[aria-current=page]").all_inner_texts() == [TITLES[language][name]]
    if page.locator("#timeline-details").is_visible():
        page.locator("#timeline-details summary").click()
    for width_px in WIDTHS_PX:
        seen_whole(page, width_px)
    assert "{" not in page.locator("main").inner_text().replace('{"', "")
    assert visitor.strangers() == []
    assert visitor.errors == []


# The words of emotions that take more than a line where they stand largest.
BROKEN = """async () => {
  const words = await (await fetch("/words.json")).json();
  const place = document.getElementById("emotion"), probe = place.cloneNode();
  place.after(probe);
  return [words.nobody, ...Object.values(words.emotions)].filter((word) => {
    probe.textContent = word;
    return probe.clientHeight > 1.5 * parseFloat(getComputedStyle(probe).lineHeight);
  });
}"""
# How much wider the choice of a face would like to be than it is, in pixels, with each choice.
CUT = """() => [...document.getElementById("who").options].map((option) => {
  const select = document.getElementById("who"), probe = select.cloneNode();
  probe.append(new Option(option.text));
  probe.style.width = "auto";
  probe.style.position = "absolute";
  select.after(probe);
  const missing = probe.offsetWidth - select.offsetWidth;
  probe.remove();
  return missing;
})"""
# Where the columns of a timeline and the times below them begin and end, in pixels, as soon as
# they are drawn.
TIMES = """(width) => {
  const field = document.querySelector(".columns-field");
  if (innerWidth !== width || !field) return null;
  return [field, ...document.querySelectorAll(".times .label")].map((element) => {
    const { left, right } = element.getBoundingClientRect();
    return [left, right];
  });
}"""
SLOTS = (
    ("2026-11-22T02:00:00Z", 3600), ("2026-11-22T01:02:03Z", 100),
    ("2026-11-21T23:59:50Z", 30_000), ("2026-10-01T10:00:00Z", 5e6),
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("picture", [True, False])
def test_an_emotions_word_stays_whole_on_a_small_phone(new_visitor, language, picture):
    page = new_visitor(language, viewport={"width": 320, "height": 640}).go("/")
    if not picture:
        page.locator("#picture-switch").click()
    assert page.evaluate(BROKEN) == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_choice_of_a_face_is_read_whole_on_a_small_phone(new_visitor, daemon, language):
    visitor = new_visitor(language, viewport={"width": 320, "height": 640})
    session = daemon.get("/api/session").json()
    read = session["everybody"]
    session["each"] = [{"id": id, "first_s": 0, "last_s": 1, "read": read} for id in (0, 12345)]
    visitor.page.route("**/api/session", lambda route: route.fulfill(json=session))
    page = visitor.go("/session")
    expect(page.locator("#who option")).to_have_count(3)
    assert max(page.evaluate(CUT)) <= 0


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_the_times_below_a_timeline_neither_collide_nor_stand_out(new_visitor, daemon, locale):
    session = daemon.get("/api/session").json()
    slot = session["timeline"][0] | {"somebody_s": 30.0, "seconds": {"happy": 30.0}}
    visitor = new_visitor(locale[:2], locale=locale)
    visitor.page.route("**/api/session", lambda route: route.fulfill(json=session))
    for start, span_s in SLOTS:
        session["timeline"] = [slot | {"start": start, "span_s": span_s}]
        for width_px in (320, 390, 1280):
            visitor.page.set_viewport_size({"width": width_px, "height": 800})
            page = visitor.go("/session")
            drawn = page.wait_for_function(TIMES, arg=width_px)
            (left, right), *labels = drawn.json_value()
            assert labels, (start, width_px)
            assert labels[0][0] >= left - 0.5
            assert labels[-1][1] <= right + 0.5
            assert all(b[0] - a[1] >= 8 for a, b in pairwise(labels)), (start, width_px, labels)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_login_is_whole_and_quiet(new_visitor, guarded, language):
    visitor = new_visitor(language, url=guarded.url)
    page = visitor.go("/login")
    for width_px in WIDTHS_PX:
        seen_whole(page, width_px)
    heading = {"en": "Log in to Mien", "fr": "Se connecter à Mien"}[language]
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert (visitor.errors, visitor.strangers()) == ([], [])


@pytest.mark.parametrize("name", [*PAGES, "login"])
def test_a_page_has_no_barrier_that_axe_finds(new_visitor, guarded, name):
    """Roles, names, landmarks, headings and contrast, light and dark, by axe-core."""
    url = guarded.url if name == "login" else ""
    visitor = new_visitor(url=url, reduced_motion="reduce", viewport={"width": 390, "height": 844})
    page = visitor.go(PAGES.get(name, "/login"))
    if page.locator("#timeline-details").is_visible():
        page.locator("#timeline-details summary").click()
    page.evaluate(axe())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(AXE) == [], scheme


def test_the_dialogs_have_no_barrier_either(visitor):
    page = visitor.go("/session")
    page.evaluate(axe())
    for button in ("#new", "#delete"):
        page.locator(button).click()
        assert page.evaluate(AXE) == []
        page.keyboard.press("Escape")


def axe() -> str:
    """Return axe-core, a script that looks for what keeps people out of a page."""
    script = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js")
    return script.read_text(encoding="utf-8")


def test_the_dark_page_is_dark_and_the_light_one_light(visitor):
    page = visitor.go("/device")
    for scheme, low, high in (("light", 200, 255), ("dark", 0, 60)):
        page.emulate_media(color_scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        levels = [int(level) for level in colour.strip("rgb()").split(",")]
        assert all(low <= level <= high for level in levels), colour


def test_who_wants_no_motion_sees_none(visitor):
    bar = visitor.go("/session").locator("#profile .bar-fill").first
    for motion, expected in (("no-preference", "0.18s"), ("reduce", "0s")):
        visitor.page.emulate_media(reduced_motion=motion)
        expect(bar).to_have_css("transition-duration", expected)


def test_numbers_are_written_as_the_language_does(new_visitor):
    script = """async () => {
      const { duration, percent, decimal } = await import("/assets/numbers.js");
      return [duration(0), duration(59.6), duration(3725), duration(90000), percent(0.5),
        decimal(1234.56)];
    }"""
    english = new_visitor("en").go("/device").evaluate(script)
    assert english == ["0 sec", "1 min", "1 hr 2 min", "1 day 1 hr", "50%", "1,234.6"]
    french = [text.replace("\u202f", " ").replace("\xa0", " ")
              for text in new_visitor("fr").go("/device").evaluate(script)]  # fmt: skip
    assert french == ["0 s", "1 min", "1 h 2 min", "1 j 1 h", "50 %", "1 234,6"]


def test_a_page_that_does_not_exist_is_a_page_all_the_same(visitor):
    answer = visitor.page.goto(visitor.url + "/no-such-page")
    assert answer.status == 404
    assert visitor.page.locator("body").inner_text().strip()
