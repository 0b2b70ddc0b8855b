import re

import pytest
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture(scope="module")
def families(client):
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(families, name, **labels):
    found = [
        sample.value
        for family in families.values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert found, name
    return sum(found)


def test_frames_and_readings_are_counted(families, page):
    assert value(families, "mien_frames_total") == page.web._present.frames
    assert value(families, "mien_readings_total") == sum(page.web._present.readings.values()) > 0
    assert value(families, "mien_readings_total", emotion="happy") > 0


@pytest.mark.parametrize(
    "name",
    [
        "mien_info", "mien_faces", "mien_frame_rate_hertz", "mien_frame_age_seconds",
        "mien_resident_memory_bytes", "mien_pictures_encoded_total",
        "mien_session_watched_seconds", "mien_session_somebody_seconds", "mien_session_faces",
        "mien_session_changes", "mien_session_negative_ratio",
    ],
)  # fmt: skip
def test_each_figure_is_there(families, name):
    assert value(families, name) >= 0


@pytest.mark.parametrize("stage", ["find", "crop", "infer", "smooth", "web"])
def test_each_stage_has_its_costs(families, stage):
    median_s = value(families, "mien_stage_median_seconds", stage=stage)
    assert 0 < median_s <= value(families, "mien_stage_high_seconds", stage=stage) < 10


def test_the_sessions_figures_are_the_sessions(families, page):
    seconds = page.sessions.current().everybody.seconds
    for emotion, time_s in seconds.items():
        found = value(families, "mien_session_emotion_seconds", emotion=emotion)
        assert found == pytest.approx(time_s)
    assert value(families, "mien_session_faces") == 1


@pytest.mark.parametrize("kind", ["connection", "stream", "events"])
def test_clients_are_counted(families, kind):
    count = value(families, "mien_clients", kind=kind)
    assert count >= 1 if kind == "connection" else count == 0


def test_memory_is_in_bytes(families):
    assert 20e6 < value(families, "mien_resident_memory_bytes") < 2e9


def test_names_are_as_prometheus_has_them(families):
    for family in families.values():
        assert re.fullmatch(r"mien_[a-z_]+", family.name)
        assert family.documentation.endswith(".")
        assert not re.search(r"_(ms|mb|percent|count)$", family.name)
        for sample in family.samples:
            assert (family.type == "counter") == sample.name.endswith("_total")


def test_nothing_of_another_registry_is_told(families):
    assert all(name.startswith("mien_") for name in families)
