import threading
from itertools import pairwise

import numpy as np

from device.records import Frame
from device.service import DEMO
from device.sources.base import Source
from device.sources.paced import Paced
from device.sources.video import Video
from tests.device.sources.fake_bell import FakeBell


class Recording(Source):
    """So many frames, ``step_s`` apart; counts how often it was closed."""

    name = "recording"

    def __init__(self, frames: int, step_s: float) -> None:
        self.frames, self.step_s, self.closed = frames, step_s, 0

    def __iter__(self):
        for index in range(self.frames):
            grey = np.full((8, 8), index, np.uint8)
            yield Frame(grey, index * self.step_s, np.stack([grey] * 3, axis=2))

    def close(self):
        self.closed += 1


def test_each_frame_comes_when_its_time_has_come():
    clock = FakeBell()
    paced = Paced(Recording(5, 0.5), bell=clock)
    assert [(f.time_s, clock.time_s) for f in paced] == [(i / 2, 100 + i / 2) for i in range(5)]


def test_between_pictures_far_apart_it_says_so_each_second():
    seen = list(Paced(Recording(3, 2.5), bell=FakeBell()))
    assert [None if f is None else f.time_s for f in seen] == [
        0.0, None, None, 2.5, None, None, 5.0,
    ]  # fmt: skip


def test_what_was_late_is_not_hurried_through():
    clock = FakeBell()
    paced = Paced(Recording(40, 0.1), bell=clock)
    times_s = []
    for frame in paced:
        times_s.append(clock.time_s)
        if frame.grey[0, 0] == 10:
            clock.time_s += 30  # reading this one took long
    at_once = sum(later == earlier for earlier, later in pairwise(times_s))
    assert at_once <= 11  # a second of it is caught up with, and no more


def test_over_and_over_its_clock_goes_on():
    rounds = [Recording(3, 0.5) for _ in range(3)]
    paced = Paced(rounds[0], again=iter(rounds[1:]).__next__, bell=FakeBell())
    frames = [frame for _, frame in zip(range(9), paced, strict=False)]
    assert [frame.time_s for frame in frames] == [i / 2 for i in range(9)]
    assert [int(frame.grey[0, 0]) for frame in frames] == [0, 1, 2] * 3
    assert frames[-1].bgr.shape == (8, 8, 3)
    assert [recording.closed for recording in rounds] == [1, 1, 0]
    paced.close()
    assert rounds[2].closed == 1


def test_one_picture_is_not_shown_over_and_over_without_a_pause():
    assert len(list(Paced(Recording(1, 1.0), again=lambda: Recording(1, 1.0)))) == 1


def test_waking_ends_a_wait():
    paced = Paced(Recording(2, 3600.0))
    seen: list[Frame] = []
    first = threading.Event()

    def read() -> None:
        for frame in paced:
            if frame is not None:
                seen.append(frame)
                first.set()

    thread = threading.Thread(target=read)
    thread.start()
    assert first.wait(10)
    paced.wake()
    thread.join(10)
    assert not thread.is_alive()
    assert len(seen) == 1


def test_a_film_gives_its_colours():
    with Paced(Video(DEMO)) as paced:
        frame = next(iter(paced))
    assert frame.bgr.shape == (*frame.grey.shape, 3)
    assert not paced.live
