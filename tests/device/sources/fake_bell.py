"""A clock that goes on only where somebody waits: no test sleeps."""

from device.sources.bell import Bell


class FakeBell(Bell):
    """Every wait ends at once, and its time has gone by.

    time_s: what the clock shows, to be changed by the test as well.
    waits_s: how long was waited each time.
    """

    def __init__(self, start_s: float = 100.0) -> None:
        super().__init__()
        self.time_s = start_s
        self.waits_s: list[float] = []

    def wait(self, limit_s: float) -> bool:
        self.waits_s.append(limit_s)
        self.time_s += max(0.0, limit_s)
        return self.ended

    def now_s(self) -> float:
        return self.time_s
