import threading

import pytest

from device.faces import FaceFinder, FaceTracker
from device.pipeline import Pace, Pipeline
from device.records import Face
from device.service import DEMO
from device.sinks.base import Sink
from device.sources.base import Source
from device.sources.synthetic import Synthetic
from device.sources.video import Video


class Remembering(Sink):
    def __init__(self, after=None):
        self.batches = []
        self.after = after

    def write(self, readings):
        self.batches.append(list(readings))
        if self.after is not None:
            self.after()

    @property
    def readings(self):
        return [reading for batch in self.batches for reading in batch]


def pipeline(source: Source, model, *sinks: Sink, rate_hz: float = 1.0) -> Pipeline:
    return Pipeline(source, FaceFinder(), FaceTracker(), model, sinks, rate_hz=rate_hz)


def read_times(times_s, rate_hz, present=lambda face_id, time_s: True, faces=(1,)):
    """When each face is read, where it is seen when ``present`` says so."""
    pace, made, known = Pace(rate_hz), [], []
    for time_s in times_s:
        if pace.due(time_s, known):
            seen = [Face(n, (0, 0, 9, 9)) for n in faces if present(n, time_s)]
            known = sorted({*known, *(face.id for face in seen)})
            made += [(time_s, face.id) for face in pace.take(seen)]
    return made


def due_times(times_s, rate_hz, found=lambda time_s: True):
    return [t for t, _ in read_times(times_s, rate_hz, lambda _, time_s: found(time_s))]


class TestPace:
    def test_one_reading_a_period(self):
        times_s = [i / 24 for i in range(24 * 20)]
        assert due_times(times_s, 1.0) == pytest.approx(list(range(20)))

    def test_periods_count_from_the_first_frame(self):
        times_s = [1000.3 + i / 10 for i in range(30)]
        assert due_times(times_s, 1.0) == pytest.approx([1000.3, 1001.3, 1002.3])

    def test_a_face_missed_at_first_is_looked_for_in_the_same_period(self):
        times_s = [i / 10 for i in range(30)]
        made = due_times(times_s, 1.0, found=lambda t: not 0.95 < t < 1.35)
        assert made == pytest.approx([0, 1.4, 2.0])

    def test_a_second_face_missed_at_first_is_read_in_the_same_period_too(self):
        times_s = [i / 10 for i in range(30)]
        made = read_times(times_s, 1.0, lambda n, t: n == 1 or not 0.95 < t < 1.35, faces=(1, 2))
        assert made == [(0, 1), (0, 2), (1.0, 1), (1.4, 2), (2.0, 1), (2.0, 2)]

    def test_a_rate_above_the_frame_rate_reads_every_frame(self):
        times_s = [i / 10 for i in range(20)]
        assert due_times(times_s, 60.0) == times_s

    def test_an_empty_room_is_searched_ten_times_a_second_at_most(self):
        pace = Pace(1.0)
        searched = [time_s for time_s in (i / 100 for i in range(200)) if pace.due(time_s)]
        assert 19 <= len(searched) <= 20


def test_the_demo_clip_gives_one_reading_a_second_while_she_is_there(model):
    sink = Remembering()
    with Video(DEMO) as source:
        totals = pipeline(source, model, sink).run(threading.Event())
    seconds = [int(reading.media_time_s) for reading in sink.readings]
    assert seconds == [*range(12), 15, 16, 17, 18, 19]
    assert {reading.face.id for reading in sink.readings[:12]} == {1}
    assert (totals.frames, totals.readings) == (300, len(seconds))


def test_the_rate_sets_how_many_readings_there_are(model):
    sink = Remembering()
    with Video(DEMO) as source:
        pipeline(source, model, sink, rate_hz=5).run(threading.Event(), duration_s=4)
    assert len(sink.readings) == 20


def test_a_duration_ends_it_on_the_sources_clock(model):
    sink = Remembering()
    with Video(DEMO) as source:
        totals = pipeline(source, model, sink).run(threading.Event(), duration_s=3)
    assert totals.frames == 45
    assert [int(reading.media_time_s) for reading in sink.readings] == [0, 1, 2]


def test_a_stop_ends_it_after_the_frame_in_hand(model, face_picture):
    stop = threading.Event()
    sink = Remembering(after=stop.set)
    with Synthetic([face_picture], rate_hz=100) as source:
        pipeline(source, model, sink).run(stop)
    assert len(sink.readings) == 1


def test_sinks_are_written_in_their_order(model, face_picture):
    order = []
    first, second = (Remembering(after=lambda n=n: order.append(n)) for n in (1, 2))
    with Synthetic([face_picture], frames=1) as source:
        pipeline(source, model, first, second).run(threading.Event())
    assert order == [1, 2]


def test_an_empty_room_gives_no_reading(model, empty_picture):
    sink = Remembering()
    with Synthetic([empty_picture], rate_hz=200, frames=20) as source:
        totals = pipeline(source, model, sink).run(threading.Event())
    assert totals.frames == 20
    assert sink.readings == []
