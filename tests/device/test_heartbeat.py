import re
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from device import heartbeat
from device.errors import StuckError
from device.heartbeat import Heartbeat
from device.notify import Notify
from device.pipeline import Totals
from device.records import Face, Reading
from device.sinks.base import Sink
from device.sources.base import Source
from tests.device.service_manager import ServiceManager


class Worker(Sink):
    """A sink whose worker moves, or does not."""

    def __init__(self, name="worker"):
        self.name = name
        self.turn = 0
        self.moves = True
        self.busy = True

    def pulse(self):
        self.turn += self.moves
        return self.turn if self.busy else None


class Wall:
    """A clock on the wall that goes as the program's time does."""

    def __init__(self, body):
        self.body = body

    def now(self):
        return datetime(2026, 1, 2, 11, 11, 11) + timedelta(seconds=self.body.now_s - 1000)


class Body:
    """A program whose time the test makes go by."""

    def __init__(self, manager, notify, sinks):
        self.manager = manager
        self.now_s = 1000.0
        self.source = Source()
        self.source.name = "webcam /dev/video0"
        self.totals = Totals()
        self.wells = 0
        self.heart = Heartbeat(
            notify, self.source, "mien-1", sinks, self.well, now_s=lambda: self.now_s
        )

    def well(self):
        self.wells += 1

    def frames(self, count, rate_hz=10.0, readings=()):
        for _ in range(count):
            self.now_s += 1 / rate_hz
            self.totals.frames += 1
            self.heart.frame(self.totals, list(readings))

    def idle(self, seconds):
        for _ in range(seconds):
            self.now_s += 1
            self.heart.idle()

    def said(self, kind):
        return [m for m in self.manager.waiting() if m.startswith(kind)]


def reading(emotion):
    return Reading(
        datetime.now().astimezone(), 0.0, Face(1, (0, 0, 9, 9)), emotion,
        {"happy": 0.6, "sad": 0.4}, {"happy": 0.6, "sad": 0.4}, "mien-1",
    )  # fmt: skip


@pytest.fixture
def manager(tmp_path):
    with ServiceManager.in_folder(tmp_path) as manager:
        yield manager


@pytest.fixture
def begin(manager):
    """Begin a program with sinks: a service, where ``there``."""
    with ExitStack() as parts:

        def body(*sinks, there=True):
            notify = parts.enter_context(Notify(manager.address if there else ""))
            return Body(manager, notify, sinks)

        yield body


def test_the_first_frame_makes_it_ready_once(begin, manager):
    body = begin()
    body.idle(3)
    assert body.said("READY") == []
    body.frames(1)
    assert manager.waiting().count("READY=1") == 1
    body.frames(50)
    assert body.said("READY") == []


def test_frames_that_came_for_a_minute_make_it_well_once(begin):
    body = begin()
    body.idle(100)
    body.frames(590)
    body.idle(1)
    assert body.wells == 0
    body.frames(20)
    assert body.wells == 1
    body.frames(2000)
    assert body.wells == 1


def test_without_a_camera_it_is_ready_after_twenty_seconds(begin):
    body = begin()
    body.idle(19)
    assert body.said("READY") == []
    body.idle(2)
    assert body.said("READY") == ["READY=1"]
    body.frames(1)
    assert body.said("READY") == []


def test_the_watchdog_is_fed_about_once_a_second_with_and_without_frames(begin):
    body = begin()
    body.frames(300, rate_hz=30)
    assert len(body.said("WATCHDOG")) in (10, 11)
    body.idle(10)
    assert len(body.said("WATCHDOG")) in (10, 11)


def test_who_does_not_go_round_does_not_feed(begin, manager):
    body = begin()
    body.frames(10)
    manager.waiting()
    body.now_s += 60
    assert manager.waiting() == []


def test_the_status_is_a_sentence(begin):
    body = begin()
    body.frames(1, readings=[reading("happy")])
    body.totals.readings = 1234
    body.frames(60, readings=[reading("happy")])
    assert re.fullmatch(
        r"STATUS=Reading webcam /dev/video0 with mien-1: 10\.0 frames a second, 1 face; "
        r"1,234 readings since \d\d:\d\d",
        body.said("STATUS")[-1],
    )
    body.frames(160, rate_hz=14.84, readings=[reading("happy"), reading("sad")])
    assert re.search(r": 14\.\d frames a second, 2 faces; 1,", body.said("STATUS")[-1])
    body.frames(60)
    assert "nobody there; " in body.said("STATUS")[-1]


def test_a_frame_that_is_not_looked_at_changes_nobody(begin):
    body = begin()
    body.frames(60, readings=[reading("sad")])
    for _ in range(60):
        body.now_s += 0.1
        body.heart.frame(body.totals, None)
    assert "1 face" in body.said("STATUS")[-1]


def test_it_is_told_again_every_five_seconds_and_at_once_when_it_changes(begin, monkeypatch):
    body = begin()
    monkeypatch.setattr(heartbeat, "datetime", Wall(body))
    for _ in range(20):
        body.frames(10)
        body.totals.readings += 1
    assert len(body.said("STATUS")) in (4, 5)
    body.source.trouble = "looking again every 30 s (unplugged)"
    body.idle(2)
    assert body.said("STATUS=No") == []  # a hiccup
    body.idle(1)
    assert body.said("STATUS") == [
        "STATUS=No picture since 11:11: looking again every 30 s (unplugged)"
    ]
    body.idle(100)
    assert body.said("STATUS") == []  # the same still
    body.frames(1)
    assert body.said("STATUS")[0].startswith("STATUS=Reading webcam /dev/video0")
    body.frames(60)
    assert " 10.0 frames a second" in body.said("STATUS")[-1]  # without the time of none


def test_before_the_first_frame_it_is_the_camera_that_is_missing(begin):
    body = begin()
    body.idle(4)
    (status,) = body.said("STATUS")
    assert re.fullmatch(r"STATUS=No camera since \d\d:\d\d: waiting for webcam /dev/video0", status)


def test_a_status_of_days_ago_says_the_day():
    assert re.fullmatch(r"\d\d:\d\d on \d\d [A-Z][a-z]+", heartbeat._wall(2 * 86400.0))


def test_a_worker_that_does_not_move_is_said_once_and_the_reading_goes_on(begin, caplog):
    worker, other = Worker("web"), Worker("screen")
    body = begin(worker, other)
    body.idle(5)
    worker.moves = False
    body.idle(19)
    assert caplog.messages == []
    body.idle(8)
    assert caplog.messages == ["web: has not moved for 20 s; the reading goes on"]
    assert len(body.said("WATCHDOG")) == 32
    worker.moves = True
    body.idle(3)
    worker.moves = False
    body.idle(25)
    assert len(caplog.messages) == 2


def test_a_service_begins_anew_where_a_worker_hangs_but_seldom(begin, manager):
    worker = Worker("web")
    body = begin(worker)
    worker.moves = False
    body.idle(599)  # it hung soon after the last start: that did not help
    with pytest.raises(StuckError, match="web: it hangs"):
        body.idle(2)
    manager.waiting()
    body = begin(worker)
    worker.moves = True
    body.frames(700, rate_hz=1)
    worker.moves = False
    with pytest.raises(StuckError):
        body.frames(30, rate_hz=1)
    assert body.totals.frames - 700 <= 22


def test_for_a_card_that_hangs_nothing_begins_anew(begin, caplog):
    worker = Worker("log")
    worker.moves = worker.curable = False
    begin(worker).idle(1000)
    assert caplog.messages == ["log: has not moved for 20 s; the reading goes on"]


def test_at_the_command_line_a_worker_that_hangs_ends_nothing(begin, caplog):
    worker = Worker()
    worker.moves = False
    begin(worker, there=False).idle(1000)
    assert len(caplog.messages) == 1


def test_a_worker_with_nothing_to_do_is_well(begin, caplog):
    worker = Worker()
    worker.moves = worker.busy = False
    begin(worker, Sink()).idle(1000)
    assert caplog.messages == []


def test_a_sink_with_more_patience_is_given_it(begin, caplog):
    worker = Worker()
    worker.moves, worker.patience_s = False, 120.0
    body = begin(worker)
    body.idle(119)
    assert caplog.messages == []
    body.idle(2)
    assert len(caplog.messages) == 1


def test_where_the_whole_program_was_held_up_no_worker_hangs(begin, caplog):
    worker = Worker()
    body = begin(worker)
    body.idle(700)
    worker.moves = False
    for _ in range(5):
        body.now_s += 300  # as in a laptop that sleeps
        body.heart.idle()
    assert caplog.messages == []
