"""Clocks that a test sets."""

from device.history.wall import Wall

DAY_S = 86400.0
NOW_S = 1_800_000_000.0  # in January 2027


class Clocks:
    """A wall clock, and one that nobody sets."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s
        self.monotonic_s = 1000.0
        self.wall = Wall(lambda: self.now_s, lambda: self.monotonic_s)

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds
        self.monotonic_s += seconds
