"""The newest frame of a live source, so that a slow stage never makes the picture lag."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from device.costs import Costs
from device.errors import SourceError
from device.records import Frame
from device.sources.base import Source
from device.sources.bell import Bell

_log = logging.getLogger(__name__)


class Newest(Source):
    """Opens and reads a source in a thread of its own; gives the newest frame not yet given.

    Frames that nobody took in time are dropped; None is given about once a second while none
    comes. One thread iterates. Any thread, and a signal handler, may call ``wake`` to end the
    iteration at once; then ``close``, or leaving the ``with`` block, stops the thread:

        with Newest(lambda: Webcam(0)) as source:
            signal.signal(signal.SIGTERM, lambda *_: source.wake())
            for frame in source:
                ...

    open_source: opens a live source. It belongs to this object: only the capture thread
        opens, reads and closes it, since each of them may hang in a driver, and one that is
        closed in the middle of a read may crash.
    open_limit_s: how long opening may take before it is given up, in seconds.
    limit_s: how long to wait for a frame before giving up, in seconds: longer than the source
        itself, which knows better what is wrong, so that this is for one that hangs.
    join_s: how long ``close`` waits for the thread, in seconds.
    tick_s: how often None is given, in seconds.
    costs: where what each frame takes is noted.

    Iterating raises SourceError where it is not opened, or no frame comes, in time, and
    whatever error the wrapped source raises, after its last good frame.
    """

    live = True

    def __init__(
        self,
        open_source: Callable[[], Source],
        *,
        open_limit_s: float = 15.0,
        limit_s: float = 8.0,
        join_s: float = 1.0,
        tick_s: float = 1.0,
        costs: Costs | None = None,
    ) -> None:
        self._costs = costs or Costs()
        self.name = "camera"
        self._open_source = open_source
        self._open_limit_s = open_limit_s
        self._limit_s = limit_s
        self._join_s = join_s
        self._tick_s = tick_s
        self._slot: deque[Frame] = deque(maxlen=1)
        self._bell = Bell()
        # When the thread began to open it, then when it was open, on the monotonic clock.
        self._began_s = time.monotonic()
        self._opened_s: float | None = None
        self._ended = False
        self._error: Exception | None = None
        self._told = False
        self._told_busy = False
        # A driver can hang for good; a daemon thread does not keep the process.
        self._thread = threading.Thread(target=self._capture, name="capture", daemon=True)
        self._thread.start()

    @property
    def let_go(self) -> bool:
        """Whether the thread has ended, which lets go of the source."""
        return not self._thread.is_alive()

    def opened(self, limit_s: float = math.inf) -> None:
        """Wait until it is open, up to ``limit_s`` seconds.

        Raises SourceError where it cannot be opened, or takes longer than it may.
        """
        until_s = min(limit_s, self._open_limit_s) + time.monotonic()
        while self._opened_s is None and not (self._ended or self._bell.ended):
            if not self._bell.wait(until_s - time.monotonic()):
                self._give_up_late(self._began_s)
                return
        if self._opened_s is None:
            self._raise_error()

    def __iter__(self) -> Iterator[Frame | None]:
        """Yield the newest frame each time, until ``wake``, ``close`` or the source's end."""
        taken_s = -math.inf
        while not self._bell.ended:
            # Read before the slot: the last frame is put there before the end is known.
            ended = self._ended
            if self._slot:
                yield self._slot.pop()
                taken_s = time.monotonic()
            elif ended:
                self._raise_error()
                return
            elif not self._bell.wait(min(self._tick_s, self._left_s(taken_s))):
                self._give_up_late(taken_s)
                yield None

    def wake(self) -> None:
        """End the iteration at once, for good; does not wait, safe in a signal handler."""
        self._bell.end()

    def close(self) -> None:
        """Stop the thread, which closes the wrapped source; wait for it up to ``join_s``."""
        self.wake()
        self._thread.join(self._join_s)
        if self._thread.is_alive() and not self._told_busy:
            self._told_busy = True
            _log.warning("%s: still busy %.1f s after closing", self.name, self._join_s)
        elif self._error is not None and not self._told:
            self._told = True
            _log.warning("%s: failed while closing: %s", self.name, self._error)

    def _left_s(self, taken_s: float) -> float:
        """Return how long may still be waited, where the last frame was taken at ``taken_s``."""
        now_s = time.monotonic()
        if self._opened_s is None:
            return self._open_limit_s - (now_s - self._began_s)
        return self._limit_s - (now_s - max(taken_s, self._opened_s))

    def _give_up_late(self, taken_s: float) -> None:
        """Raise SourceError where it has been waited long enough."""
        if self._left_s(taken_s) > 0:
            return
        if self._opened_s is None:
            raise SourceError(
                f"{self.name}: does not answer: not open after {self._open_limit_s:g} s: "
                "check its cable and its power"
            )
        raise SourceError(
            f"{self.name}: no frame for {self._limit_s:g} s: check its cable and its power"
        )

    def _raise_error(self) -> None:
        """Raise what ended the capture thread, if an error did."""
        if self._error is not None:
            self._told = True
            raise self._error

    def _capture(self) -> None:
        """Open the source, and put each frame in the slot until woken; the thread's own."""
        try:
            with self._open_source() as source:
                self.name = source.name
                threading.current_thread().name = f"capture {source.name}"
                self._opened_s = time.monotonic()
                self._bell.ring()
                self._read(source)
        except Exception as error:
            self._error = error  # raised to the reader, or logged by close
        finally:
            self._ended = True
            self._bell.ring()

    def _read(self, source: Source) -> None:
        for frame in () if self._bell.ended else self._costs.each("capture", source):
            if self._bell.ended:
                break
            if frame is not None:
                self._slot.append(frame)
                self._bell.ring()
