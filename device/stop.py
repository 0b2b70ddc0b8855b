"""How the program is asked to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Stop(threading.Event):
    """An event that also wakes whoever waits for a frame when it is set.

    Whoever loops looks at ``is_set``. Nobody may ``wait`` for it in the main
    thread: a signal handler sets it there, and would meet its lock half taken.
    """

    def __init__(self) -> None:
        super().__init__()
        self._wake: Callable[[], None] | None = None
        self._asked = False

    def set(self) -> None:
        """Ask for the end. Any thread, and a signal handler, may call it."""
        # A second signal may come while the first one's handler holds the event's lock.
        if self._asked:
            return
        self._asked = True
        super().set()
        if self._wake is not None:
            self._wake()

    def wakes(self, wake: Callable[[], None]) -> None:
        """Have ``wake`` called at the end; at once where it was asked for already."""
        self._wake = wake
        if self.is_set():
            wake()


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Within the block SIGINT and SIGTERM set the event, and end nothing by themselves.

    Only a flag, because an exception could strike anywhere: in the middle of an
    import, or of a line of the log.
    """
    stop = Stop()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
