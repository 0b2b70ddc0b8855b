"""A recording at its own pace, for people who look on."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator

from device.records import Frame
from device.sources.base import Source


class Paced(Source):
    """Gives each frame of a recording when its time has come, and not before.

    Where reading takes longer than that the recording waits, and no frame is lost.

    source: the recording. It belongs to this object from now on.
    again: opens the same recording once more; with it, it is played over and over, on a
        clock that goes on. None: once.
    """

    def __init__(self, source: Source, again: Callable[[], Source] | None = None) -> None:
        self.name = source.name
        self.continuous = source.continuous
        self._source = source
        self._again = again
        # As in Newest: a signal handler may ring it in the thread that waits.
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._woken = False

    def __iter__(self) -> Iterator[Frame]:
        """Yield each frame at its time, until the recording's end, ``wake`` or ``close``."""
        start_s = time.monotonic()
        for frame in self._frames():
            # Behind time the rest is not hurried through, to catch up.
            start_s = max(start_s, time.monotonic() - frame.time_s - 1.0)
            self._wait(start_s + frame.time_s - time.monotonic())
            if self._woken:
                return
            yield frame

    def wake(self) -> None:
        """End the iteration at once, for good; does not wait, safe in a signal handler."""
        self._woken = True
        self._bell.put(None)

    def close(self) -> None:
        """End the iteration and let go of the recording."""
        self.wake()
        self._source.close()

    def _frames(self) -> Iterator[Frame]:
        """Yield the frames of all rounds; the next one begins a frame's time after the last."""
        offset_s = 0.0
        while True:
            times_s = [offset_s, offset_s]
            for frame in self._source:
                times_s = [times_s[1], offset_s + frame.time_s]
                yield Frame(frame.grey, times_s[1], frame.bgr)
            if self._again is None or times_s[1] == offset_s:  # a picture alone has no pace
                return
            offset_s = 2 * times_s[1] - times_s[0]
            self._source.close()
            self._source = self._again()

    def _wait(self, time_s: float) -> None:
        if time_s > 0:
            try:
                self._bell.get(timeout=time_s)
            except queue.Empty:
                return  # its time has come
