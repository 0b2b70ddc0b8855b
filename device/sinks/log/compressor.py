"""Compresses what was put aside from the log, a little at a time."""

from __future__ import annotations

import logging
import os
import threading
import time
import zlib
from pathlib import Path

from device.closing import Closing
from device.sinks.log.shelf import Shelf, Volume
from device.sinks.log.troubles import Troubles
from device.whole_file import sync_folder

_log = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 16
_LEVEL = 6
_GZIP = 31  # zlib's number for a gzip file
_NICEST = 19
# What could not be compressed is tried again.
_RETRY_S = 3600.0
_JOIN_S = 10.0


class Compressor(Closing):
    """Makes NAME.1.gz of NAME.1 and so on, the oldest first, in a thread of its own.

    A file is compressed beside its place, synchronised, and takes the place of the other
    then: a power cut leaves one of them whole. It takes half of a core at most.
    """

    def __init__(self, shelf: Shelf, folder: Path, troubles: Troubles) -> None:
        self._shelf = shelf
        self._folder = folder
        self._troubles = troubles
        self._wake = threading.Event()
        self._stop = threading.Event()
        # Those for which there is no room while they are compressed.
        self._left: set[int] = set()
        self._thread = threading.Thread(target=self._work, name="log compressor", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be something to compress."""
        self._wake.set()

    def stop(self) -> None:
        """Have it end soon, also in the middle; does not wait for that."""
        self._stop.set()
        self._wake.set()

    def close(self) -> None:
        """Stop, and wait up to 10 s; what was not finished is begun anew next time."""
        self.stop()
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            _log.warning("the log: still busy compressing %g s after closing", _JOIN_S)

    def _work(self) -> None:
        _be_nice()
        while not self._stop.is_set():
            self._wake.wait(_RETRY_S)
            self._wake.clear()
            self._left.clear()
            try:
                while (volume := self._next()) is not None and not self._stop.is_set():
                    self._compress(volume)
                    self._troubles.over()
            except OSError as error:
                self._troubles.note(error)

    def _next(self) -> Volume | None:
        return next((it for it in self._shelf.plain() if it.inode not in self._left), None)

    def _compress(self, volume: Volume) -> None:
        try:
            source = volume.path.open("rb")
        except FileNotFoundError:  # it has another number by now, or has gone
            return
        try:
            with source:
                status = os.fstat(source.fileno())
                if self._pack(source.fileno(), status):
                    # It is still open: the number of a file that has gone, and is open no
                    # more, is given to the next one, which is not to go in its place.
                    self._swap(status.st_ino)
        finally:
            self._shelf.drop_part()

    def _pack(self, source: int, status: os.stat_result) -> bool:
        """Write the part; tell whether it is whole."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        part = os.open(self._shelf.part, flags, 0o640)
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        try:
            more = True
            while more:
                began_s = time.monotonic()
                more = bool(chunk := os.read(source, _CHUNK_BYTES))
                content = packer.compress(chunk) if more else packer.flush()
                if not self._shelf.add_to_part(part, content, status.st_ino):
                    self._left.add(status.st_ino)
                    return False
                if self._stop.wait(time.monotonic() - began_s):
                    return False
                if self._shelf.find(status.st_ino) is None:
                    return False
            os.fsync(part)
            os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
            return True
        finally:
            os.close(part)

    def _swap(self, inode: int) -> None:
        with self._shelf.part.open("rb"):  # until the end, for the same reason
            compressed = self._shelf.finish_part(inode)
            if compressed is not None:
                # Not every file system keeps to the order of what is done in a folder.
                sync_folder(self._folder)
                self._shelf.replace(inode, compressed)


def _be_nice() -> None:
    """Let every other thread go first, where the system's sandbox lets one ask for that."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICEST)
    except OSError:
        _log.debug("the log is compressed without being nice")
