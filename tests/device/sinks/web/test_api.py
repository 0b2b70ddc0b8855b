"""What programs get of a page that has seen three seconds of the demo clip."""

import csv
import gzip
import io
import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import msgspec
import pytest

from device.sinks.web import answers
from tests.device.waiting import until

EMOTIONS = {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"}


def get(client, path, kind=None, **queries):
    answer = client.get(path, params=queries)
    assert answer.status_code == 200, answer.text
    if kind is None:
        return answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    return msgspec.json.decode(answer.content, type=kind)


def test_the_running_session_is_whole(page, client):
    session = get(client, "/api/session", answers.Session)
    assert session.id == page.sessions.current().id
    assert session.watched_s == pytest.approx(0.45, abs=0.2)
    assert session.ended is None
    assert set(session.everybody.seconds) == {*EMOTIONS, "uncertain"}
    assert sum(session.everybody.shares.values()) == pytest.approx(1)
    assert session.everybody.read_s == pytest.approx(sum(session.everybody.seconds.values()))
    assert [face.id for face in session.each] == [1]
    assert session.timeline


def test_the_same_session_is_found_by_its_number(page, client):
    number = page.sessions.current().id
    assert get(client, f"/api/sessions/{number}")["id"] == number


def test_what_is_seen_now_is_said(serve, demo_frames):
    page = serve()
    client = page.client()
    assert get(client, "/api/now", answers.Now).state == "no_picture"
    with page.reading(demo_frames[:10]):
        now = until(lambda: (n := get(client, "/api/now", answers.Now)).faces and n, "a face")
    assert (now.state, now.largest) == ("faces", now.faces[0].id)
    assert (now.height_px, now.width_px) == demo_frames[0].grey.shape
    assert set(now.faces[0].probabilities) == set(EMOTIONS)
    assert sum(now.faces[0].probabilities.values()) == pytest.approx(1, abs=0.01)
    assert now.time.tzinfo is not None


def test_all_that_is_left_out_or_added_would_be_noticed(page, client):
    """The answers have the fields that are described, and no others."""
    session = get(client, "/api/session")
    assert set(session) == set(answers.Session.__struct_fields__)
    assert set(session["everybody"]) == set(answers.Read.__struct_fields__)
    assert set(session["timeline"][0]) == set(answers.SlotRead.__struct_fields__)
    assert set(session["each"][0]) == set(answers.FaceRead.__struct_fields__)
    assert set(get(client, "/api/sessions")[0]) == set(answers.Head.__struct_fields__)


def test_a_session_begins_is_named_and_is_deleted(serve):
    client = serve().client()
    first = get(client, "/api/session")["id"]
    answer = client.post("/api/sessions", json={"name": "A morning, été ☀"})
    assert answer.status_code == 201
    second = answer.json()["id"]
    assert answer.json()["name"] == "A morning, été ☀"
    assert [head["id"] for head in get(client, "/api/sessions")] == [second, first]
    renamed = client.patch(f"/api/sessions/{first}", json={"name": "Before"})
    assert renamed.status_code == 200
    assert get(client, f"/api/sessions/{first}")["name"] == "Before"
    gone = client.delete(f"/api/sessions/{first}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(f"/api/sessions/{first}").status_code == 404
    assert client.delete(f"/api/sessions/{second}").status_code == 204
    assert get(client, "/api/session")["id"] not in (first, second)


def test_a_session_needs_no_name(serve):
    assert serve().client().post("/api/sessions", json={}).json()["name"] == ""


@pytest.mark.parametrize(
    "name",
    ["x" * 101, "a\nb", "a\x00b", "\x1b[31m", "\x7f", "\x85", "a\u2028b", "\u202etxt", 3, None, []],
)
def test_a_name_that_is_too_long_or_no_text_is_refused(page, client, name):
    before = page.sessions.current()
    for ask, path in ((client.post, "/api/sessions"), (client.patch, f"/api/sessions/{before.id}")):
        answer = ask(path, content=json.dumps({"name": name}).encode(), headers=JSON)
        assert answer.status_code == 400
        assert set(answer.json()) == {"error"}
        assert "\n" not in answer.json()["error"]
    assert page.sessions.current().id == before.id


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"x"', b'{"nam": "x"}', b'{"name": "x", "id": 3}', b"\xff",
        b'{"name": "\\ud800"}', b"[" * 15_000, b'{"name": ' + b"[" * 10_000, b"NaN",
    ],
)  # fmt: skip
def test_a_body_that_is_not_as_described_is_refused(page, client, body):
    before = len(page.sessions.heads())
    answer = client.post("/api/sessions", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("the body cannot be used: ")
    assert len(page.sessions.heads()) == before


@pytest.mark.parametrize("number", [0, 999, 2**31, 2**63 - 1, 2**63, 10**30])
@pytest.mark.parametrize("ending", ["", "/export.json", "/export.csv", "/timeline.svg"])
def test_an_unknown_session_is_said_to_be_unknown(client, number, ending):
    answer = client.get(f"/api/sessions/{number}{ending}")
    assert answer.status_code == 404
    assert "there is no session" in answer.json()["error"]


def test_an_unknown_session_is_neither_named_nor_deleted(client):
    assert client.patch("/api/sessions/999", json={"name": "x"}).status_code == 404
    assert client.delete("/api/sessions/999").status_code == 404


def test_a_session_is_exported_as_json_and_as_a_table(page, client):
    number = page.sessions.current().id
    answer = client.get(f"/api/sessions/{number}/export.json")
    name = f'attachment; filename="mien-session-{number}.json"'
    assert answer.headers["Content-Disposition"] == name
    assert answer.json() == get(client, "/api/session")
    answer = client.get(f"/api/sessions/{number}/export.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == name.replace("json", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["part"] for row in rows} == {"session", "face", "slot"}


@pytest.mark.parametrize("path", ["/api/sessions/{}/timeline.svg", "/api/sessions/{}/profile.svg",
                                  "/api/history.svg"])  # fmt: skip
def test_plots_are_pictures_in_the_readers_language(page, path):
    path = path.format(page.sessions.current().id)
    english, french = (
        page.client(headers={"Accept-Language": tag}).get(path) for tag in ("en", "fr")
    )
    for answer in (english, french):
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert "script" not in answer.headers["Content-Security-Policy"]
        assert _tag(answer) == "{http://www.w3.org/2000/svg}svg"
    assert english.text != french.text


def _tag(answer):
    return ElementTree.fromstring(answer.content).tag  # noqa: S314 - it is our own


def test_the_history_is_of_the_last_week_by_the_hour(client):
    history = get(client, "/api/history", answers.History)
    assert history.by == "hour"
    assert history.end - history.start == timedelta(days=7)
    (slot,) = history.slots
    assert slot.watched_s > 0
    assert slot.span_s == 3600


@pytest.mark.parametrize("by", ["minute", "hour", "day"])
def test_the_history_is_cut_as_asked(client, by):
    history = get(client, "/api/history", answers.History, by=by)
    assert history.by == by
    assert len(history.slots) in (1, 2)  # a minute may have ended meanwhile
    assert history.slots[0].span_s == {"minute": 60, "hour": 3600, "day": 86400}[by]


def test_a_period_of_the_past_is_empty(client):
    history = get(client, "/api/history", start="2020-01-01T00:00:00Z", end="2020-01-02T00:00:00Z")
    assert history["slots"] == []
    assert history["start"].startswith("2020-01-01T00:00:00")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        ("9999-12-31T23:59:59", "0001-01-01T00:00:00"),
        ("2026-01-01T00:00:00", "2026-01-02T00:00:00"),
    ],
)
def test_any_period_is_answered(client, start, end):
    for by in ("minute", "hour", "day"):
        get(client, "/api/history", answers.History, by=by, start=start, end=end)


def test_a_period_is_no_longer_than_a_page_can_show(client):
    start = "2001-01-01T00:00:00Z"
    for by, days in (("minute", 3), ("hour", 100), ("day", 3660)):
        history = get(client, "/api/history", answers.History, by=by, start=start)
        assert history.end - history.start == timedelta(days=days)


@pytest.mark.parametrize(
    "query",
    [
        "by=week", "by=", "start=yesterday", "start=0.5", "start=1700000000", "end=",
        "by=day&by=day", "from=2026-01-01", "start=2026-02-30T00:00:00Z", "by=hour%00",
    ],
)  # fmt: skip
def test_a_query_that_is_not_as_described_is_refused(client, query):
    for path in ("/api/history", "/api/history.svg"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert re.fullmatch(r"[^\n]{1,200}", answer.json()["error"])


def test_the_device_is_described(page, client):
    device = get(client, "/api/device", answers.Device)
    assert (device.version, device.source, device.live) == ("1.2.3", "a camera", True)
    assert device.model["name"]
    assert 20 < device.memory_mb < 2000
    assert {"find", "crop", "infer", "web"} <= {stage.name for stage in device.stages}
    assert all(0 < stage.median_ms <= stage.high_ms for stage in device.stages)
    assert device.uptime_s >= 0
    assert device.log == answers.LogFile(None, None, None)


def test_the_logs_last_lines_are_shown(serve, tmp_path):
    log = tmp_path / "readings.jsonl"
    log.write_text("".join(f'{{"line": {n}, "é": 1}}\n' for n in range(200)), encoding="utf-8")
    client = serve(log=log).client()
    assert get(client, "/api/log")["lines"][-1] == '{"line": 199, "é": 1}'
    assert len(get(client, "/api/log")["lines"]) == 50
    assert len(get(client, "/api/log", lines=3)["lines"]) == 3
    about = get(client, "/api/device", answers.Device).log
    assert about.path == str(log)
    assert about.bytes == log.stat().st_size
    assert about.free_mb > 0


def test_of_a_log_that_was_just_begun_the_lines_before_are_shown_too(serve, tmp_path):
    log = tmp_path / "readings.jsonl"
    log.write_text("6\n7\n")
    aside = tmp_path / "readings.jsonl.1.gz"
    aside.write_bytes(gzip.compress(b"1\n2\n3\n4\n5\n"))
    client = serve(log=log).client()
    assert get(client, "/api/log", lines=4)["lines"] == ["4", "5", "6", "7"]
    aside.write_bytes(aside.read_bytes()[:-9])
    assert get(client, "/api/log", lines=4)["lines"] == ["6", "7"]


def test_of_a_log_with_long_lines_none_is_left_out_between(serve, tmp_path):
    log = tmp_path / "readings.jsonl"
    log.write_text("".join(f"{n} {'x' * 800}\n" for n in range(1000, 1500)))
    (tmp_path / "readings.jsonl.1").write_text("".join(f"{n} x\n" for n in range(1000)))
    lines = get(serve(log=log).client(), "/api/log", lines=500)["lines"]
    numbers = [int(line.partition(" ")[0]) for line in lines]
    assert 100 < len(numbers) < 500
    assert numbers == list(range(1500 - len(numbers), 1500))


def test_without_a_log_there_are_no_lines(client):
    assert get(client, "/api/log") == {"lines": []}


@pytest.mark.parametrize("lines", ["0", "-1", "501", "1.5", "x", ""])
def test_an_impossible_number_of_lines_is_refused(client, lines):
    assert client.get(f"/api/log?lines={lines}").status_code == 400


def test_health_is_well_while_frames_come(serve, demo_frames):
    page = serve()
    client = page.client()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "degraded", "frame_age_s": None})
    with page.reading(demo_frames[:10]):
        until(lambda: client.get("/healthz").status_code == 200, "frames")
        answer = msgspec.json.decode(client.get("/healthz").content, type=answers.Health)
    assert answer.status == "ok"
    assert answer.frame_age_s < 2


def test_a_day_has_the_devices_own_time_zone(client):
    session = get(client, "/api/session", answers.Session)
    assert abs(session.began - datetime.now(UTC)) < timedelta(minutes=10)
