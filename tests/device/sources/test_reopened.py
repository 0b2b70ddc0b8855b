import logging
import threading

import numpy as np
import pytest

from device.errors import SourceError
from device.records import Frame
from device.sources.base import Source
from device.sources.reopened import Reopened


class Camera(Source):
    """Gives so many frames, then fails; or waits until it is woken."""

    live = True

    def __init__(self, name: str, frames: int, *, waits: bool = False) -> None:
        self.name, self.frames, self.waits = name, frames, waits
        self.closed = 0
        self.woken = threading.Event()

    def __iter__(self):
        for index in range(self.frames):
            yield Frame(np.full((4, 4), index, np.uint8), float(index))
        if self.waits:
            assert self.woken.wait(10)
            return
        raise SourceError(f"{self.name}: unplugged: plug it in again")

    def wake(self):
        self.woken.set()

    def close(self):
        self.closed += 1


def opener(*answers):
    """Gives one answer after another: a camera, or an error that is raised."""
    waiting = iter(answers)

    def open_camera():
        answer = next(waiting)
        if isinstance(answer, SourceError):
            raise answer
        return answer

    return open_camera


def test_frames_go_on_when_the_camera_is_there_again(caplog):
    caplog.set_level(logging.WARNING)
    first, second = Camera("one", 2), Camera("two", 1, waits=True)
    gone = SourceError("no camera found: connect one")
    source = Reopened(opener(first, gone, gone, second), pauses_s=(0,))
    assert (source.name, source.live) == ("one", True)
    frames = []
    for frame in source:
        frames.append(frame)
        if len(frames) == 3:
            source.wake()
    assert [int(frame.grey[0, 0]) for frame in frames] == [0, 1, 0]
    assert (first.closed, source.name) == (1, "two")
    assert caplog.messages == [
        "one: unplugged: plug it in again; it is looked for again and again",
        "two: there again",
    ]


def test_a_camera_that_was_never_there_is_waited_for(caplog):
    gone = SourceError("no camera found: connect one")
    source = Reopened(opener(gone, gone, Camera("late", 1, waits=True)), pauses_s=(0,))
    assert int(next(iter(source)).grey[0, 0]) == 0
    assert caplog.messages[0].startswith("no camera found")


def test_pauses_grow_up_to_the_last(monkeypatch):
    gone = SourceError("gone")
    source = Reopened(opener(*[gone] * 5, Camera("late", 1, waits=True)), pauses_s=(1, 2, 7))
    waited = []

    class Bell:
        def get(self, timeout):
            waited.append(timeout)

    monkeypatch.setattr(source, "_bell", Bell())
    next(iter(source))
    assert waited == [1, 2, 7, 7, 7]


@pytest.mark.parametrize("there", [True, False])
def test_waking_ends_it_whether_the_camera_is_there_or_not(there):
    camera = Camera("one", 1, waits=True)
    answers = [camera] if there else [SourceError("gone")]
    source = Reopened(opener(*answers), pauses_s=(3600,))
    seen = []
    thread = threading.Thread(target=lambda: seen.extend(source))
    thread.start()
    source.wake()
    thread.join(10)
    assert not thread.is_alive()
    source.close()
    assert camera.closed >= there


def test_another_error_is_not_hidden():
    class Broken(Camera):
        def __iter__(self):
            raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        list(Reopened(opener(Broken("one", 1)), pauses_s=(0,)))
