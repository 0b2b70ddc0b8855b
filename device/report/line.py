"""A line of a log, as far as it counts."""

from __future__ import annotations

from datetime import datetime

import msgspec

# A clock that was never set says 1970; Mien is younger than this. Nor is it in use so late.
_YEARS = range(2020, 2200)


class Line(msgspec.Struct):
    """What counts in a line of the log; see ``device.sinks.fields.as_dict``."""

    time: datetime
    media_time_s: float
    face: int
    emotion: str
    still: bool = False
    # What an earlier version did not write.
    monotonic_s: float = 0.0
    clock_synchronised: bool | None = None
    boot: str = ""

    @property
    def is_dated(self) -> bool:
        """Whether its time may be one: a clock that was never set says 1970."""
        return self.time.year in _YEARS
