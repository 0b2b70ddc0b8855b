"""What goes wrong with the log while it is written: said once an hour, and counted."""

from __future__ import annotations

import errno
import logging
import math
import threading
import time
from collections.abc import Callable

from device.errors import why

_log = logging.getLogger(__name__)

_WARN_EVERY_S = 3600.0
FULL = (errno.ENOSPC, errno.EDQUOT)
# What may befall a disk that was fine: readings go on, as they do on a disk that is full.
OF_DISK = (*FULL, errno.EIO, errno.EROFS)


class Troubles:
    """Warns of what went wrong, once an hour at most, and says when that is over.

    what: what cannot be done, as it stands in "cannot …".
    monotonic: seconds on a clock that nobody sets.
    """

    def __init__(self, what: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._warned_s = -math.inf
        self._said = False
        self._lost = 0

    def note(self, error: OSError, lost: int = 0) -> None:
        """Note that something went wrong, and how many lines it cost."""
        with self._lock:
            self._lost += lost
            now_s = self._monotonic()
            if now_s < self._warned_s + _WARN_EVERY_S:
                return
            self._warned_s, self._said = now_s, True
            _log.warning("cannot %s: %s: readings go on", self._what, advice(error))

    def over(self) -> None:
        """Note that it works; where a warning said otherwise say how many lines are lost."""
        with self._lock:
            if self._said:
                self._said = False
                _log.info("can %s again%s", self._what, self._lacking())

    def close(self) -> None:
        """Say how many lines are lost, if that was not said yet."""
        with self._lock:
            if self._lost:
                _log.warning("could not %s%s", self._what, self._lacking())

    def _lacking(self) -> str:
        lost, self._lost = self._lost, 0
        return f": it lacks {lost} line{'s' if lost > 1 else ''}" if lost else ""


def advice(error: OSError) -> str:
    """Return what is wrong and what to do, for people."""
    if error.errno == errno.EWOULDBLOCK:
        return "another program writes it: stop that, or give another file"
    if error.errno in (*FULL, errno.EFBIG):
        return f"{why(error)}: free some space"
    if error.errno in OF_DISK:
        return f"{why(error)}: see to the disk"
    return f"{why(error)}: give a file in a folder that you may write"
