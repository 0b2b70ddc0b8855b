"""What is seen now: one slot that the pipeline fills, and that the page looks into."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from device.records import Frame, Reading

NO_PICTURE_AFTER_S = 2.0
# The frame rate is of these last seconds.
_RATE_OVER_S = 3.0


@dataclass(frozen=True, eq=False)
class Seen:
    """A frame that was looked at; ``number`` counts them from 1, ``at_s`` is monotonic."""

    number: int
    at_s: float
    frame: Frame
    readings: Sequence[Reading]


class Present:
    """The newest frame with its readings, and how many there have been.

    The pipeline's thread calls ``put`` and ``count``, which wait for nothing. All else
    belongs to the event loop that ``newer`` is called in, or only reads.
    """

    def __init__(self) -> None:
        self.seen: Seen | None = None
        self.readings: Counter[str] = Counter()
        self._times_s: deque[float] = deque(maxlen=256)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting = 0
        self._came = asyncio.Event()

    @property
    def frames(self) -> int:
        """How many frames were looked at."""
        return self.seen.number if self.seen else 0

    def put(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Take the newest frame, and wake those who wait for it, if anybody does."""
        now_s = time.monotonic()
        self._times_s.append(now_s)
        self.seen = Seen(self.frames + 1, now_s, frame, readings)
        if self._waiting and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._ring)
            except RuntimeError:  # the page is being closed
                self._loop = None

    def count(self, readings: Sequence[Reading]) -> None:
        """Count readings that were due, by emotion."""
        self.readings.update(reading.emotion for reading in readings)

    def age_s(self) -> float | None:
        """Return how old the newest frame is; None before the first."""
        return time.monotonic() - self.seen.at_s if self.seen else None

    def shown(self) -> Seen | None:
        """Return the newest frame, unless it is too old to be called the present."""
        age_s = self.age_s()
        return None if age_s is None or age_s > NO_PICTURE_AFTER_S else self.seen

    def rate_hz(self) -> float:
        """Return how many frames a second are looked at, of late."""
        now_s = time.monotonic()
        times_s = [time_s for time_s in self._times_s.copy() if now_s - time_s <= _RATE_OVER_S]
        span_s = times_s[-1] - times_s[0] if times_s else 0.0
        return (len(times_s) - 1) / span_s if span_s > 0 else 0.0

    async def newer(self, number: int, limit_s: float) -> Seen | None:
        """Wait for a frame after ``number``; None where none comes within ``limit_s``."""
        self._loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            async with asyncio.timeout(limit_s):
                while self.seen is None or self.seen.number <= number:
                    await self._came.wait()
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1
        return self.seen

    def _ring(self) -> None:
        came, self._came = self._came, asyncio.Event()
        came.set()
