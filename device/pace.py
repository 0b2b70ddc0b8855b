"""When to look at a frame, and which faces are due."""

from __future__ import annotations

import math
from collections.abc import Sequence

from device.records import Reading


class Pace:
    """Says which frames are looked at, and which readings go out.

    look_hz: frames a second, of the source's clock, that are looked at, at most; not fewer
        than ``rate_hz``.
    rate_hz: how often a second each face's reading goes out, counted from the first frame.
    """

    def __init__(self, *, rate_hz: float, look_hz: float) -> None:
        self._rate_hz = rate_hz
        self._look_s = 1 / max(look_hz, rate_hz)
        self._start_s = math.nan
        self._next_look_s = math.nan
        self._period = -1
        self._done: set[int] = set()

    def look(self, time_s: float) -> bool:
        """Tell whether to look at the frame taken at ``time_s``."""
        late_s = time_s - self._next_look_s
        # At first, after a gap, and after the clock was set back the turns begin anew.
        if not -2 * self._look_s < late_s < self._look_s:
            self._next_look_s = time_s + self._look_s
            return True
        # A frame that is a little early for its turn is taken: cameras are not punctual.
        if late_s < -self._look_s / 10:
            return False
        # Turns stand in a row, whichever frame came for each: counted from frame to frame,
        # 10 looks a second at a camera of 15 frames a second would be 7.5.
        self._next_look_s += self._look_s
        return True

    def due(self, readings: Sequence[Reading], time_s: float) -> list[Reading]:
        """Return those of ``readings`` that are due in this period, and note them as done."""
        if math.isnan(self._start_s):
            self._start_s = time_s
        period = math.floor((time_s - self._start_s) * self._rate_hz + 1e-6)
        # A clock that trembles at the edge of a period does not begin it twice.
        if period > self._period or period < self._period - 1:
            self._period = period
            self._done.clear()
        due = [reading for reading in readings if reading.face.id not in self._done]
        self._done.update(reading.face.id for reading in due)
        return due
