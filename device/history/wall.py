"""The wall clock, which may be wrong: a Raspberry Pi has none that runs while it is off."""

from __future__ import annotations

import time
from collections.abc import Callable

# Clocks that are corrected all the time are not set.
_SET_BY_S = 60.0
# A clock that was wrong at the start is usually set within minutes. Where it says that the
# device was off for long it may have been, or the clock is wrong for good.
_SETTLED_S = 600.0
_OFF_S = 31 * 86400.0
_SETTLED_AFTER_LONG_S = 86400.0


class Wall:
    """Tells the time, and whether it can be believed enough to throw something away by it.

    clock: seconds since 1970, as ``time.time``.
    monotonic: seconds on a clock that nobody sets, as ``time.monotonic``.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._steady_since_s = monotonic()
        self._ahead_s = self.ahead_s()
        self._known_s = 0.0

    def now_s(self) -> float:
        """Return the time in seconds since 1970."""
        return self._clock()

    def monotonic_s(self) -> float:
        """Return seconds on the clock that nobody sets."""
        return self._monotonic()

    def ahead_s(self) -> float:
        """Return how far it is ahead of the monotonic clock: that changes where it is set."""
        return self._clock() - self._monotonic()

    def know(self, time_s: float) -> None:
        """Note a time that is over: something was written then."""
        self._known_s = max(self._known_s, time_s)

    def believed(self) -> bool:
        """Tell whether it was not set for a while, longer after a jump of months."""
        ahead_s = self.ahead_s()
        if abs(ahead_s - self._ahead_s) > _SET_BY_S:
            self._steady_since_s = self._monotonic()
        self._ahead_s = ahead_s
        long_off = self._clock() > self._known_s + _OFF_S
        needed_s = _SETTLED_AFTER_LONG_S if long_off else _SETTLED_S
        settled = self._monotonic() - self._steady_since_s >= needed_s
        if settled:
            self.know(self._clock())
        return settled
