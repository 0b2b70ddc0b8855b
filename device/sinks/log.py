"""The prediction log: JSON Lines, a line a reading."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec

from device.errors import SinkError, why
from device.records import Frame, Reading
from device.sinks.base import Sink
from device.sinks.fields import as_dict, raw_fields


class Log(Sink):
    """Appends readings to a file; a line is complete on disk when ``write`` returns.

    When the next lines would make the file larger than ``max_bytes``, it is
    renamed to ``NAME.1``, the one before to ``NAME.2`` and so on up to ``keep``,
    and a new file is begun. A file that somebody else renames or removes is
    begun anew as well, so ``logrotate`` and ``tail -F`` both work.

    raw: write every answer of the network, many a second, in place of the readings
        that are due.

    Raises SinkError, naming the file, where it cannot be opened or written, or
    another program writes it. A write that fails leaves no part of a line behind.
    """

    name = "log"

    def __init__(
        self, path: Path, *, max_bytes: int = 10_000_000, keep: int = 9, raw: bool = False
    ) -> None:
        try:
            # A link is followed once: the files put aside lie beside the real one.
            self._path = path.resolve() if path.is_file() or not path.exists() else path
        except (OSError, RuntimeError) as error:  # a link in a circle
            raise SinkError(f"cannot write the log {path}: {error}") from error
        self._max_bytes = max_bytes
        self._keep = keep
        self._raw = raw
        self._file = -1
        with self._explained():
            self._open()

    def see(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Append a line for each answer of the network, if that is wanted."""
        if self._raw and readings:
            self._write([as_dict(reading) | raw_fields(reading) for reading in readings])

    def write(self, readings: Sequence[Reading]) -> None:
        """Append a line for each reading."""
        if not self._raw:
            self._write([as_dict(reading) for reading in readings])

    def _write(self, records: Sequence[dict[str, object]]) -> None:
        lines = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
        with self._explained():
            if self._moved():
                self._reopen()
            size = os.fstat(self._file).st_size
            if size and size + len(lines) > self._max_bytes and self._is_regular():
                self._rotate()
            self._append(lines)

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def is_file_of(self, stream: TextIO) -> bool:
        """Tell whether ``stream`` writes to the same file, where both would tear each other."""
        try:
            same = os.path.sameopenfile(self._file, stream.fileno())
        except (OSError, ValueError):  # closed, or no file at all
            return False
        return same and self._is_regular()

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        # Only the owner and the group may read what somebody's face said.
        self._file = os.open(self._path, flags, 0o640)
        if self._is_regular():
            # Two programs that rotate the same log would put aside each other's lines.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._end_torn_line()
            _sync_folder(self._path.parent)

    def _end_torn_line(self) -> None:
        """After a power cut the last line may be a part of one: begin a new one behind it."""
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")

    def _reopen(self) -> None:
        self.close()
        self._open()

    def _moved(self) -> bool:
        """Tell whether the path names another file, or none, by now."""
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return True
        return not os.path.samestat(there, os.fstat(self._file))

    def _append(self, lines: bytes) -> None:
        regular = self._is_regular()  # a pipe or terminal cannot be synchronised, nor cut
        size = os.fstat(self._file).st_size
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if regular:
                os.fdatasync(self._file)
        except OSError:
            if regular:
                os.ftruncate(self._file, size)
            raise

    def _is_regular(self) -> bool:
        return stat.S_ISREG(os.fstat(self._file).st_mode)

    def _rotate(self) -> None:
        if not self._keep:
            os.ftruncate(self._file, 0)
            return
        number = self._keep
        while (beyond := self._numbered(number)).exists():  # also of a larger keep before
            beyond.unlink()
            number += 1
        for number in range(self._keep - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))
        self._reopen()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the system's errors into one that names the file and says what to do."""
        try:
            yield
        except OSError as error:
            code = error.errno
            if code == errno.EWOULDBLOCK:
                reason, advice = "another program writes it", "stop that, or give another file"
            else:
                reason = why(error)
                full = code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
                advice = "free some space" if full else "give a file in a folder that you may write"
            raise SinkError(f"cannot write the log {self._path}: {reason}: {advice}") from error


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file survive a power cut as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
