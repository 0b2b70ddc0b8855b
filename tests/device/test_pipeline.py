import threading

from device.costs import Costs
from device.emotions import Calm, Emotions
from device.faces import FaceFinder, FaceFollower
from device.pace import Pace
from device.pipeline import Pipeline
from device.records import Frame
from device.service import DEMO
from device.sinks.base import Sink
from device.sources.base import Source
from device.sources.synthetic import Synthetic
from device.sources.video import Video


class Remembering(Sink):
    def __init__(self, after=None):
        self.batches = []
        self.seen = []
        self.after = after

    def see(self, frame, readings):
        self.seen.append((frame.time_s, [reading.face.id for reading in readings]))

    def write(self, readings):
        self.batches.append(list(readings))
        if self.after is not None:
            self.after()

    @property
    def readings(self):
        return [reading for batch in self.batches for reading in batch]


def pipeline(
    source: Source, model, *sinks: Sink, rate_hz: float = 1.0, costs=None, heart=None
) -> Pipeline:
    return Pipeline(
        source,
        FaceFollower(FaceFinder()),
        model,
        Emotions(model.labels, Calm()),
        sinks,
        Pace(rate_hz=rate_hz, look_hz=10.0),
        costs or Costs(),
        heart,
    )


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
    with Synthetic([face_picture], rate_hz=20, frames=5) as source:
        pipeline(source, model, first, second).run(threading.Event())
    assert order == [1, 2]


def test_an_empty_room_gives_no_reading(model, empty_picture):
    sink = Remembering()
    with Synthetic([empty_picture], rate_hz=200, frames=20) as source:
        totals = pipeline(source, model, sink).run(threading.Event())
    assert totals.frames == 20
    assert sink.readings == []


def test_sinks_see_every_frame_that_is_looked_at(model):
    sink = Remembering()
    with Video(DEMO) as source:
        pipeline(source, model, sink).run(threading.Event(), duration_s=2)
    times_s = [time_s for time_s, _ in sink.seen]
    assert len(times_s) == 20  # of a clip of 15 frames a second, two in three
    assert [faces for _, faces in sink.seen] == [[]] + [[1]] * 19


class Halting(Source):
    """Gives None, then a frame, then None twice."""

    live = True

    def __init__(self, picture) -> None:
        self.picture = picture

    def __iter__(self):
        for there in (False, True, False, False):
            yield Frame(self.picture, 1.0) if there else None


class Heart:
    """Notes what it is told, after the sinks."""

    def __init__(self, sink) -> None:
        self.sink = sink
        self.beats = []

    def frame(self, totals, readings):
        self.beats.append((totals.frames, len(readings), len(self.sink.seen)))

    def idle(self):
        self.beats.append("idle")


def test_where_no_frame_comes_sinks_and_the_heart_hear_of_it(model, face_picture):
    class Idle(Remembering):
        idles = 0

        def idle(self):
            self.idles += 1

    sink = Idle()
    heart = Heart(sink)
    pipe = pipeline(Halting(face_picture), model, sink, heart=heart)
    totals = pipe.run(threading.Event())
    # The frame is told of when the sinks have taken it.
    assert heart.beats == ["idle", (1, 0, 1), "idle", "idle"]
    assert (sink.idles, totals.frames) == (3, 1)


def test_a_stop_ends_it_while_no_frame_comes(model):
    stop = threading.Event()

    class Never(Source):
        live = True

        def __iter__(self):
            while True:
                yield None

    class Stopping(Remembering):
        def idle(self):
            stop.set()

    assert pipeline(Never(), model, Stopping()).run(stop).frames == 0


def test_each_stage_is_measured(model):
    costs, sink = Costs(), Remembering()
    sink.name = "memory"
    with Video(DEMO) as source:
        pipeline(source, model, sink, costs=costs).run(threading.Event(), duration_s=2)
    counts = {stage: len(times_s) for stage, times_s in costs.times_s().items()}
    assert counts.pop("capture") >= 30
    assert counts == {"find": 20, "memory": 20, "crop": 19, "infer": 19, "smooth": 19}
    assert all(time_s >= 0 for times_s in costs.times_s().values() for time_s in times_s)
