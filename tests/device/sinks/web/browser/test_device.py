"""The device page: what Mien runs on, and how it fares."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, expect


def facts(place: Locator) -> dict[str, str]:
    terms = place.locator("dt").all_inner_texts()
    return dict(zip(terms, place.locator("dd").all_inner_texts(), strict=True))


def test_camera_model_and_machine_are_named(visitor, daemon):
    page = visitor.go("/device")
    device = daemon.get("/api/device").json()
    camera = facts(page.locator("#camera"))
    assert camera["Source"] == device["source"]
    assert camera["Kind"] == "A recording, played"
    assert float(camera["Frames a second"]) > 0
    model = facts(page.locator("#model"))
    assert model["Name"] == "mien"
    assert model["Right on its test"] == "71.0% of 3,589 pictures (PublicTest)"
    assert model["Emotions"] == "angry, disgust, fear, happy, sad, surprise, neutral"
    assert device["model"]["model_sha256"].startswith(model["SHA-256"].rstrip("…"))
    machine = facts(page.locator("#machine"))
    assert machine["Version"] == device["version"]
    assert machine["System"] == device["system"]
    assert machine["Memory used"].endswith(" MB")
    assert list(machine) == [
        "Board", "System", "Version", "Running for", "Memory used", "Temperature", "Throttling",
    ]  # fmt: skip


STAGES = {
    "en": {"find": "find faces", "infer": "read expressions", "log": "write the log"},
    "fr": {"find": "trouver les visages", "infer": "lire les expressions"},
}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_stage_has_its_words_and_costs(new_visitor, daemon, language):
    page = new_visitor(language).go("/device")
    stages = [stage["name"] for stage in daemon.get("/api/device").json()["stages"]]
    rows = page.locator("#costs tr")
    expect(rows).to_have_count(1 + len(stages))
    names = page.locator("#costs tr td:first-child").all_inner_texts()
    assert not set(names) & set(stages), "a stage without words"
    assert set(STAGES[language].values()) <= set(names)
    texts = page.locator("#costs td:nth-child(2)").all_inner_texts()
    assert all(float(text.replace(",", ".")) > 0 for text in texts)


def test_a_stage_that_has_no_words_keeps_its_name(visitor, daemon):
    device = daemon.get("/api/device").json()
    device["stages"] = [{"name": "dream", "median_ms": 1.0, "high_ms": 2.0}]
    visitor.page.route("**/api/device", lambda route: route.fulfill(json=device))
    expect(visitor.go("/device").locator("#costs tr td").first).to_have_text("dream")


def test_the_logs_place_and_its_last_lines_stand_there_and_go_on(visitor, daemon):
    page = visitor.go("/device")
    log = facts(page.locator("#log-facts"))
    assert log["File"] == str(daemon.log)
    assert log["Free space"].endswith("GB") or log["Free space"].endswith("MB")
    expect(page.locator("#log")).to_contain_text('"emotion":"happy"', timeout=30_000)
    lines = page.locator("#log").inner_text().splitlines()
    assert 1 <= len(lines) <= 50
    written = daemon.log.read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line) and line in written for line in lines)
    expect(page.locator("#log")).not_to_have_text("\n".join(lines), timeout=30_000)


def test_who_needs_no_password_is_not_asked_to_log_out(visitor):
    expect(visitor.go("/device").get_by_role("button", name="Log out")).to_be_hidden()


def test_what_a_pi_says_of_its_heat_is_shown(visitor, daemon):
    """No machine here has such a sensor; what the page makes of its words can be seen."""
    device = daemon.get("/api/device").json()
    device |= {
        "temperature_c": 81.4,
        "throttled": ["under-voltage now", "throttled since the start"],
    }
    visitor.page.route("**/api/device", lambda route: route.fulfill(json=device))
    machine = facts(visitor.go("/device").locator("#machine"))
    assert machine["Temperature"] == "81°C"
    assert machine["Throttling"] == "too little voltage now, slowed down since the start"
    device |= {"temperature_c": None, "throttled": None}
    machine = facts(visitor.go("/device").locator("#machine"))
    assert machine["Temperature"] == machine["Throttling"] == "Not measured here"
