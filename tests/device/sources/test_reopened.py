import logging
import threading
from itertools import pairwise

import numpy as np
import pytest

from device.errors import BusyError, SourceError, StuckCameraError
from device.records import Frame
from device.sources.base import Source
from device.sources.reopened import Reopened
from tests.device.sources.fake_bell import FakeBell


class Camera(Source):
    """Gives so many frames, ``step_s`` apart, then fails; or waits until it is woken.

    holds: how often it is asked in vain whether it is let go of, once it is closed.
    """

    live = True

    def __init__(
        self, name: str, frames: int, *, waits: bool = False, holds: int = 0,
        bell: FakeBell | None = None, step_s: float = 0.1,
    ) -> None:  # fmt: skip
        self.name, self.frames, self.waits, self.holds = name, frames, waits, holds
        self.bell, self.step_s = bell, step_s
        self.closed = 0
        self.woken = threading.Event()

    def __iter__(self):
        for index in range(self.frames):
            if self.bell:
                self.bell.time_s += self.step_s
            yield Frame(np.full((4, 4), index, np.uint8), float(index))
        if self.waits:
            assert self.woken.wait(10)
            return
        raise SourceError(f"{self.name}: unplugged: plug it in again")

    @property
    def let_go(self) -> bool:
        self.holds -= 1
        return self.holds < 0

    def wake(self):
        self.woken.set()

    def close(self):
        self.closed += 1


class Absent(Camera):
    """Fails when it is read, as one that is opened in a thread of its own does."""

    def __init__(self) -> None:
        super().__init__("camera", 0)

    def __iter__(self):
        raise SourceError("no camera found: connect one")
        yield


def opener(*answers):
    """Opens one camera after another."""
    return iter(answers).__next__


def take(source: Source, count: int) -> list:
    """What comes until so many frames have come, as their first numbers."""
    seen, frames = [], 0
    for frame in source:
        seen.append(None if frame is None else int(frame.grey[0, 0]))
        frames += frame is not None
        if frames == count:
            source.wake()
    return seen


def test_frames_go_on_when_the_camera_is_there_again(caplog):
    caplog.set_level(logging.WARNING)
    first, second = Camera("one", 2), Camera("two", 1, waits=True)
    source = Reopened(first, opener(Absent(), Absent(), second), bell=FakeBell())
    assert (source.name, source.live) == ("one", True)
    assert [number for number in take(source, 3) if number is not None] == [0, 1, 0]
    assert (first.closed, source.name) == (1, "two")
    assert caplog.messages == [
        "one: unplugged: plug it in again; it is looked for again and again",
        "two: there again, after 3 s",
    ]


def test_it_is_opened_again_at_once_and_then_after_pauses_that_grow_up_to_the_last(caplog):
    bell, tries_s = FakeBell(), []

    def again():
        tries_s.append(bell.time_s - 100)
        return Absent() if len(tries_s) < 10 else Camera("late", 1, waits=True)

    source = Reopened(Absent(), again, bell=bell)
    seen = take(source, 1)
    assert [later - earlier for earlier, later in pairwise([0, *tries_s])] == [
        0, 1, 2, 4, 8, 15, 30, 30, 30, 30,
    ]  # fmt: skip
    assert max(bell.waits_s) <= 1  # so that whoever looks on hears of it each second
    assert seen.count(None) == len(bell.waits_s) == 150
    assert len(caplog.messages) == 2
    assert caplog.messages[-1] == "late: there again, after 2 min"


def test_it_says_what_is_done_about_it():
    bell = FakeBell()
    source = Reopened(Absent(), Absent, bell=bell)
    frames = iter(source)
    assert source.trouble == ""
    troubles = {}
    for _ in range(100):
        assert next(frames) is None
        troubles.setdefault(source.trouble.split("(")[0].strip(), bell.time_s)
    assert [*troubles] == ["looking again soon", "looking again every 30 s"]
    assert troubles["looking again every 30 s"] - 100 == pytest.approx(1 + 2 + 4 + 8 + 15, abs=1.1)
    assert source.trouble.endswith("(no camera found: connect one)")
    source.close()


def test_one_that_comes_and_goes_is_waited_for_longer_and_longer():
    bell = FakeBell()
    flapping = opener(*[Camera("one", 1, bell=bell) for _ in range(6)], *[Camera("x", 1)] * 2)
    take(Reopened(Camera("one", 1), flapping, bell=bell), 7)
    assert sum(bell.waits_s) == 0 + 1 + 2 + 4 + 8 + 15


def test_one_that_was_well_for_a_while_is_opened_again_at_once():
    bell = FakeBell()
    tries = [Absent(), Absent(), Camera("one", 400, bell=bell), Camera("two", 1)]
    frames = take(Reopened(Absent(), opener(*tries), bell=bell), 401)
    assert frames[-2:] == [399 % 256, 0]  # nothing between them
    assert sum(bell.waits_s) == 0 + 1 + 2


def test_a_driver_is_given_time_to_let_go():
    bell = FakeBell()
    slow = Camera("one", 1, holds=5)
    source = Reopened(slow, opener(Camera("two", 1)), bell=bell)
    assert take(source, 2) == [0, None, None, None, None, None, 0]


def test_a_driver_that_never_lets_go_needs_a_new_process():
    bell = FakeBell()
    opened = []
    source = Reopened(Camera("one", 1, holds=10**9), lambda: opened.append(1), bell=bell)
    with pytest.raises(StuckCameraError, match="one: its driver hangs"):
        list(source)
    assert bell.time_s - 100 <= 10
    assert opened == []  # it would meet a device that is busy, with ourselves


class Busy(Camera):
    """In use by another program."""

    def __init__(self) -> None:
        super().__init__("one", 0)

    def __iter__(self):
        raise BusyError("one: busy")
        yield


def test_one_that_hung_before_and_stays_busy_hangs_still():
    bell = FakeBell()
    with pytest.raises(StuckCameraError, match="one: its driver still hangs: one: busy"):
        list(Reopened(Busy(), Busy, bell=bell, hung=True))
    assert 30 <= bell.time_s - 100 <= 60


def test_one_that_is_busy_otherwise_is_waited_for():
    bell = FakeBell()
    frames = iter(Reopened(Busy(), Busy, bell=bell))
    assert [next(frames) for _ in range(500)] == [None] * 500
    # It gave frames in between: whoever has it now is another.
    bell = FakeBell()
    frames = iter(Reopened(Camera("one", 1), Busy, bell=bell, hung=True))
    assert [next(frames) is None for _ in range(500)] == [False] + [True] * 499
    # One that is merely gone comes back some day.
    frames = iter(Reopened(Absent(), Absent, bell=FakeBell(), hung=True))
    assert [next(frames) for _ in range(500)] == [None] * 500


@pytest.mark.parametrize("there", [True, False])
def test_waking_ends_it_whether_the_camera_is_there_or_not(there):
    camera = Camera("one", 1, waits=True) if there else Absent()
    source = Reopened(camera, Absent, pauses_s=(3600,))
    seen = []
    thread = threading.Thread(target=lambda: seen.extend(source))
    thread.start()
    source.wake()
    thread.join(10)
    assert not thread.is_alive()
    source.close()
    assert camera.closed >= there


def test_woken_while_it_is_opened_it_reads_nothing():
    bell = FakeBell()
    late = Camera("late", 1)

    def again():
        source.wake()
        return late

    source = Reopened(Absent(), again, bell=bell)
    assert list(source) == []
    source.close()
    assert late.closed == 1


def test_another_error_is_not_hidden():
    class Broken(Camera):
        def __iter__(self):
            raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        list(Reopened(Broken("one", 1), Absent))
