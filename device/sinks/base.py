"""What every sink of readings keeps to."""

from __future__ import annotations

from collections.abc import Sequence

from device.closing import Closing
from device.records import Frame, Reading


class Sink(Closing):
    """Takes readings. What was taken is not lost by closing.

    name: what it is, for people.
    patience_s: how long its worker may show the same pulse, in seconds, until it is said to hang.
    curable: whether a new process gives it back where its worker hangs. A card that hangs does
        so for any process.

    Raises SinkError where it cannot be opened or written to.
    """

    name: str = "sink"
    patience_s: float = 20.0
    curable: bool = True

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Take what was seen in ``frame``, many times a second: each face there, if any.

        A sink that shows the present moment needs it; others need not do anything here.
        """

    def idle(self) -> None:
        """Note that no frame has come for about a second; called again while none comes.

        A sink that has something to finish in time does it here as well as in ``see``.
        """

    def pulse(self) -> object:
        """Return what differs from time to time while this sink's own worker moves.

        None where it has no worker, or the worker waits for something to do. Any value will
        do, such as a count of the worker's turns. It is asked for each second, by the thread
        that reads, and must wait for nothing.
        """
        return None

    def write(self, readings: Sequence[Reading]) -> None:
        """Take the readings that are due, at most one for each face."""
        raise NotImplementedError
