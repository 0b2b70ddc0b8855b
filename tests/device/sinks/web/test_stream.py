"""The live picture and the events, of a page that really reads faces."""

import json
from itertools import pairwise

import cv2
import numpy as np
import pytest

from device.sinks.web.stream import BOUNDARY
from device.sources.synthetic import Synthetic
from tests.device.waiting import until

EVENTS = "/api/events"


class Pictures:
    """The parts of a stream, one by one."""

    def __init__(self, answer):
        self._chunks = answer.iter_raw()
        self._content = b""

    def __next__(self):
        end = f"\r\n--{BOUNDARY}\r\n".encode()
        while self._content.count(end) < 1:
            self._content += next(self._chunks)
        part, _, self._content = self._content.partition(end)
        head, _, jpeg = part.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(jpeg)}".encode() in head
        return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def encoded(page):
    return _metric(page, "mien_pictures_encoded_total")


def _metric(page, name):
    text = page.client().get("/metrics").text
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


def test_the_stream_shows_the_newest_pictures_with_faces_marked(serve, demo_frames):
    page = serve()
    with (
        page.reading(demo_frames[:30]),
        page.client().stream("GET", "/stream.mjpeg") as answer,
    ):
        assert answer.headers["Content-Type"].startswith("multipart/x-mixed-replace; boundary=")
        pictures = Pictures(answer)
        shown = [next(pictures) for _ in range(6)]
    assert {picture.shape for picture in shown} == {(*demo_frames[0].grey.shape, 3)}
    assert any((a != b).any() for a, b in pairwise(shown))
    # Of grey frames: what has a colour is a mark.
    assert (np.ptp(shown[-1].astype(int), axis=2) > 60).sum() > 200


def test_each_picture_is_encoded_once_for_all_viewers_and_only_while_somebody_looks(
    serve, demo_frames
):
    from contextlib import ExitStack

    page = serve()
    client = page.client()
    with page.reading(demo_frames[:30]):
        until(lambda: page.web._present.frames > 3)
        assert encoded(page) == 0
        before = page.web._present.frames
        with ExitStack() as stack:
            answers = [stack.enter_context(client.stream("GET", "/stream.mjpeg")) for _ in range(6)]
            streams = [Pictures(answer) for answer in answers]
            for _ in range(5):
                for stream in streams:
                    next(stream)
            frames = page.web._present.frames - before
            assert 5 <= encoded(page) <= frames + 2
        until(lambda: _metric(page, 'mien_clients{kind="stream"}') == 0, "all have gone")
        count, frames = encoded(page), page.web._present.frames
        until(lambda: page.web._present.frames > frames + 5)
        assert encoded(page) == count


def test_each_language_has_its_own_words_in_the_picture(serve, face_picture):
    page = serve()
    page.read(Synthetic([face_picture], rate_hz=100, frames=30))
    clients = [page.client(headers={"Accept-Language": tag}) for tag in ("en", "fr", "fr-CA")]
    english, french, canadian = (client.get("/picture.jpg").content for client in clients)
    assert english != french
    assert french == canadian


def test_the_rate_is_no_more_than_asked_for(serve, demo_frames):
    page = serve(rate_hz=2.0)
    with (
        page.reading(demo_frames[:30]),
        page.client().stream("GET", "/stream.mjpeg") as answer,
    ):
        pictures = Pictures(answer)
        next(pictures)
        before = page.web._present.frames
        for _ in range(4):
            next(pictures)
        assert page.web._present.frames - before >= 12  # some two seconds of ten a second


def test_a_frame_in_colour_is_shown_in_colour(serve):
    from device.records import Frame

    page = serve()
    bgr = np.full((120, 160, 3), (200, 30, 30), np.uint8)
    with page.client().stream("GET", "/stream.mjpeg") as answer:
        pictures = Pictures(answer)
        next(pictures)  # there is none yet
        page.web.see(Frame(np.zeros((120, 160), np.uint8), 0.0, bgr), [])
        assert np.abs(next(pictures)[60, 80].astype(int) - (200, 30, 30)).max() < 12


def test_a_very_wide_picture_is_sent_smaller(serve):
    from device.records import Frame

    page = serve()
    page.web.see(Frame(np.zeros((1080, 1920), np.uint8), 0.0), [])
    jpeg = page.client().get("/picture.jpg").content
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (720, 1280, 3)


def test_without_a_picture_the_stream_says_so(serve):
    page = serve()
    with page.client().stream("GET", "/stream.mjpeg") as answer:
        picture = next(Pictures(answer))
    assert picture.std() > 5  # somebody asleep on a dark ground
    assert picture[0, 0].max() < 60


def test_a_camera_that_ends_is_seen_to_end(serve, face_picture):
    page = serve()
    page.read(Synthetic([face_picture], rate_hz=100, frames=30))
    client = page.client()
    assert client.get("/picture.jpg").status_code == 200
    with client.stream("GET", "/stream.mjpeg") as answer:
        pictures = Pictures(answer)
        assert next(pictures).shape == (*face_picture.shape, 3)
        until(lambda: client.get("/api/now").json()["state"] == "no_picture")
        assert next(pictures)[0, 0].max() < 60
    answer = client.get("/picture.jpg")
    assert answer.status_code == 503
    assert answer.json() == {"error": "there is no picture: the camera gives none"}
    health = client.get("/healthz")
    assert health.status_code == 503
    assert health.json()["status"] == "degraded"
    assert health.json()["frame_age_s"] > 2


def test_one_picture_is_a_jpeg_of_now(serve, demo_frames):
    page = serve()
    with page.reading(demo_frames[:30]):
        until(lambda: page.web._present.frames)
        answer = page.client().get("/picture.jpg")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR) is not None


@pytest.mark.parametrize("path", ["/stream.mjpeg", EVENTS])
def test_asking_for_the_head_alone_comes_to_an_end(serve, path):
    answer = serve().client().head(path)
    assert answer.status_code == 200
    assert answer.content == b""


def events(lines, count):
    """The next events: (name, content)."""
    found, name = [], None
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            found.append((name, json.loads(line.removeprefix("data: "))))
            if len(found) == count:
                return found
    raise AssertionError("the events came to an end")


def test_events_tell_what_is_seen_and_the_session(serve, demo_frames):
    page = serve()
    with page.reading(demo_frames[:30]), page.client().stream("GET", EVENTS) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        found = events(answer.iter_lines(), 14)
    names = [name for name, _ in found]
    assert 8 <= names.count("now") <= 12
    now = [content for name, content in found if name == "now" and content["faces"]][-1]
    assert now["state"] == "faces"
    (face,) = now["faces"]
    assert now["largest"] == face["id"]
    assert face["emotion"] in {*face["probabilities"], "uncertain"}
    sessions = [content for name, content in found if name == "session"]
    assert sessions[-1]["watched_s"] > sessions[0]["watched_s"]
    assert set(sessions[-1]["shares"]) == {*face["probabilities"], "uncertain"}


def test_events_come_at_most_five_times_a_second(serve, demo_frames):
    page = serve()
    with page.reading(demo_frames[:30]), page.client().stream("GET", EVENTS) as answer:
        lines = answer.iter_lines()
        events(lines, 2)
        before = page.web._present.frames
        nows = [1 for name, _ in events(lines, 7) if name == "now"]
        assert len(nows) >= 5
        assert page.web._present.frames - before >= 1.5 * len(nows)


def test_without_anything_new_there_is_no_event(serve):
    page = serve()
    with page.client().stream("GET", EVENTS) as answer:
        found = events(answer.iter_lines(), 3)
    assert [name for name, _ in found] == ["now", "session", "session"]
    assert found[0][1]["state"] == "no_picture"


def test_events_are_encoded_once_for_all_who_listen(serve, demo_frames, monkeypatch):
    from contextlib import ExitStack

    from device.sinks.web import events as module

    made = []
    event = module.event
    monkeypatch.setattr(module, "event", lambda *given: made.append(1) or event(*given))
    page = serve()
    client = page.client()
    with page.reading(demo_frames[:30]), ExitStack() as stack:
        until(lambda: page.web._present.frames > 3)
        assert not made
        answers = [stack.enter_context(client.stream("GET", EVENTS)) for _ in range(8)]
        counts = [len(events(answer.iter_lines(), 6)) for answer in answers]
        assert sum(counts) == 48
        assert len(made) <= 24
    until(lambda: _metric(page, 'mien_clients{kind="events"}') == 0)
    count = len(made)
    page.read(Synthetic([demo_frames[0].grey], rate_hz=100, frames=40))
    assert len(made) == count


def test_a_picture_that_cannot_be_drawn_is_one_warning(serve, caplog, demo_frames, monkeypatch):
    from device.sinks.web import stream as module

    # No such picture is known; OpenCV's errors have several lines.
    monkeypatch.setattr(module, "_jpeg", lambda picture, _: cv2.imencode(".none", picture))
    page = serve()
    client = page.client(timeout=0.5)
    with page.reading(demo_frames[:30]):
        with client.stream("GET", "/stream.mjpeg"):
            until(lambda: caplog.records, "a warning")
            count = page.web._present.frames
            until(lambda: page.web._present.frames > count + 14)
        assert client.get("/api/now").status_code == 200
    (record,) = caplog.records
    assert record.message.startswith("web page: no pictures: error: OpenCV")
    assert "\n" not in record.message
