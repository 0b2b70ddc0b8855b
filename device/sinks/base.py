"""What every sink of readings keeps to."""

from __future__ import annotations

from collections.abc import Sequence

from device.closing import Closing
from device.records import Reading


class Sink(Closing):
    """Takes readings. What was taken is not lost by closing.

    Raises SinkError where it cannot be opened or written to.
    """

    def write(self, readings: Sequence[Reading]) -> None:
        """Take the readings of one moment, one for each face."""
        raise NotImplementedError
