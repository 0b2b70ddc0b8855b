"""The session's statistics, from what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from device.records import Frame, Reading
from device.sinks.base import Sink


class Counts(Protocol):
    """What counts what is seen: ``device.sessions.Sessions``."""

    def see(self, readings: Sequence[Reading], time_s: float) -> None:
        """Take what was seen in the frame of ``time_s`` on the source's clock."""

    def pulse(self) -> object:
        """Return what differs while the history is written; None while nothing is."""


class Statistics(Sink):
    """Has ``counts`` count every frame that is looked at.

    ``counts`` belongs to whoever opened it, and is not closed here.
    """

    name = "statistics"
    curable = False  # what a card does not take is kept

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Count what is seen."""
        self._counts.see(readings, frame.time_s)

    def pulse(self) -> object:
        """Return what differs while the history is written; None while nothing is."""
        return self._counts.pulse()

    def write(self, readings: Sequence[Reading]) -> None:
        """Do nothing: each of them was seen before."""
