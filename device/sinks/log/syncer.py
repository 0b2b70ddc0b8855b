"""Has the disk keep what was written, once in a while."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from pathlib import Path

from device.closing import Closing
from device.sinks.log.troubles import Troubles
from device.whole_file import sync_folder

_log = logging.getLogger(__name__)

_JOIN_S = 10.0


class Syncer(Closing):
    """Synchronises files in a thread of its own: a card may take seconds for it.

    every_s: how far one time is from the next, at least. A power cut costs what was written
        since, and in the time that the card takes.
    """

    def __init__(self, folder: Path, every_s: float, troubles: Troubles) -> None:
        self._folder = folder
        self._every_s = every_s
        self._troubles = troubles
        self._changed = threading.Condition()
        self._files: list[int] = []
        self._written = -1
        self._names = False
        self._closed = False
        self._synced_s = -math.inf
        self._syncs, self._syncing = 0, False
        # A card that hangs must not keep the process.
        self._thread = threading.Thread(target=self._work, name="log syncer", daemon=True)
        self._thread.start()

    def written(self, file: int) -> None:
        """Note that the file that is open as ``file`` was written."""
        with self._changed:
            self._written = file
            self._changed.notify_all()

    def retire(self, file: int) -> None:
        """Synchronise a file that is written no more, and close it."""
        with self._changed:
            if self._written == file:
                self._written = -1
            self._files.append(file)
            self._changed.notify_all()

    def renamed(self) -> None:
        """Note that files have other names."""
        with self._changed:
            self._names = True
            self._changed.notify_all()

    def pulse(self) -> object:
        """Return what differs while files are synchronised; None while nothing is."""
        return self._syncs if self._syncing else None

    def close(self) -> None:
        """Synchronise what is left; wait for it up to 10 s."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            _log.warning("the log in %s: still busy %g s after closing", self._folder, _JOIN_S)

    def _work(self) -> None:
        while self._wait():
            self._synced_s = time.monotonic()
            self._syncs, self._syncing = self._syncs + 1, True
            try:
                self._sync(*self._take())
                self._troubles.over()
            except OSError as error:
                self._troubles.note(error)
            self._syncing = False

    def _wait(self) -> bool:
        """Wait until there is something to do and it is time; tell whether there is."""
        with self._changed:
            self._changed.wait_for(lambda: self._due() or self._closed)
            left_s = self._synced_s + self._every_s - time.monotonic()
            self._changed.wait_for(lambda: self._closed, timeout=max(0.0, left_s))
            return self._due()

    def _due(self) -> bool:
        return bool(self._files) or self._written >= 0 or self._names

    def _take(self) -> tuple[list[int], bool]:
        with self._changed:
            # Of its own, so that nobody closes it meanwhile. Before all else: where there are
            # too many open files, nothing is taken until the next time.
            written = [os.dup(self._written)] if self._written >= 0 else []
            files, self._files = self._files + written, []
            self._written = -1
            names, self._names = self._names, False
            return files, names

    def _sync(self, files: list[int], names: bool) -> None:
        errors = []
        for file in files:
            try:
                os.fdatasync(file)
            except OSError as error:
                errors.append(error)
            os.close(file)
        if names:
            sync_folder(self._folder)
        if errors:
            raise errors[0]
