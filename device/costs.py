"""What each stage of the pipe costs, measured while it works."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


class Costs:
    """The last times of each stage, in seconds.

    keep: how many times of a stage are kept; None: all.
    """

    def __init__(self, keep: int | None = 256) -> None:
        self._keep = keep
        self._times_s: dict[str, deque[float]] = {}
        # Of the stages that are under way, what was spent in others within them.
        self._within_s: list[float] = []

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Measure what is done inside the ``with`` block as one time of ``stage``.

        What a stage within it takes is not counted twice. For one thread only.
        """
        began_s = time.perf_counter()
        self._within_s.append(0.0)
        try:
            yield
        finally:
            took_s = time.perf_counter() - began_s
            self.note(stage, took_s - self._within_s.pop())
            if self._within_s:
                self._within_s[-1] += took_s

    def each(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """Yield ``items``; the processor time to get each is a time of ``stage``.

        Waiting, for a camera's next frame, costs nothing.
        """
        iterator = iter(items)
        while True:
            began_s = time.thread_time()
            try:
                item = next(iterator)
            except StopIteration:
                return
            self.note(stage, time.thread_time() - began_s)
            yield item

    def times_s(self) -> dict[str, list[float]]:
        """Return the times of each stage, the stages in the order in which they came first."""
        # Copied whole first: another thread may note a new stage meanwhile.
        return {stage: list(times_s) for stage, times_s in self._times_s.copy().items()}

    def note(self, stage: str, time_s: float) -> None:
        """Note one time of ``stage``; any thread may."""
        self._times_s.setdefault(stage, deque(maxlen=self._keep)).append(time_s)
