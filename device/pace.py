"""When to look at a frame, and which faces are due."""

from __future__ import annotations

import math
from collections.abc import Sequence

from device.records import Reading


class Pace:
    """Says which frames are looked at, and which readings go out.

    look_hz: frames a second, of the source's clock, that are looked at, at most.
    rate_hz: how often a second each face's reading goes out, counted from the first frame.
    """

    def __init__(self, *, rate_hz: float, look_hz: float) -> None:
        self._rate_hz = rate_hz
        self._look_s = 1 / max(look_hz, rate_hz)
        self._start_s = math.nan
        self._looked_s = -math.inf
        self._period = -1
        self._done: set[int] = set()

    def look(self, time_s: float) -> bool:
        """Tell whether to look at the frame taken at ``time_s``."""
        # Frame times are rounded: 0.0999999 after the last is a tenth of a second. After
        # the clock was set back the pace begins anew.
        if 0 <= time_s - self._looked_s < self._look_s - 1e-4:
            return False
        self._looked_s = time_s
        return True

    def due(self, readings: Sequence[Reading], time_s: float) -> list[Reading]:
        """Return those of ``readings`` that are due in this period, and note them as done."""
        if math.isnan(self._start_s):
            self._start_s = time_s
        period = math.floor((time_s - self._start_s) * self._rate_hz + 1e-6)
        if period != self._period:
            self._period = period
            self._done.clear()
        due = [reading for reading in readings if reading.face.id not in self._done]
        self._done.update(reading.face.id for reading in due)
        return due
