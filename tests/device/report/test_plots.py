import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from device.palette import css
from device.report.plots import hours_svg, profile_svg, timeline_svg
from device.summary import Shares, Slot
from tests.device.report.conftest import LABELS, slot

SVG = "{http://www.w3.org/2000/svg}"
SPANS_S = (2, 60, 3600, 86400, 7 * 86400)


def drawing(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314


def said(svg: str) -> list[str]:
    return [each.text or "" for each in drawing(svg).iter(f"{SVG}text")]


def columns(svg: str) -> list[dict[str, float]]:
    """Where each coloured part of a column is, less the legend's."""
    found = [each for each in drawing(svg).iter(f"{SVG}rect") if each.get("class") == "bar"]
    keys = ("x", "y", "width", "height")
    return [
        {key: float(each.get(key)) for key in keys} | {"fill": each.get("fill")}
        for each in found
        if each.get("rx") is None
    ]


def busy(count: int, span_s: float) -> list[Slot]:
    each = dict.fromkeys(LABELS, span_s / 14)
    return [slot(n * span_s, span_s, span_s / 2, **each) for n in range(count)]


def test_a_column_is_as_high_as_somebody_was_there_and_divides_as_the_readings_do():
    slots = [slot(0, 60, 30, happy=45, sad=15), slot(60, 60, 60, happy=60)]
    first_happy, first_sad, second = columns(timeline_svg(slots, "en"))
    assert first_happy["fill"] == css("happy")
    assert first_sad["fill"] == css("sad")
    assert first_happy["height"] == pytest.approx(3 * first_sad["height"], abs=0.5)
    assert first_happy["height"] + first_sad["height"] == pytest.approx(
        second["height"] / 2, abs=0.5
    )
    assert first_sad["y"] + first_sad["height"] == pytest.approx(first_happy["y"], abs=0.5)


def test_time_that_was_not_watched_is_a_gap():
    slots = [slot(n * 60, 60, 30, happy=30) for n in (0, 1, 7, 8, 9)]
    slots.append(Slot(slot(180, 60).start, 60, {"happy": 0.0}, 0.0, 0.0))
    svg = timeline_svg(slots, "en")
    watched = [each for each in drawing(svg).iter(f"{SVG}rect") if each.get("class") == "watched"]
    assert len(watched) == 2
    left, right = (float(each.get("width")) for each in watched)
    assert right == pytest.approx(1.5 * left, abs=0.5)
    ends = float(watched[0].get("x")) + left
    assert not [it for it in columns(svg) if ends < it["x"] < float(watched[1].get("x"))]


def test_order_does_not_matter():
    slots = busy(5, 60)
    assert timeline_svg(slots[::-1], "en") == timeline_svg(slots, "en")


@pytest.mark.parametrize("width_px", [960, 400])
def test_more_slots_than_there_is_room_for_are_joined_and_none_is_lost(width_px):
    slots = busy(10_000, 60)
    svg = timeline_svg(slots, "en", width_px=width_px)
    assert len(svg) < 150_000
    places = {each["x"] for each in columns(svg)}
    assert 20 < len(places) <= width_px // 4
    read = re.search(r"<desc.*?somebody was there for (.*?)\. ", svg)
    assert read
    assert read[1] == f"{10_000 * 30 / 86400:.1f}\u00a0days"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("span_s", SPANS_S)
@pytest.mark.parametrize("count", [1, 7, 300])
@pytest.mark.parametrize("width_px", [960, 400])
def test_labels_stay_inside_and_apart(language, span_s, count, width_px):
    svg = timeline_svg(busy(count, span_s), language, width_px=width_px, height_px=260)
    rows: dict[str, list[tuple[float, float]]] = {}
    for each in drawing(svg).iter(f"{SVG}text"):
        x, wide = float(each.get("x")), 7.0 * len(each.text or "")
        kind = each.get("class") or ""
        left = x - wide if "end" in kind else x - wide / 2 if "mid" in kind else x
        assert left >= -1
        assert left + wide <= width_px + 1, each.text
        rows.setdefault(each.get("y") or "", []).append((left, left + wide))
    for row in rows.values():
        row.sort()
        assert all(one[1] <= other[0] + 1 for one, other in pairwise(row))


def test_the_axis_fits_the_span():
    def first(span_s: float, language: str = "en", count: int = 24) -> list[str]:
        words = said(timeline_svg(busy(count, span_s), language))
        return words[words.index("Neutral" if language == "en" else "Neutre") + 1 :]

    assert {"14:30:10", "20 Nov"} <= set(first(2))
    assert {"14:35", "20 Nov"} <= set(first(60))
    assert {"18:00", "21 Nov"} <= set(first(3600))
    assert {"23 nov.", "2026"} <= set(first(86400, "fr", 60))
    assert {"Dec", "Jan", "2027"} <= set(first(7 * 86400))


@pytest.mark.parametrize(
    ("language", "word", "sentence"),
    [
        ("en", "Surprise", "No face was read in this time."),
        ("fr", "Colère", "Aucun visage n'a été lu pendant ce temps."),
    ],
)
def test_words_are_those_of_the_language(language, word, sentence):
    shares = Shares(dict.fromkeys(LABELS, 1.0), 0)
    assert word in said(profile_svg(shares, language))
    assert word in said(timeline_svg(busy(3, 60), language))
    assert word in said(hours_svg(busy(24, 3600), language))
    nobody = Shares(dict.fromkeys(LABELS, 0.0), 0)
    empty = (
        profile_svg(nobody, language),
        timeline_svg([], language),
        timeline_svg([slot(0, 60)], language),
        hours_svg([slot(n * 3600, 3600) for n in range(24)], language),
    )
    for svg in empty:
        assert said(svg) == [sentence]


def test_bars_are_as_long_as_their_shares():
    svg = profile_svg(Shares({"happy": 30.0, "sad": 10.0, "fear": 0.0}, 0), "en")
    bars = [
        float(each.get("width"))
        for each in drawing(svg).iter(f"{SVG}rect")
        if each.get("class") == "bar"
    ]
    track = next(e for e in drawing(svg).iter(f"{SVG}rect") if e.get("class") == "track")
    assert bars == pytest.approx([float(track.get("width")) * s for s in (0.75, 0.25)], abs=0.5)
    assert [text for text in said(svg) if "%" in text] == ["75.0%", "25.0%", "0.0%"]


def every_plot(emotion: str) -> list[str]:
    return [
        timeline_svg([slot(0, 60, 30, **{emotion: 30})], "en"),
        hours_svg([slot(0, 86400, 30, **{emotion: 30})], "en"),
        profile_svg(Shares({emotion: 1.0}, 0), "en"),
        timeline_svg([], "en"),
    ]


def test_plots_are_told_to_those_who_do_not_see_them():
    for svg in every_plot("happy"):
        root = drawing(svg)
        assert root.get("role") == "img"
        ids = root.get("aria-labelledby", "").split()
        assert len(ids) == 2
        spoken = {each.get("id"): each.text for each in root.iter() if each.get("id")}
        assert all(spoken[key] for key in ids)
    assert "Happy 100.0%" in every_plot("happy")[0]


def test_plots_have_colours_for_the_dark_and_a_size_that_scales():
    for svg in every_plot("happy"):
        assert "prefers-color-scheme:dark" in svg
        assert drawing(svg).get("viewBox", "").startswith("0 0 ")


def test_names_of_another_model_cannot_do_anything():
    for svg in every_plot('<script>alert("1")</script>&'):
        assert "script" not in {each.tag.removeprefix(SVG) for each in drawing(svg).iter()}
        assert "<script" not in svg
        assert not re.search(r"\bon\w+=|style=|href|url\(|@import", svg)


def test_the_year_9999_and_a_slot_of_no_length_are_drawn():
    late = Slot(slot(0, 1).start.replace(year=9998), 0.0, {"happy": 1.0}, 0.0, 1.0)
    assert columns(timeline_svg([late], "en"))
    naive = Slot(slot(0, 1).start.replace(tzinfo=None), 60.0, {"happy": 1.0}, 60.0, 1.0)
    assert columns(timeline_svg([naive], "en"))
