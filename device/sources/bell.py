"""What wakes a thread that waits, for a moment or for good."""

from __future__ import annotations

import queue
import time


class Bell:
    """Wakes the one thread that waits for it. Any thread, and a signal handler, may ring it.

    A signal handler runs in the thread that waits. With a Condition or an Event it could meet
    their lock half taken, and hang or lose its call; SimpleQueue.put is made to be interrupted
    by itself.

    ended: whether nobody is to wait any more.
    """

    def __init__(self) -> None:
        self.ended = False
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        """End one wait: the present one, or else the next."""
        # One ring waiting is enough: more would pile up behind a slow thread.
        if self._rings.empty():
            self._rings.put(None)

    def end(self) -> None:
        """End all waiting, for good."""
        self.ended = True
        self._rings.put(None)

    def wait(self, limit_s: float) -> bool:
        """Wait for a ring, up to ``limit_s`` seconds; tell whether it rang."""
        if self.ended:
            return True
        try:
            self._rings.get(timeout=max(0.0, limit_s))
        except queue.Empty:
            return False
        return True

    def now_s(self) -> float:
        """Return the time by the clock that waiting goes by, in seconds."""
        return time.monotonic()
