"""What device.sources.newest promises: the newest frame, and an end at once."""

import logging
import signal
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from device.errors import SourceError
from device.records import Frame
from device.sources.base import Source
from device.sources.newest import Newest

PATIENCE_S = 20.0  # only a broken Newest ever waits this long


def frame(number: int) -> Frame:
    return Frame(np.full((2, 2), number, np.uint8), float(number))


class Scripted(Source):
    """Gives a frame each time the test allows one, then ends, fails or hangs."""

    live = True
    name = "scripted camera"

    def __init__(self, count: int, *, error: Exception | None = None, hang: bool = False) -> None:
        self.count = count
        self.error = error
        self.hang = hang
        self.allowed = threading.Semaphore(0)
        self.hanging = threading.Event()
        self.released = threading.Event()
        self.reader = ""
        self.closed_by: list[str] = []

    def __iter__(self) -> Iterator[Frame]:
        self.reader = threading.current_thread().name
        for number in range(self.count):
            assert self.allowed.acquire(timeout=PATIENCE_S)
            yield frame(number)
        if self.error:
            raise self.error
        if self.hang:
            self.hanging.set()
            assert self.released.wait(PATIENCE_S)

    def allow(self, count: int) -> None:
        self.allowed.release(count)

    def close(self) -> None:
        self.closed_by.append(threading.current_thread().name)


def test_is_a_live_source_with_the_name_of_the_wrapped_one() -> None:
    with Newest(lambda: Scripted(0)) as source:
        source.opened(PATIENCE_S)
        assert source.live
        assert source.name == "scripted camera"


def test_gives_each_frame_to_a_fast_reader() -> None:
    camera = Scripted(3)
    camera.allow(1)
    times_s = []
    with Newest(lambda: camera, limit_s=PATIENCE_S) as source:
        for taken in source:
            times_s.append(taken.time_s)
            camera.allow(1)
    assert times_s == [0.0, 1.0, 2.0]


def test_a_slow_reader_gets_the_newest_frame_and_each_only_once() -> None:
    camera = Scripted(50, hang=True)
    with Newest(lambda: camera, limit_s=PATIENCE_S) as source:
        frames = iter(source)
        camera.allow(1)
        assert next(frames).time_s == 0.0
        camera.allow(49)  # all of them pass while the reader is away
        assert camera.hanging.wait(PATIENCE_S)
        assert next(frames).time_s == 49.0
        camera.released.set()
        assert list(frames) == []


def test_the_last_frame_is_given_before_the_end() -> None:
    camera = Scripted(5)
    camera.allow(5)
    source = Newest(lambda: camera, limit_s=PATIENCE_S)
    source._thread.join(PATIENCE_S)
    assert [taken.time_s for taken in source] == [4.0]
    source.close()


def test_an_error_of_the_source_reaches_the_reader_after_the_last_frame() -> None:
    camera = Scripted(1, error=SourceError("unplugged"))
    camera.allow(1)
    with Newest(lambda: camera, limit_s=PATIENCE_S) as source:
        frames = iter(source)
        assert next(frames).time_s == 0.0
        with pytest.raises(SourceError, match="unplugged"):
            next(frames)
        with pytest.raises(SourceError, match="unplugged"):
            next(iter(source))


def test_the_source_is_read_and_closed_in_a_named_thread_that_ends() -> None:
    camera = Scripted(1)
    camera.allow(1)
    with Newest(lambda: camera, limit_s=PATIENCE_S) as source:
        assert len(list(source)) == 1
    assert camera.reader == "capture scripted camera"
    assert camera.closed_by == ["capture scripted camera"]
    assert "capture scripted camera" not in [thread.name for thread in threading.enumerate()]


def test_the_source_is_let_go_of_as_soon_as_it_fails() -> None:
    camera = Scripted(0, error=SourceError("unplugged"))
    source = Newest(lambda: camera)
    source._thread.join(PATIENCE_S)
    assert camera.closed_by
    with pytest.raises(SourceError, match="unplugged"):
        list(source)
    source.close()


def test_no_frame_for_too_long_is_an_error_that_says_so() -> None:
    camera = Scripted(0, hang=True)
    with Newest(lambda: camera, limit_s=0.01) as source:
        with pytest.raises(SourceError, match=r"scripted camera: no frame for 0\.01 s"):
            next(iter(source))
        camera.released.set()


@pytest.mark.parametrize("how", ["wake", "close"])
def test_a_waiting_reader_ends_when_another_thread_says_so(how: str) -> None:
    camera = Scripted(1, hang=True)
    camera.allow(1)
    source = Newest(lambda: camera, limit_s=PATIENCE_S, join_s=PATIENCE_S)
    taken: list[float] = []
    reader = threading.Thread(target=lambda: taken.extend(one.time_s for one in source))
    reader.start()
    assert camera.hanging.wait(PATIENCE_S)
    other = threading.Thread(target=getattr(source, how))
    other.start()
    reader.join(PATIENCE_S / 2)
    assert not reader.is_alive()
    assert taken in ([0.0], [])  # it may be told before it took the frame
    camera.released.set()
    other.join(PATIENCE_S)
    source.close()


def test_a_waiting_reader_ends_when_a_signal_arrives_in_its_own_thread() -> None:
    camera = Scripted(0, hang=True)
    main = threading.main_thread().ident
    assert main is not None
    with Newest(lambda: camera, limit_s=PATIENCE_S) as source:
        before = signal.signal(signal.SIGTERM, lambda *_: source.wake())
        try:
            camera.hanging.wait(PATIENCE_S)
            sender = threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGTERM))
            sender.start()
            assert list(source) == []
            sender.join(PATIENCE_S)
        finally:
            signal.signal(signal.SIGTERM, before)
        camera.released.set()


def test_woken_before_the_reader_comes_it_gives_nothing() -> None:
    camera = Scripted(1)
    camera.allow(1)
    with Newest(lambda: camera) as source:
        source.wake()
        assert list(source) == []


class Endless(Source):
    """Gives frames for as long as somebody takes them."""

    name = "endless camera"

    def __iter__(self) -> Iterator[Frame]:
        while True:
            yield frame(1)


def test_the_thread_ends_though_the_camera_goes_on() -> None:
    source = Newest(lambda: Endless())
    source.wake()
    source._thread.join(PATIENCE_S / 10)
    assert not source._thread.is_alive()
    source.close()


def test_close_waits_for_the_thread_within_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Newest(lambda: Scripted(0), join_s=PATIENCE_S)
    limits_s: list[float | None] = []
    join = source._thread.join

    def spy(limit_s: float | None = None) -> None:
        limits_s.append(limit_s)
        join(limit_s)

    monkeypatch.setattr(source._thread, "join", spy)
    source.close()
    assert limits_s == [PATIENCE_S]
    assert not source._thread.is_alive()


def test_close_may_be_called_again() -> None:
    camera = Scripted(0)
    source = Newest(lambda: camera)
    source.close()
    source.close()
    assert len(camera.closed_by) == 1
    assert list(source) == []


def test_close_gives_up_on_a_driver_that_hangs_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = Scripted(0, hang=True)
    source = Newest(lambda: camera, join_s=0.01)
    assert camera.hanging.wait(PATIENCE_S)
    with caplog.at_level(logging.WARNING):
        source.close()
        source.close()
    assert caplog.text.count("scripted camera: still busy") == 1
    assert camera.closed_by == []  # never by another thread, in the middle of a read
    camera.released.set()
    source._thread.join(PATIENCE_S)
    assert camera.closed_by == ["capture scripted camera"]


def test_an_error_that_nobody_was_told_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    source = Newest(lambda: Scripted(0, error=SourceError("unplugged")))
    with caplog.at_level(logging.WARNING):
        source.close()
        source.close()
    assert caplog.text.count("failed while closing: unplugged") == 1


def test_while_no_frame_comes_it_says_so_again_and_again() -> None:
    camera = Scripted(1, hang=True)
    with Newest(lambda: camera, limit_s=PATIENCE_S, tick_s=0.01) as source:
        frames = iter(source)
        assert [next(frames), next(frames)] == [None, None]
        camera.allow(1)
        assert next(taken for taken in frames if taken is not None).time_s == 0.0
        assert next(frames) is None
        camera.released.set()
        assert [taken for taken in frames if taken is not None] == []


class SlowToOpen:
    """Opens a camera when the test lets it."""

    def __init__(self, camera: Source) -> None:
        self.camera = camera
        self.may = threading.Event()

    def __call__(self) -> Source:
        assert self.may.wait(PATIENCE_S)
        return self.camera


def test_an_opening_that_hangs_is_found_and_holds_nobody_up() -> None:
    opening = SlowToOpen(Scripted(0))
    source = Newest(opening, open_limit_s=0.05, tick_s=0.01, join_s=0.01)
    seen: list[Frame | None] = []
    with pytest.raises(SourceError, match=r"not open after 0\.05 s"):
        seen.extend(source)
    assert set(seen) <= {None}
    source.close()
    assert not source.let_go
    opening.may.set()
    source._thread.join(PATIENCE_S)
    assert source.let_go
    assert opening.camera.closed_by == ["capture scripted camera"]


def test_who_waits_for_the_opening_is_told_what_is_wrong() -> None:
    def refuse() -> Source:
        raise SourceError("no such camera")

    with Newest(refuse) as source, pytest.raises(SourceError, match="no such camera"):
        source.opened()
    opening = SlowToOpen(Scripted(0))
    with Newest(opening, open_limit_s=0.01) as source:
        with pytest.raises(SourceError, match="not open after"):
            source.opened()
        opening.may.set()


def test_who_waits_for_the_opening_for_a_while_only_goes_on() -> None:
    camera = Scripted(1)
    camera.allow(1)
    opening = SlowToOpen(camera)
    with Newest(opening, open_limit_s=PATIENCE_S) as source:
        source.opened(0.01)
        assert source.name == "camera"
        opening.may.set()
        source.opened()
        assert source.name == "scripted camera"
        assert [taken.time_s for taken in source] == [0.0]
