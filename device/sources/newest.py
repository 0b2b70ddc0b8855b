"""The newest frame of a live source, so that a slow stage never makes the picture lag."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator

from device.costs import Costs
from device.errors import SourceError
from device.records import Frame
from device.sources.base import Source

_log = logging.getLogger(__name__)


class Newest(Source):
    """Reads ``source`` in a thread of its own and gives the newest frame not yet given.

    Frames that nobody took in time are dropped. One thread iterates. Any
    thread, and a signal handler, may call ``wake`` to end the iteration at
    once; then ``close``, or leaving the ``with`` block, stops the thread:

        with Newest(Webcam(0)) as source:
            signal.signal(signal.SIGTERM, lambda *_: source.wake())
            for frame in source:
                ...

    source: a live source. It belongs to this object from now on: only the
        capture thread reads and closes it, since a driver that is closed in
        the middle of a read may crash.
    limit_s: how long to wait for a frame before giving up, in seconds.
    join_s: how long ``close`` waits for the thread, in seconds.
    costs: where what each frame takes is noted.

    Iterating raises SourceError where no frame comes for ``limit_s``, and
    whatever error the wrapped source raises, after its last good frame.
    """

    live = True

    def __init__(
        self,
        source: Source,
        *,
        limit_s: float = 5.0,
        join_s: float = 1.0,
        costs: Costs | None = None,
    ) -> None:
        self._costs = costs or Costs()
        self.name = source.name
        self._source = source
        self._limit_s = limit_s
        self._join_s = join_s
        self._slot: deque[Frame] = deque(maxlen=1)
        # A signal handler runs in the thread that waits. With a Condition or an
        # Event it could meet their lock half taken, and hang or lose its call;
        # SimpleQueue.put is made to be interrupted by itself.
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._woken = False
        self._ended = False
        self._error: Exception | None = None
        self._told = False
        # A driver can hang for good; a daemon thread does not keep the process.
        self._thread = threading.Thread(
            target=self._capture, name=f"capture {source.name}", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[Frame]:
        """Yield the newest frame each time, until ``wake``, ``close`` or the source's end."""
        while (frame := self._next()) is not None:
            yield frame

    def wake(self) -> None:
        """End the iteration at once, for good; does not wait, safe in a signal handler."""
        self._woken = True
        self._bell.put(None)

    def close(self) -> None:
        """Stop the thread, which closes the wrapped source; wait for it up to ``join_s``."""
        self.wake()
        self._thread.join(self._join_s)
        if self._thread.is_alive():
            _log.warning("%s: still busy %.1f s after closing", self.name, self._join_s)
        elif self._error is not None and not self._told:
            self._told = True
            _log.warning("%s: failed while closing: %s", self.name, self._error)

    def _next(self) -> Frame | None:
        """Wait for a frame; None where there will be no more."""
        deadline_s = time.monotonic() + self._limit_s
        while not self._woken:
            # Read before the slot: the last frame is put there before the end is known.
            ended = self._ended
            if self._slot:
                return self._slot.pop()
            if ended:
                self._raise_error()
                return None
            self._wait(deadline_s - time.monotonic())
        return None

    def _wait(self, remaining_s: float) -> None:
        """Wait for the bell; it may have rung for a frame that was given already."""
        try:
            self._bell.get(timeout=max(0.0, remaining_s))
        except queue.Empty:
            raise SourceError(
                f"{self.name}: no frame for {self._limit_s:g} s: check its cable and its power"
            ) from None

    def _raise_error(self) -> None:
        """Raise what ended the capture thread, if an error did."""
        if self._error is not None:
            self._told = True
            raise self._error

    def _capture(self) -> None:
        """Put each frame in the slot until woken; runs in the capture thread."""
        try:
            with self._source as source:
                for frame in self._costs.each("capture", source):
                    if self._woken:
                        break
                    self._slot.append(frame)
                    # One ring waiting is enough: who hears it looks in the slot
                    # afterwards. More would pile up behind a slow reader.
                    if self._bell.empty():
                        self._bell.put(None)
        except Exception as error:
            self._error = error  # raised to the reader, or logged by close
        finally:
            self._ended = True
            self._bell.put(None)
