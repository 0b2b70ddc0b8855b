"""A recording at its own pace, for people who look on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from device.records import Frame
from device.sources.base import Source
from device.sources.bell import Bell

_TICK_S = 1.0


class Paced(Source):
    """Gives each frame of a recording when its time has come, and not before.

    Where reading takes longer than that the recording waits, and no frame is lost. While the
    next frame's time has not come, None is given about once a second.

    source: the recording. It belongs to this object from now on.
    again: opens the same recording once more; with it, it is played over and over, on a
        clock that goes on. None: once.
    bell: what is waited with.
    """

    def __init__(
        self,
        source: Source,
        again: Callable[[], Source] | None = None,
        *,
        bell: Bell | None = None,
    ) -> None:
        self.name = source.name
        self.continuous = source.continuous
        self._source = source
        self._again = again
        self._bell = bell or Bell()

    def __iter__(self) -> Iterator[Frame | None]:
        """Yield each frame at its time, until the recording's end, ``wake`` or ``close``."""
        now_s = self._bell.now_s
        start_s = now_s()
        for frame in self._frames():
            # Behind time the rest is not hurried through, to catch up.
            start_s = max(start_s, now_s() - frame.time_s - 1.0)
            while (wait_s := start_s + frame.time_s - now_s()) > 0 and not self._bell.ended:
                self._bell.wait(min(wait_s, _TICK_S))
                if wait_s > _TICK_S:
                    yield None
            if self._bell.ended:
                return
            yield frame

    def wake(self) -> None:
        """End the iteration at once, for good; does not wait, safe in a signal handler."""
        self._bell.end()

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
                if frame is not None:
                    times_s = [times_s[1], offset_s + frame.time_s]
                    yield Frame(frame.grey, times_s[1], frame.bgr)
            if self._again is None or times_s[1] == offset_s:  # a picture alone has no pace
                return
            offset_s = 2 * times_s[1] - times_s[0]
            self._source.close()
            self._source = self._again()
