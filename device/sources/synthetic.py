"""A camera made of pictures in memory, for tests and for machines without one."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Sequence

from device.records import Frame, Grey
from device.sources.base import Source


class Synthetic(Source):
    """Shows ``pictures`` over and over, ``rate_hz`` a second, as a camera would.

    pictures: uint8 (height, width) each, at least one.
    frames: how many frames to give in all; None for no end.

    Raises ValueError without pictures.
    """

    live = True
    name = "synthetic camera"

    def __init__(
        self, pictures: Sequence[Grey], *, rate_hz: float = 15.0, frames: int | None = None
    ) -> None:
        if not pictures:
            raise ValueError("a synthetic camera needs at least one picture")
        self._pictures = pictures
        self._period_s = 1 / rate_hz
        self._frames = frames
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        """Yield each picture when its time has come, until closed."""
        start_s = time.monotonic()
        counter = itertools.count() if self._frames is None else range(self._frames)
        for index in counter:
            due_s = start_s + index * self._period_s
            if self._closed.wait(max(0.0, due_s - time.monotonic())):
                return
            yield Frame(self._pictures[index % len(self._pictures)], time.monotonic())

    def close(self) -> None:
        """End the iteration, also one that waits in another thread."""
        self._closed.set()
