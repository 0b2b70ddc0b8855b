"""The sink that writes the prediction log."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO, TypeVar

import msgspec

from device import clock
from device.errors import SinkError
from device.records import Frame, Reading
from device.sinks.base import Sink
from device.sinks.fields import as_dict, raw_fields, stamp_fields
from device.sinks.log.age import Age
from device.sinks.log.compressor import Compressor
from device.sinks.log.file import LogFile, shorten
from device.sinks.log.shelf import Shelf
from device.sinks.log.syncer import Syncer
from device.sinks.log.troubles import FULL, OF_DISK, Troubles, advice

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class Log(Sink):
    """Appends readings to a file, whole lines at once, and has the disk keep them soon after.

    When the next lines would make the file larger than ``max_bytes``, or its first line is
    older than ``max_age_s``, it is renamed to ``NAME.1``, the one before to ``NAME.2`` and so
    on, and a new file is begun. Those that were put aside are compressed, to ``NAME.1.gz``. A
    file that somebody else renames or removes is begun anew as well, so ``logrotate`` and
    ``tail -F`` both work.

    Where a disk is full, or fails, while it is written, that is told once an hour, the oldest
    file goes to make room, and lines that cannot be written are counted.

    max_bytes: at most a third of ``total_bytes``.
    keep: how many files are put aside at most.
    total_bytes: the log and all files put aside, together never more.
    sync_s: how far one time is from the next that the disk is told to keep what was written.
    raw: write every answer of the network, many a second, in place of the readings
        that are due.

    Raises SinkError, naming the file, where it cannot be opened, or another program writes it.
    """

    name = "log"
    curable = False

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int = 10_000_000,
        max_age_s: float = math.inf,
        keep: int = 99,
        total_bytes: int = 100_000_000,
        sync_s: float = 1.0,
        raw: bool = False,
    ) -> None:
        try:
            # A link is followed once: the files put aside lie beside the real one.
            self._path = path.resolve() if path.is_file() or not path.exists() else path
        except (OSError, RuntimeError) as error:  # a link in a circle
            raise SinkError(f"cannot write the log {path}: {error}") from error
        self._max_bytes = min(max_bytes, total_bytes // 3)
        self._max_age_s = max_age_s
        self._keep = keep
        self._total_bytes = total_bytes
        self._raw = raw
        self._troubles = Troubles(f"write the log {self._path}")
        self._shelf = Shelf(self._path, total_bytes=total_bytes, keep=keep)
        self._file: LogFile | None = None
        self._age: Age | None = None
        self._tidy = False
        self._begin()
        folder = self._path.parent
        self._syncer = Syncer(folder, sync_s, Troubles(f"synchronise the log {self._path}"))
        self._compressor = Compressor(
            self._shelf, folder, Troubles(f"compress what was put aside from the log {self._path}")
        )
        self._syncer.renamed()
        self._compressor.wake()

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Append a line for each answer of the network, if that is wanted."""
        if self._raw and readings:
            self._write([as_dict(reading) | raw_fields(reading) for reading in readings])

    def write(self, readings: Sequence[Reading]) -> None:
        """Append a line for each reading."""
        if not self._raw:
            self._write([as_dict(reading) for reading in readings])

    def pulse(self) -> object:
        """Return what differs while the disk is told to keep what was written; else None."""
        return self._syncer.pulse()

    def close(self) -> None:
        """Have the disk keep all, and close the file; wait for that up to 10 s.

        As long again for what is being compressed: that can be done anew, and comes last.
        """
        self._compressor.stop()
        self._leave()
        self._syncer.close()
        self._compressor.close()
        self._troubles.close()

    def is_file_of(self, stream: TextIO) -> bool:
        """Tell whether ``stream`` writes to the same file, where both would tear each other."""
        file = self._file
        try:
            return file is not None and file.is_regular and _is_same(file, stream)
        except (OSError, ValueError):  # closed, or no file at all
            return False

    def _begin(self) -> None:
        """Open the log; raises SinkError where it is not to be, and not that a disk fails."""
        try:
            self._open()
        except OSError as error:
            if self._file is not None:
                self._file.close()
                self._file = None
            if error.errno not in OF_DISK:
                raise SinkError(f"cannot write the log {self._path}: {advice(error)}") from error
            self._troubles.note(error)

    def _open(self) -> LogFile:
        # A disk may have no room for one more file.
        self._file = file = self._where_full(lambda: LogFile(self._path))
        if file.is_regular:
            if not self._tidy:
                self._shelf.tidy()
                self._tidy = True
            self._shelf.look(file.inode, file.size)
            if not self._shelf.make_room(0):
                file = self._shorten(file)
            self._age = Age(file.descriptor, clock.now())
        return file

    def _shorten(self, file: LogFile) -> LogFile:
        """Shorten a log that alone has more bytes than all may have, by an earlier setting."""
        _log.warning("the log %s: log_total_bytes is less now: its oldest lines go", self._path)
        try:
            shorten(self._path, self._shelf.part, self._total_bytes // 2)
        except OSError:
            self._shelf.drop_part()
            file.empty()
            raise
        file.close()
        self._file = file = LogFile(self._path)
        self._shelf.look(file.inode, file.size)
        return file

    def _write(self, records: Sequence[dict[str, object]]) -> None:
        stamp = stamp_fields(clock.now())
        lines = [msgspec.json.encode(record | stamp) + b"\n" for record in records]
        for batch in _batches(lines, self._max_bytes):
            try:
                self._append(batch)
                self._troubles.over()
            except OSError as error:
                self._troubles.note(error, lost=batch.count(b"\n"))

    def _append(self, lines: bytes) -> None:
        file = self._opened()
        if not file.is_regular:
            file.append(lines)
            return
        if self._is_to_end(file, len(lines)):
            file = self._end(file)
        with self._shelf.lock:
            self._shelf.log_bytes = file.size
            if not self._shelf.make_room(len(lines)):
                raise OSError(FULL[1], "it cannot be put aside, and has all of log_total_bytes")
            self._where_full(lambda: file.append(lines))
            self._shelf.log_bytes = file.size
        self._syncer.written(file.descriptor)

    def _where_full(self, act: Callable[[], _Result]) -> _Result:
        """Do what ``act`` does; where the disk is full the oldest file makes room."""
        while True:
            try:
                return act()
            except OSError as error:
                if error.errno not in FULL or not self._shelf.drop_oldest():
                    raise

    def _opened(self) -> LogFile:
        """Return the log; open it where it is not, or another has its name by now."""
        if self._file is not None and not self._file.moved():
            return self._file
        self._leave()
        file = self._open()
        self._syncer.renamed()
        self._compressor.wake()
        return file

    def _leave(self) -> None:
        """Let go of the file, once the disk keeps it."""
        file, self._file = self._file, None
        if file is None:
            return
        if file.is_regular:
            self._syncer.retire(file.release())
        else:
            file.close()

    def _is_to_end(self, file: LogFile, more: int) -> bool:
        size, now = file.size, clock.now()
        if not size or self._age is None:
            self._age = Age(file.descriptor, now)
        if not size:
            return False
        too_old = self._age.seconds(now, time.time()) >= self._max_age_s
        return too_old or size + more > self._max_bytes

    def _end(self, file: LogFile) -> LogFile:
        """Put the log aside and begin a new one; where that cannot be, go on with it."""
        try:
            if self._keep:
                self._shelf.put_aside()
            else:
                file.empty()
                self._age = None  # its first line is still to come
        except OSError as error:
            self._troubles.note(error)
        return self._opened()


def _batches(lines: Sequence[bytes], size: int) -> Iterator[bytes]:
    """Give the lines in pieces that are written at once, each ``size`` bytes at most."""
    batch = b""
    for line in lines:
        if batch and len(batch) + len(line) > size:
            yield batch
            batch = b""
        batch += line
    if batch:
        yield batch


def _is_same(file: LogFile, stream: TextIO) -> bool:
    return os.path.sameopenfile(file.descriptor, stream.fileno())
