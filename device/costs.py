"""What each stage of the pipe costs, measured while it works."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Costs:
    """The last times of each stage, in seconds.

    keep: how many times of a stage are kept.
    """

    def __init__(self, keep: int = 256) -> None:
        self._keep = keep
        self._times_s: dict[str, deque[float]] = {}

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Measure what is done inside the ``with`` block as one time of ``stage``."""
        began_s = time.perf_counter()
        try:
            yield
        finally:
            times_s = self._times_s.setdefault(stage, deque(maxlen=self._keep))
            times_s.append(time.perf_counter() - began_s)

    def times_s(self) -> dict[str, list[float]]:
        """Return the times of each stage, the stages in the order in which they came first."""
        return {stage: list(times_s) for stage, times_s in self._times_s.items()}
