"""A database that several threads use, and whose troubles stop none of them."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from device.closing import Closing
from device.errors import why
from device.history.database import Database

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_WARN_EVERY_S = 3600.0
_PATIENCE_S = 5.0
_REASONS = {
    sqlite3.SQLITE_BUSY: "another program uses it",
    sqlite3.SQLITE_LOCKED: "another program uses it",
    sqlite3.SQLITE_FULL: "no space left: free some",
    sqlite3.SQLITE_READONLY: "it may not be written",
}


class Shared(Closing):
    """Lets one thread at a time use ``database``; what goes wrong is said once an hour.

    failing: whether it could not be used the last time that somebody tried.
    """

    def __init__(self, database: Database) -> None:
        self.failing = False
        # Whoever uses the database holds it, for long where its card is slow.
        self.busy = threading.Lock()
        self._database = database
        self._over = False
        self._warned_s = -math.inf

    def use(
        self,
        action: Callable[[Database], Answer],
        otherwise: Answer,
        *,
        patience_s: float = _PATIENCE_S,
    ) -> Answer:
        """Return what ``action`` does with the database; ``otherwise`` where it cannot.

        Where it finds the file damaged that is put away, and ``action`` done once more.

        patience_s: how long to wait for others; below 0 as long as they need.
        """
        if not self.busy.acquire(timeout=patience_s):
            return otherwise
        try:
            return otherwise if self._over else self._mended(action)
        except (sqlite3.Error, OSError) as error:
            self._warn(error)
            return otherwise
        finally:
            self.busy.release()

    def recover(self) -> None:
        """Note that it was written: troubles are over."""
        if self.failing:
            _log.info("the history %s is written again", self._database.name)
        self.failing = False

    def close(self) -> None:
        """Let go of the database: from now on it cannot be used."""
        with self.busy:
            self._over = True
            self._database.close()

    def _mended(self, action: Callable[[Database], Answer]) -> Answer:
        try:
            return action(self._database)
        except sqlite3.Error as error:
            if not self._database.mend(error):
                raise
            return action(self._database)

    def _warn(self, error: sqlite3.Error | OSError) -> None:
        self.failing = True
        if time.monotonic() < self._warned_s + _WARN_EVERY_S:
            return
        self._warned_s = time.monotonic()
        _log.warning(
            "cannot use the history %s: %s: what comes is kept and tried again",
            self._database.name,
            reason(error),
        )


def reason(error: sqlite3.Error | OSError) -> str:
    """Return what is wrong, for people."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return _REASONS.get(code, why(error))
